#!/usr/bin/env bash
# Two processes over one topic: one sends every line of the files named (default: the XML documentation in the SDK's own
# reference pack), the other writes what it gets; the SHA-256 of both ends must agree. Then the round-trip time of ShmBus
# beside a pipe and a Unix socket. Needs the .NET SDK and nothing else.
#
#     build/demo.sh [FILE...]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
source "$here/common.sh"

files=("$@")
if [ ${#files[@]} -eq 0 ]; then
    sdk=$(dirname "$(readlink -f "$(command -v dotnet)")")
    files=("$sdk"/packs/Microsoft.NETCore.App.Ref/*/ref/net*/*.xml)
fi
for file in "${files[@]}"; do
    [ -r "$file" ] || { echo "demo: cannot read '$file'" >&2; exit 2; }
done

echo "Building ..."
for project in examples/TwoProcesses/LinePublisher examples/TwoProcesses/LineSubscriber perf/ShmBus.Perf; do
    build_project "$root/$project"
done

work=$(mktemp -d /dev/shm/shmbus-demo.XXXXXX)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT
run() { dotnet "$root/examples/TwoProcesses/$1/bin/Release/net10.0/$1.dll" "${@:2}"; }

echo "Sending ${#files[@]} files line by line from one process to another ..."
run LineSubscriber "$work/lines" 2>"$work/figures" | sha256sum >"$work/received" &
subscriber=$!
run LinePublisher "$work/lines" "${files[@]}"
wait "$subscriber"

sent=$(cat -- "${files[@]}" | sha256sum)
received=$(cat "$work/received")
echo "  $(cat "$work/figures")"
echo "  sent     $sent"
echo "  received $received"
if [ "$sent" != "$received" ]; then
    echo "demo: what arrived is not what was sent" >&2
    exit 1
fi
echo "  identical"

echo "Round trip of 64 bytes, beside a pipe and a Unix socket, on this machine ..."
dotnet "$root/perf/ShmBus.Perf/bin/Release/net10.0/ShmBus.Perf.dll" \
    latency --transport shmbus,pipe,unix --size 64 --wait adaptive --seconds 1 --rounds 3
