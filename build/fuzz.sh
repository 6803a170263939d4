#!/usr/bin/env bash
# Hostile memory: one process writes over every part of a topic's region, by chance and on purpose, while publishers and a subscriber
# in other processes work on it, round after round with topics of their own, until the minutes (default: 10) are over. Prints what
# happened, and how often. Ends with 1, and with the seed that repeats it, at the first process that crashes, hangs, throws what is
# not documented, hands out what is not in the region, or needs too much memory.
#
#     build/fuzz.sh [--minutes N] [--seed S]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")

minutes=10
seed=$((RANDOM * 32768 + RANDOM))
while [ $# -gt 0 ]; do
    case $#,$1 in
        [2-9],--minutes) minutes=$2 ;;
        [2-9],--seed) seed=$2 ;;
        *) echo "usage: build/fuzz.sh [--minutes N] [--seed S]" >&2; exit 2 ;;
    esac
    shift 2
done
[[ $minutes =~ ^[0-9]+(\.[0-9]+)?$ ]] || { echo "fuzz: '$minutes' is not a number of minutes" >&2; exit 2; }
[[ $seed =~ ^[0-9]{1,9}$ ]] || [[ $seed =~ ^1[0-9]{9}$ ]] || { echo "fuzz: '$seed' is not a seed, from 0 to 1999999999" >&2; exit 2; }
source "$here/common.sh"

echo "Building ..."
build_project "$root/tests/ShmBus.TestPeer"
run dotnet "$root/tests/ShmBus.TestPeer/bin/Release/net10.0/ShmBus.TestPeer.dll" fuzz "$minutes" "$seed" "$shared"
