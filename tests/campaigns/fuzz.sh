#!/bin/sh
# Builds the fuzzers with clang and runs them in what processor time nobody else wants, part by
# part, the cheapest first, until each target has been executed as often as asked for. It may be
# interrupted and called again, on another day, too: what was executed adds up.
#
#   sh tests/campaigns/fuzz.sh [RUNS] [TARGET...]      10000000, all
#   sh tests/campaigns/fuzz.sh --record                writes what was executed so far to
#                            tests/campaigns/fuzz/done.txt, and prints it as rows of RESULTS.md
#
# In build-fuzz/ (or QSTAR_FUZZ_FOLDER): state/TARGET has executions, seconds (of a processor, not of
# a clock, which runs on while others work), parts and edges;
# corpus/TARGET/ what was reached, from where the next part goes on; findings/TARGET/ the inputs
# that fail. A target with findings waits until they are mended and taken away. On another machine it
# goes on from done.txt, without the corpus. QSTAR_FUZZ_SECONDS: no part begins after so many.
set -eu
cd "$(dirname "$0")/../.."
source=$PWD
cases=$source/tests/cases
build=${QSTAR_FUZZ_FOLDER:-$source/build-fuzz}

# of TARGET N: a field of its state, 0 where there is none.
of() { awk -v n="$2" '{ v = $n } END { print v + 0 }' "state/$1" 2>/dev/null || echo 0; }
findings() { find "findings/$1" -type f 2>/dev/null | wc -l; }
table() {
    echo "| target | executions | parts | seconds | edges | findings |"
    echo "| --- | --- | --- | --- | --- | --- |"
    while read -r target _; do
        echo "| $target | $(of "$target" 1) | $(of "$target" 3) | $(of "$target" 2 | cut -d. -f1) |" \
            "$(of "$target" 4) | $(($(findings "$target"))) |"
    done <targets
}
done=$source/tests/campaigns/fuzz/done.txt
if [ "${1-}" = --record ]; then
    cd "$build"
    table
    while read -r target _; do
        [ ! -f "state/$target" ] || echo "$target $(cat "state/$target")"
    done <targets >"$done"
    exit
fi

runs=${1:-10000000}
[ $# -eq 0 ] || shift
[ -f "$build/build.ninja" ] || cmake -S . -B "$build" -G Ninja -DCMAKE_CXX_COMPILER=clang++ \
    -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_FLAGS="-O2 -gline-tables-only" -DQSTAR_FUZZ=ON \
    -DQSTAR_TESTS=OFF -DQSTAR_VULKAN=OFF >"$build.log" || {
    cat "$build.log" >&2
    exit 2
}
ninja -C "$build" qstar_fuzz >"$build.log" || {
    cat "$build.log" >&2
    exit 2
}
cd "$build"
exec 9>lock # held by a part, too, that goes on when its script was killed
if command -v flock >/dev/null && ! flock -n 9; then
    echo "fuzz.sh: $build: another call is at work here; wait for its end, or stop it" >&2
    exit 2
fi
mkdir -p state logs
while read -r target state; do
    [ -f "state/$target" ] || echo "$state" >"state/$target"
done <"$done"
[ -d corpus ] || QSTAR_SEEDS=$cases ./qstar_fuzz >targets
idle="nice -n 19"
! chrt -i 0 true 2>/dev/null || idle="chrt -i 0 nice -n 19"
# Allocations are told without their stacks, and leaks at the end only: both cost more than the
# readers.
export ASAN_OPTIONS=malloc_context_size=0:quarantine_size_mb=1

# part TARGET LONGEST EXECUTIONS: runs it, and adds to its state what was executed, also where it
# was stopped. A hang is told late: whoever measures beside it may stop it for a while.
part() {
    log=logs/$1.log
    mkdir -p "findings/$1"
    times >times
    # shellcheck disable=SC2086
    QSTAR_TARGET=$1 $idle ./qstar_fuzz "corpus/$1" -max_len="$2" -runs="$3" -reload=0 -entropic=0 \
        -seed="$(($(of "$1" 3) + 1))" -timeout=1800 -report_slow_units=1800 -rss_limit_mb=2048 -malloc_limit_mb=256 \
        -detect_leaks=0 -print_final_stats=1 -artifact_prefix="findings/$1/" >"$log" 2>&1 || true
    times >>times
    awk -v executions="$(of "$1" 1)" -v seconds="$(of "$1" 2)" -v parts="$(of "$1" 3)" '
        FILENAME == "times" { # lines 2 and 4: of the programs that have ended, 1m2.5s 0m0.25s
            split($0, of, /[ms ]+/)
            took[FNR] = 60 * of[1] + of[2] + 60 * of[3] + of[4]
            next
        }
        / cov: / { for (i = 1; i < NF; ++i) if ($i == "cov:") edges = $(i + 1) }
        /^stat::number_of_executed_units:/ { ran = $2 }
        END { printf "%d %.1f %d %d\n", executions + ran, seconds + took[4] - took[2], parts + 1, edges }
    ' times "$log" >"state/$1.new"
    mv "state/$1.new" "state/$1"
}

stopped=
trap 'stopped=yes' INT TERM
began=$(date +%s)
while [ -z "$stopped" ]; do
    [ -z "${QSTAR_FUZZ_SECONDS-}" ] || [ $(($(date +%s) - began)) -lt "$QSTAR_FUZZ_SECONDS" ] || break
    # The cheapest of those that are not done; what was never run shows its cost first.
    while read -r target longest; do
        [ $# -eq 0 ] || case " $* " in *" $target "*) ;; *) continue ;; esac
        [ "$(findings "$target")" -eq 0 ] || continue
        executed=$(of "$target" 1)
        [ "$executed" -lt "$runs" ] || continue
        awk -v n="$executed" -v s="$(of "$target" 2)" -v target="$target" -v longest="$longest" \
            -v left=$((runs - executed)) 'BEGIN {
                rate = s > 0 ? n / s : n
                size = n == 0 ? 20000 : int(rate * 60) + 1 # a minute of a processor
                print (n == 0 ? -1 : s / n), target, longest, size < left ? size : left }'
    done <targets | sort -g >queue
    read -r _ target longest executions <queue || break
    part "$target" "$longest" "$executions"
done
table
