#!/bin/sh
# Many ranks give the bytes of one process: pre-training, step and Q models and a search, with 1 to
# 4 ranks and 1 and 2 threads each, and killed and taken up at another number. 77, which CTest
# takes for "left out", where there is no mpirun or the program was built without MPI.
#
#   sh tests/engine/mpi.sh PROGRAM FOLDER     what it makes lies there
set -eu
program=$1
folder=$2
left_out() {
    echo "qstar: the test of many ranks is left out: $1"
    exit 77
}
command -v mpirun >/dev/null || left_out "it wants mpirun"
"$program" --version | grep -q ' mpi' || left_out "the program was built without MPI"
OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_ALLOW_RUN_AS_ROOT OMPI_ALLOW_RUN_AS_ROOT_CONFIRM
mpirun -q --oversubscribe -n 2 true 2>/dev/null || left_out "mpirun starts no two processes here"

rm -rf "$folder"
mkdir -p "$folder"
cd "$folder"
failed=0
fail() {
    echo "FAILED: $*"
    failed=1
}
# one RUN WORDS...; many RANKS THREADS RUN WORDS...
one() { "$program" "$@" --quiet --threads 1; }
many() {
    ranks=$1 threads=$2
    shift 2
    mpirun -q --oversubscribe -n "$ranks" "$program" "$@" --threads "$threads"
}
same() { # what, a file of one process, one of many ranks
    [ "$(sha256sum <"$2")" = "$(sha256sum <"$3")" ] || fail "$1: $2 and $3 differ"
}
without_seconds() { sed 's/"seconds":[^,]*,//' "$1"; }

# One process. Batches of four and more leaves: see engine/nn/gradient_tree.h.
one train corpus --run base --tokens 60000 --curated 60 --low 1 --high 9 --operators + \
    --max-operands 3 --brackets 0
pretrain="train pretrain --layers 1 --width 64 --heads 2 --context 64 --batch 260 --steps 4 \
--warmup 2 --lr 5e-3 --val-every 0 --sample 0 --save-every 1 --quiet"
# shellcheck disable=SC2086
"$program" $pretrain --run base --threads 1
one train sft --run base --epochs 4 --batch 16 --lr 3e-3
one train sample --run base --problems 130 --samples 6
one train label --run base
prm="train prm --batch 700 --epochs 3 --warmup 1 --save-every 1 --quiet"
q="train q --problems 130 --samples 5 --next 2 --iterations 1 --epochs 2 --batch 650 --warmup 1 \
--save-every 1 --quiet"
grpo="train grpo --steps 2 --batch 16 --minibatch 8 --epochs 1 --warmup 1 --quiet"
i=0
while [ $i -lt 30 ]; do
    i=$((i + 1))
    echo "$((i % 4 + 1))+$((i % 3 + 1))+$((i / 8 + 1))"
done >problems.txt
cp -r base one
# shellcheck disable=SC2086
{
    "$program" $prm --run one --threads 1
    "$program" $q --run one --threads 1
    "$program" $grpo --run one --reward verifier --threads 1
}
search="search --problems problems.txt --method astar --scorer prm --budget 200"
# shellcheck disable=SC2086
"$program" $search --run one --out one.jsonl --threads 1 2>/dev/null
without_seconds one.jsonl >one.txt

compare() { # folder
    for stage in pretrain prm q grpo; do
        [ -d "$1/$stage" ] || continue
        for file in model.safetensors state.safetensors metrics.jsonl; do
            same "$1" one/$stage/$file "$1/$stage/$file"
        done
    done
}
for count in 2 3 4; do
    threads=$((count % 2 + 1))
    run=ranks-$count
    cp -r base $run
    rm -r $run/pretrain
    # shellcheck disable=SC2086
    many $count $threads $pretrain --run $run
    compare $run
    # shellcheck disable=SC2086
    {
        many $count $threads $prm --run $run
        many $count $threads $search --run $run --out $run.jsonl 2>/dev/null
    }
    compare $run
    without_seconds $run.jsonl | cmp - one.txt || fail "$run: the search"
    [ ! -e $run.jsonl.unfinished ] || fail "$run: the search is not finished"
    [ ! -e $run/prm.lock ] || fail "$run: a lock is left"
done
# shellcheck disable=SC2086
{
    many 3 1 $q --run ranks-3
    many 2 1 $grpo --reward verifier --run ranks-3
}
compare ranks-3
same "roll-outs" one/q/rollouts.jsonl ranks-3/q/rollouts.jsonl

# A rank is killed after two steps; all end with one sentence and status 2, and the run goes on.
cp -r base killed
rm -r killed/pretrain
# shellcheck disable=SC2086
mpirun -q --oversubscribe -n 3 "$program" $pretrain --run killed --threads 1 >killed.txt 2>&1 &
mpirun=$!
step=0
while [ "$step" -lt 2 ]; do
    sleep 0.05
    [ -s killed/pretrain/metrics.jsonl ] && step=$(wc -l <killed/pretrain/metrics.jsonl)
    kill -0 $mpirun 2>/dev/null || break
done
if worker=$(pgrep -P "$(pgrep -P $mpirun 2>/dev/null | tail -n 1)" 2>/dev/null | head -n 1) &&
    [ -n "$worker" ] && kill -9 "$worker" 2>/dev/null; then
    status=0
    wait $mpirun || status=$?
    [ $status -eq 2 ] || fail "killed: status $status"
    [ "$(grep -c . killed.txt)" -eq 1 ] || fail "killed: not one sentence: $(cat killed.txt)"
else
    wait $mpirun || true
fi
# shellcheck disable=SC2086
many 2 2 $pretrain --run killed
compare killed
# Left off with four ranks, and taken up by one process.
cp -r base stopped
rm -r stopped/pretrain
# shellcheck disable=SC2086
{
    many 4 1 $pretrain --run stopped --stop-after 2
    "$program" $pretrain --run stopped --threads 2
}
compare stopped

# What is wrong is said once.
status=0
many 3 1 train prm --run nowhere >wrong.txt 2>&1 || status=$?
[ $status -eq 2 ] || fail "a wrong run: status $status"
[ "$(grep -c . wrong.txt)" -eq 1 ] || fail "a wrong run: not one sentence: $(cat wrong.txt)"
exit $failed
