#!/usr/bin/env bash
# Rounds, each of a queue and then of a broadcast: some processes of publishers on one topic, with one of a subscriber, or with four (at
# a place at least once, at another at most once, and two that come and go), all of them stopped, continued, killed and replaced at
# random, until the minutes (default: 5) are over. Prints the figures of each, and of all at the end. Ends with 1 at the first message
# that was committed and is lost, comes again other than by the kill of the subscriber that had it in hand, is garbled or out of order,
# when one that comes and goes sees a gap, and when nothing moves for a minute.
#
#     build/torture.sh [--minutes N] [--publishers N] [--round SECONDS] [--pause SECONDS] [--rest MILLISECONDS]
#
# --publishers N   processes of publishers (3), each with one to three publishers
# --round S        each half of a round takes so long at least (10)
# --pause S        for so long a publisher is stopped in the middle of a claim in the first round (30); 0: not at all
# --rest MS        between two things that are done to the processes, at most (40)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")

usage() { echo "usage: build/torture.sh [--minutes N] [--publishers N] [--round SECONDS] [--pause SECONDS] [--rest MILLISECONDS]" >&2; exit 2; }
for ((i = 1; i <= $#; i += 2)); do
    next=$((i + 1))
    case ${!i} in --minutes | --publishers | --round | --pause | --rest) ;; *) usage ;; esac
    [[ ${!next-} =~ ^[0-9]+(\.[0-9]+)?$ ]] || { echo "torture: '${!next-}' is not a number for ${!i}" >&2; exit 2; }
done
source "$here/common.sh"

echo "Building ..."
build_project "$root/tests/ShmBus.TestPeer"
run dotnet "$root/tests/ShmBus.TestPeer/bin/Release/net10.0/ShmBus.TestPeer.dll" torture "$shared" "$@"
