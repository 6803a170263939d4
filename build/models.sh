#!/usr/bin/env bash
# Proves the protocol's models (tests/Models) with Spin: each as it stands must hold in every state that it can reach, and each
# mistake that can be turned on in it must be caught. Prints a line for each, and ends with 'N models hold, M mutations caught'.
# Ends with 1 when a model has an error, part of it is never reached, or a mistake is not caught. Needs spin and gcc.
#
#     build/models.sh [--counts FILE]        FILE gets one line: how many passed, how many failed
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
models=$(dirname "$here")/tests/Models

counts=
case $#,${1-} in
    0,) ;;
    2,--counts) counts=$(realpath "$2") ;;
    *) echo "usage: build/models.sh [--counts FILE]" >&2; exit 2 ;;
esac
for tool in spin gcc; do
    command -v "$tool" >/dev/null || { echo "models: $tool is missing. As root: apt-get install $tool" >&2; exit 2; }
done
source "$here/common.sh"
cd "$scratch"

hold=0 caught=0 failed=0

# search MODEL COMMA-SEPARATED-NAMES OPTIMISATION: all states, or up to the first error. Spin's report is in 'report'.
search() {
    local defines=()
    [ -z "$2" ] || IFS=, read -ra defines <<<"$2"
    rm -f pan pan.* ./*.trail report
    run spin "${defines[@]/#/-D}" -a "$models/$1.pml" >generated 2>&1 || { cat generated; return 1; }
    run gcc -w "$3" -DSAFETY -DCOLLAPSE -DNOFAIR -DMEMLIM=6000 -o pan pan.c || return 1
    run ./pan -m100000 -w24 >report 2>&1 || { tail -n 5 report; return 1; }
}

# exhaustive: the search left nothing out.
exhaustive() {
    ! grep -q -e 'max search depth too small' -e 'Search not completed' -e 'out of memory' -e 'hash conflict.*lost' report
}

fail() {
    failed=$((failed + 1))
    printf '  FAILED  %s\n' "$1"
}

# holds MODEL [NAME=VALUE,...]: no error, and no part of the model that is never reached.
holds() {
    local title="$1${2:+ ($2)}" unreached
    search "$1" "${2-}" -O2 || { fail "$title: Spin did not get to its end"; return; }
    unreached=$(grep -E '^[[:space:]]+.*, state [0-9]+,' report | grep -v -e '"-end-"' || true)
    if ! grep -q 'errors: 0' report || ! exhaustive; then
        grep -E '^pan:1|^error|errors:' report || true
        fail "$title: an error, or not all states were searched"
    elif [ -n "$unreached" ]; then
        printf '%s\n' "$unreached"
        fail "$title: parts are never reached"
    else
        hold=$((hold + 1))
        printf '  holds   %s: %s states, %s\n' "$title" "$(awk '/states, stored/ { print $1; exit }' report)" "$(sed -n 's/^pan: elapsed time //p' report)"
    fi
}

# catches MODEL NAME=VALUE,... NAME...: each name turns on one mistake, with which Spin must find an error.
catches() {
    local model=$1 size=$2 name error
    shift 2
    for name; do
        search "$model" "$name,$size" -O1 || { fail "$model $name: Spin did not get to its end"; continue; }
        # An assertion, or a process that hangs; not an index out of bounds, say, which would be the model's own mistake.
        error=$(sed -n 's/^pan:1: \(assertion violated .*\|invalid end state\) (at depth .*/\1/p' report)
        if [ -n "$error" ]; then
            caught=$((caught + 1))
            printf '  caught  %s %s: %s\n' "$model" "$name" "$error"
        else
            fail "$model $name: not caught"
        fi
    done
}

holds claim
catches claim KILLS=1 INTENT_AFTER_CAS FETCH_AND_ADD NO_SECOND_LOOK FULL_KEEPS_INTENT FULL_DOES_NOT_WAKE \
    TAKE_OVER_KEEPS_INTENT TAKE_OVER_DOES_NOT_WAKE STAMP_INSIDE STAMP_WITHOUT_POSITION STAMPS_BEFORE_INTENTS TAIL_AFTER_INTENTS GATE_BEFORE_READING
holds park
holds park MESSAGES=1,FAULTS=2
catches park FAULTS=1 NO_MEMBARRIER NO_FENCE_OF_SLEEPER NO_FENCE_OF_WAKER NO_FENCE_UNREGISTERED NO_LAST_LOOK WORD_READ_LATE \
    WAKER_CLEARS NUMBER_REUSED NUMBER_NOT_REMEMBERED TAKE_OVER_KEEPS_PARKED NO_DEATH_WATCH
holds overwrite
catches overwrite MESSAGES=6 NO_STORE_BARRIER NO_LOAD_BARRIER NO_TEST NO_TEST_WITHOUT_STAMP TAIL_AFTER_RECORD GOES_ON_UNSTAMPED
holds evict
catches evict OWNERS=3 NO_LOAD_BARRIER NO_TEST NO_TEST_WITHOUT_STAMP GOES_ON_BEFORE_CAS CAS_WITHOUT_GENERATION NO_SECOND_LOOK \
    NO_FENCE_OF_JOINER JOINING_NEEDS_GATE OPEN_CLAIMS_ARE_LAPPED

[ -z "$counts" ] || echo "$((hold + caught)) $failed" >"$counts"
echo "$hold models hold, $caught mutations caught"
[ "$failed" -eq 0 ]
