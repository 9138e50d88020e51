#!/bin/sh
# Builds the fuzzers with clang and runs every target, one after the other, as often as asked for.
#
#   sh tests/campaigns/fuzz.sh [RUNS] [TARGET...]      10000000, all
#
# Prints a row of RESULTS.md for each; inputs that fail stay in build-fuzz/findings/TARGET/, what
# was reached in build-fuzz/corpus/TARGET/, from where the next call goes on.
set -eu
cd "$(dirname "$0")/../.."
runs=${1:-10000000}
[ $# -eq 0 ] || shift
cases=$PWD/tests/cases
[ -f build-fuzz/build.ninja ] || cmake -S . -B build-fuzz -G Ninja -DCMAKE_CXX_COMPILER=clang++ \
    -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_FLAGS="-O2 -gline-tables-only" -DQSTAR_FUZZ=ON \
    -DQSTAR_TESTS=OFF -DQSTAR_VULKAN=OFF >build-fuzz.log || {
    cat build-fuzz.log >&2
    exit 2
}
ninja -C build-fuzz qstar_fuzz >build-fuzz.log || {
    cat build-fuzz.log >&2
    exit 2
}
cd build-fuzz
QSTAR_SEEDS=$cases ./qstar_fuzz >targets
# Allocations are told without their stacks, and leaks at the end only: both cost more than the
# readers.
export ASAN_OPTIONS=malloc_context_size=0:quarantine_size_mb=16
while read -r target longest; do
    [ $# -eq 0 ] || case " $* " in *" $target "*) ;; *) continue ;; esac
    mkdir -p "findings/$target"
    QSTAR_TARGET=$target nice -n 10 ./qstar_fuzz "corpus/$target" -max_len="$longest" \
        -runs="$runs" -seed=1 -timeout=20 -rss_limit_mb=2048 -malloc_limit_mb=256 \
        -detect_leaks=0 -print_final_stats=1 -artifact_prefix="findings/$target/" \
        >"$target.log" 2>&1 || true
    awk -v target="$target" '
        /cov: / { for (i = 1; i < NF; ++i) if ($i == "cov:") edges = $(i + 1) }
        /^Done / { runs = $2; seconds = $5 }
        END { printf "| %s | %s | %s | %s |", target, runs, seconds, edges }' "$target.log"
    find "findings/$target" -type f | awk 'END { printf " %d |\n", NR }'
done <targets
