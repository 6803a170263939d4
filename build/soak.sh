#!/usr/bin/env bash
# What the tests do briefly, for longer: rounds of processes that send to each other through topics of random sizes, are stopped
# and continued, killed and restarted, until the minutes (default: 10) are over. Prints the figures of each round. Ends with 1 at
# the first message that is lost, garbled, out of order or there twice, and when something hangs.
#
#     build/soak.sh [--minutes N]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")

minutes=10
case $#,${1-} in
    0,) ;;
    2,--minutes) minutes=$2 ;;
    *) echo "usage: build/soak.sh [--minutes N]" >&2; exit 2 ;;
esac
[[ $minutes =~ ^[0-9]+(\.[0-9]+)?$ ]] || { echo "soak: '$minutes' is not a number of minutes" >&2; exit 2; }
source "$here/common.sh"

echo "Building ..."
build_project "$root/tests/ShmBus.TestPeer"
run dotnet "$root/tests/ShmBus.TestPeer/bin/Release/net10.0/ShmBus.TestPeer.dll" soak "$minutes" "$shared"
