# What the scripts share. Sourced, not run.

# No process of the build stays behind, and nothing is sent anywhere.
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1

# Two directories, one of them in shared memory, and everything temporary in them: whatever a process leaves that crashed, or was
# ended because it hung, goes with these.
scratch=$(mktemp -d)
shared=$(mktemp -d /dev/shm/shmbus.XXXXXX)
mkdir "$scratch/tmp"
# Tests run some processes as another user, who must get through.
chmod 711 "$scratch" "$scratch/tmp" "$shared"
export TMPDIR=$scratch/tmp

# However the script ends, its children end with it.
finish() {
    local children
    children=$(jobs -pr)
    if [ -n "$children" ]; then
        kill $children 2>/dev/null || true
        wait $children 2>/dev/null || true
    fi
    rm -rf -- "$scratch" "$shared"
}
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# run COMMAND...: as a child, so that a signal ends the script at once, and the child with it.
run() {
    "$@" &
    wait $!
}

# Builds one project in Release, quietly unless it fails.
build_project() {
    run dotnet build "$1" -c Release --nologo -v quiet -p:UseSharedCompilation=false >"$scratch/build.log" 2>&1 || { cat "$scratch/build.log" >&2; return 1; }
}
