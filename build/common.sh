# What the scripts share. Sourced, not run.

# No process of the build stays behind, and nothing is sent anywhere.
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1

# Builds one project in Release, quietly unless it fails.
build_project() {
    local log
    log=$(dotnet build "$1" -c Release --nologo -v quiet -p:UseSharedCompilation=false 2>&1) || { echo "$log" >&2; return 1; }
}
