#!/usr/bin/env bash
# Measures ShmBus beside what people use today, and writes artifacts/perf/report.html, report.txt and the files of figures that
# they are made of, one for each run. Takes about half an hour, with --quick about four minutes, on an otherwise idle machine with
# two processors; what is slower than others measures the others, too.
#
#     build/perf.sh [--quick] [--cpus LIST] [--output DIRECTORY] [--readme]
#
# --cpus: the processors that everything is pinned to (default: 0,1). --readme: also writes the figures into README.md.
#
# Left out, because they tell nothing: floor-futex and the floors of streams where nothing is compared with them; kinds of ShmBus
# that differ in something else beside every rival at every size (they have runs of their own); transports that wait in one way
# only in more than one way of waiting; floor where a sleeper is woken, as it never sleeps; many producers over what has one.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")

usage() { echo "usage: build/perf.sh [--quick] [--cpus LIST] [--output DIRECTORY] [--readme]" >&2; exit 2; }
quick='' readme='' cpus=0,1 output=$root/artifacts/perf
while [ $# -gt 0 ]; do
    case $1 in
        --quick) quick=yes ;;
        --readme) readme=yes ;;
        --cpus | --output)
            [ $# -ge 2 ] || usage
            [ "$1" = --cpus ] && cpus=$2 || output=$2
            shift ;;
        *) usage ;;
    esac
    shift
done
# The build is no part of what the machine had to do.
load=$(cut -d ' ' -f 1 /proc/loadavg)
source "$here/common.sh"

echo "Building ..."
build_project "$root/perf/ShmBus.Perf"
perf() { run dotnet "$root/perf/ShmBus.Perf/bin/Release/net10.0/ShmBus.Perf.dll" "$@"; }

mkdir -p "$output"
output=$(cd "$output" && pwd)
# Figures of two runs are not mixed.
rm -f -- "$output"/*.json "$output"/*.txt "$output"/report.html
perf machine --load "$load" --json "$output/machine.json"

/sbin/ldconfig -p | grep 'libzmq\.so\.5' >/dev/null || echo "ZeroMQ is left out: as root, apt-get install libzmq5"

number=0 failed=()
# suite NAME COMMAND ARGUMENT...: one run, to NAME.json, and what it says to NAME.txt. Others go on if it fails.
suite() {
    local name=$1
    shift
    number=$((number + 1))
    echo "[$number of 12] $name"
    echo "$* --cpus $cpus" >>"$output/commands.txt"
    # In a condition no failure ends the script; an interruption does, by the trap.
    if ! perf "$@" --cpus "$cpus" --json "$output/$name.json" >"$output/$name.txt"; then
        failed+=("$name")
    fi
}

# What people use, beside one ShmBus.
rivals=pipe2,pipe-anonymous,pipe-named,fifo,unix-stream,unix-seqpacket,unix-datagram,tcp,mqueue,eventfd,mmap-semaphore,zeromq,http2
# What is the same with a difference.
kinds=shmbus,shmbus-passed,shmbus-untrusted,shmbus-many,shmbus-lanes,shmbus-broadcast,shmbus-typed,shmbus-hosted

# Steps are transports by sizes by rounds; each takes about half a second to start, and warms up for as long as it measures, 0.3 s
# at most. Full: about 1,300 steps of 1.3 s. Quick: about 230 of 0.8 s.
if [ -z "$quick" ]; then
    time=(--rounds 3 --seconds 0.5) long=(--rounds 5 --seconds 0.5) sizes=8,64,1024,4096,65536,1048576 kind_sizes=64,4096
    producers=1,2,4 subscribers=1,2,8 gaps=1,10 idle=0.5 rates=10000,100000 files=(--rounds 3 --size 16,256,4096,65536,1048576,4194304)
else
    time=(--rounds 1 --seconds 0.15) long=("${time[@]}") sizes=64,4096,1048576 kind_sizes=64
    producers=1,4 subscribers=1,8 gaps=1 idle=0.3 rates=10000 files=(--rounds 1 --size 16,4096,1048576 --mebibytes 4)
fi

suite latency latency --transport "floor,floor-futex,shmbus,$rivals" --size "$sizes" --wait adaptive "${time[@]}"
suite latency-kinds latency --transport "floor,$kinds,shmbus-eventfd,shmbus-await,shmbus-await-inline,shmbus-await-127" --size "$kind_sizes" --wait adaptive "${time[@]}"
suite latency-spin latency --transport "floor,${kinds%,shmbus-hosted}" --size 64 --wait spin "${long[@]}"
suite latency-park latency --transport floor-futex,shmbus,shmbus-eventfd,shmbus-await,shmbus-await-inline,fifo,unix-stream,mmap-semaphore --size 64 --wait park "${long[@]}"
suite throughput throughput --transport "floor-stream,floor-cas,shmbus,shmbus-many,shmbus-batch,$rivals,fifo-batched,unix-stream-batched" --size "$sizes" --wait adaptive "${time[@]}"
suite throughput-kinds throughput --transport "floor-stream,$kinds,shmbus-batch" --size "$kind_sizes" --wait adaptive "${time[@]}"
suite throughput-producers throughput --transport floor-cas,shmbus-many,shmbus-lanes,unix-seqpacket,unix-datagram,mqueue,zeromq --size 64 --producers "$producers" --wait adaptive "${time[@]}"
suite throughput-subscribers throughput --transport shmbus-broadcast --size 64 --subscribers "$subscribers" --wait adaptive "${time[@]}"
suite wake wake --transport "floor-futex,shmbus,shmbus-eventfd,shmbus-await,shmbus-await-inline,shmbus-hosted,$rivals" --size 64 --gap "$gaps" --idle "$idle" "${time[@]}"
suite load load --transport "floor-stream,shmbus,shmbus-many,shmbus-hosted,$rivals" --size 64 --rate "$rates" --wait adaptive "${time[@]}"
suite memory memory --transport "floor,$kinds,shmbus-await,$rivals" --size 64 --wait adaptive "${time[@]}"
suite files files "${files[@]}"

report=(report --input "$output" --output "$output/report.html")
[ -z "$readme" ] || report+=(--readme "$root/README.md")
perf "${report[@]}" >"$output/report.txt"
cat "$output/report.txt"
echo
echo "$output/report.html"
if [ ${#failed[@]} -gt 0 ]; then
    echo "perf: failed, so the report is without: ${failed[*]}" >&2
    exit 1
fi
