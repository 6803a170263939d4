#!/usr/bin/env bash
# Two processes over one topic: one sends every line of the files named (default: the XML documentation in the SDK's own
# reference pack), the other writes what it gets; the SHA-256 of both ends must agree. Then the round-trip time of ShmBus
# beside a pipe and a Unix socket. Needs the .NET SDK and nothing else.
#
#     build/demo.sh [FILE...]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")

files=("$@")
if [ ${#files[@]} -eq 0 ]; then
    # The SDK says where it is: 'dotnet' on the path may be a link, or a script.
    sdk=$(dotnet --list-sdks | sed -n 's|.*\[\(.*\)/sdk\]$|\1|p' | tail -n 1)
    files=("$sdk"/packs/Microsoft.NETCore.App.Ref/*/ref/net*/*.xml)
fi
for file in "${files[@]}"; do
    # Read twice, so not from a pipe.
    [ -f "$file" ] && [ -r "$file" ] || { echo "demo: '$file' is no file that can be read" >&2; exit 2; }
done
source "$here/common.sh"

# program PROJECT: what building the project makes.
program() { echo "$root/$1/bin/Release/net10.0/$(basename "$1").dll"; }

publisher=examples/TwoProcesses/LinePublisher
subscriber=examples/TwoProcesses/LineSubscriber
perf=perf/ShmBus.Perf

echo "Building ..."
for project in "$publisher" "$subscriber" "$perf"; do
    build_project "$root/$project"
done

echo "Sending ${#files[@]} files line by line from one process to another ..."
mkfifo "$scratch/output"
sha256sum <"$scratch/output" >"$scratch/received" &
dotnet "$(program "$subscriber")" "$shared/lines" >"$scratch/output" 2>"$scratch/figures" &
dotnet "$(program "$publisher")" "$shared/lines" "${files[@]}" &
for _ in 1 2 3; do
    # Whichever fails ends the others: they would wait for it.
    wait -n || { cat "$scratch/figures" >&2; echo "demo: not everything was sent and received" >&2; exit 1; }
done

sent=$(cat -- "${files[@]}" | sha256sum)
received=$(cat "$scratch/received")
echo "  $(cat "$scratch/figures")"
echo "  sent     $sent"
echo "  received $received"
if [ "$sent" != "$received" ]; then
    echo "demo: what arrived is not what was sent" >&2
    exit 1
fi
echo "  identical"

echo "Round trip of 64 bytes, beside a pipe and a Unix socket, on this machine ..."
run dotnet "$(program "$perf")" latency --transport shmbus,fifo,unix-stream --size 64 --wait adaptive --seconds 1 --rounds 3
