#!/usr/bin/env bash
# Runs every test, in Release. Installs what some of them need where it may, and says how to get it where it may not: those
# tests are then skipped. Without arguments it also proves the models of the protocol (build/models.sh). Ends with each skipped
# test and its reason, and with the line 'N passed, N failed'.
#
#     build/test.sh [ARGUMENT OF dotnet test...]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
source "$here/common.sh"

# Whatever a test leaves that crashed goes with the script's own directory.
export SHMBUS_TEST_DIRECTORY=$shared
mkdir "$scratch/results"

# compiles COMPILER: it is there, with the headers of the C library and of the kernel.
compiles() {
    printf '#include <errno.h>\n#include <linux/futex.h>\n' | "$1" -fsyntax-only -x c - 2>/dev/null
}

# install PACKAGE...: by apt-get, as root or by sudo without a password.
install() {
    local as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
    command -v apt-get >/dev/null && "${as_root[@]}" true 2>/dev/null || return 1
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
    # The lists of packages are fetched only where they are missing or too old.
    { "${apt[@]}" install -y --no-install-recommends "$@" || { "${apt[@]}" update && "${apt[@]}" install -y --no-install-recommends "$@"; }; } >"$scratch/apt.log" 2>&1
}

# The tests of native constants compile a C file for both architectures.
case $(uname -m) in
    aarch64) cross=x86_64-linux-gnu-gcc cross_packages=(gcc-x86-64-linux-gnu libc6-dev-amd64-cross) ;;
    *) cross=aarch64-linux-gnu-gcc cross_packages=(gcc-aarch64-linux-gnu libc6-dev-arm64-cross) ;;
esac
missing=()
compiles gcc || missing+=(gcc libc6-dev)
compiles "$cross" || missing+=("${cross_packages[@]}")
command -v git >/dev/null || missing+=(git)
if [ ${#missing[@]} -gt 0 ]; then
    echo "Installing ${missing[*]} ..."
    if ! install "${missing[@]}"; then
        tail -n 3 "$scratch/apt.log" 2>/dev/null || true
        echo "That cannot be done from here, so the tests that need them are skipped. As root: apt-get install ${missing[*]}"
    fi
fi

# The libraries that MessagePack is compared with, each by itself: where there is no such package, the others are installed all the
# same. The one for C has another name in newer distributions. Debian's Python alone sees Debian's packages.
if ! /usr/bin/python3 -c 'import msgpack' 2>/dev/null; then
    echo "Installing python3-msgpack ..."
    install python3-msgpack || tail -n 3 "$scratch/apt.log" 2>/dev/null || true
fi
if ! echo '#include <msgpack.h>' | gcc -fsyntax-only -x c - 2>/dev/null; then
    echo "Installing libmsgpack-dev ..."
    install libmsgpack-dev || install libmsgpack-c-dev || tail -n 3 "$scratch/apt.log" 2>/dev/null || true
fi

# One of the transports that ShmBus is measured beside.
if ! /sbin/ldconfig -p | grep 'libzmq\.so\.5' >/dev/null; then
    echo "Installing libzmq5 ..."
    install libzmq5 || tail -n 3 "$scratch/apt.log" 2>/dev/null || true
fi

# The browser that opens the report of what is measured. Google's own does, too.
if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null && ! command -v google-chrome >/dev/null; then
    echo "Installing chromium ..."
    install chromium || tail -n 3 "$scratch/apt.log" 2>/dev/null || true
fi

# The terminal that the command-line tool is run in.
if ! command -v tmux >/dev/null; then
    echo "Installing tmux ..."
    install tmux || tail -n 3 "$scratch/apt.log" 2>/dev/null || true
fi

# The shells whose completion is tested.
for shell in zsh fish; do
    if ! command -v "$shell" >/dev/null; then
        echo "Installing $shell ..."
        install "$shell" || tail -n 3 "$scratch/apt.log" 2>/dev/null || true
    fi
done

# The models first: they need no build. Each model and each mutation counts as one test. With arguments, some tests only are
# wanted: then not.
status=0
models_passed=0 models_failed=0
if [ $# -eq 0 ]; then
    # By itself: where there is no such package, the others are installed all the same.
    if ! command -v spin >/dev/null; then
        echo "Installing spin ..."
        install spin || tail -n 3 "$scratch/apt.log" 2>/dev/null || true
    fi
    if command -v spin >/dev/null && command -v gcc >/dev/null; then
        echo "Models ..."
        run "$here/models.sh" --counts "$scratch/models" || status=$?
        if [ -s "$scratch/models" ]; then
            read -r models_passed models_failed <"$scratch/models"
        else
            models_failed=1
        fi
    else
        echo "Skipped the models in tests/Models: spin or gcc is missing, and cannot be installed from here."
        echo "As root: apt-get install spin gcc"
    fi
fi

echo "Building ..."
tests=0
if build_project "$root/ShmBus.sln"; then
    # No test has an upper time limit of its own: one that makes no progress for ten minutes hangs.
    # A script that runs a program in the background has it ignore interrupts, and so all that it starts; tests send some.
    run env --default-signal=INT,QUIT dotnet test "$root/ShmBus.sln" -c Release --no-build --nologo \
        --logger trx --logger "console;verbosity=minimal" --results-directory "$scratch/results" \
        --blame-hang-timeout 10m --blame-hang-dump-type none "$@" || tests=$?
else
    tests=$?
fi

shopt -s nullglob
results=("$scratch"/results/*.trx)
shopt -u nullglob
if [ ${#results[@]} -gt 0 ]; then
    awk -f "$here/skipped.awk" "${results[@]}"
fi
# sum COUNTER: over all test assemblies.
sum() { cat /dev/null "${results[@]}" | sed -n "s/.*<Counters .* $1=\"\([0-9]*\)\".*/\1/p" | awk '{ n += $1 } END { print n + 0 }'; }
passed=$(sum passed)
failed=$(($(sum failed) + $(sum error) + $(sum timeout) + $(sum aborted)))
if [ "$tests" -eq 0 ] && [ $((passed + failed)) -eq 0 ]; then
    echo "No test was run, which counts as a failure."
    tests=1 failed=1
elif [ "$tests" -ne 0 ] && [ "$failed" -eq 0 ]; then
    echo "The run did not get to its end, which counts as a failure."
    failed=1
fi
echo "$((passed + models_passed)) passed, $((failed + models_failed)) failed"
exit "$((status != 0 ? status : tests))"
