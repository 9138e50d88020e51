#!/bin/sh
# Many ranks give the bytes of one process: stages of every kind and a search, with 1 to 4 ranks and
# 1 and 2 threads each, killed and taken up at another number. 77, which CTest takes for "left
# out", where there is no mpirun or the program was built without MPI.
#
#   sh tests/engine/mpi.sh PROGRAM FOLDER [all]     what it makes lies there
#
# all: every stage with 1, 2, 3, 4 and 7 ranks of 1 and 2 threads, left off after a step and taken
# up at the next of these numbers, and pre-training killed at each.
set -eu
program=$1
folder=$2
form=${3:-short}
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

# The words of a stage, whose batches are so large that they are cut into leaves
# (engine/nn/gradient_tree.h). Each makes two steps or more and saves its state after each.
words_of() {
    case $1 in
    pretrain) echo "train pretrain --layers 1 --width 64 --heads 2 --context 64 --batch 260 \
--steps 4 --warmup 2 --lr 5e-3 --val-every 0 --sample 0" ;;
    prm) echo "train prm --batch 700 --epochs 3 --warmup 1" ;;
    reward) echo "train reward --labels ranks.jsonl --batch 170 --epochs 2 --warmup 1" ;;
    dpo) echo "train dpo --labels ranks.jsonl --batch 170 --epochs 2 --warmup 1 --kl-episodes 8" ;;
    q) echo "train q --problems 130 --samples 5 --next 2 --iterations 1 --epochs 2 --batch 650 \
--warmup 1" ;;
    ppo) echo "train ppo --reward verifier --value-from prm --steps 2 --batch 256 --minibatch 256 \
--epochs 1 --warmup 1" ;;
    grpo) echo "train grpo --reward verifier --steps 2 --batch 256 --minibatch 256 --epochs 1 \
--warmup 1" ;;
    davi | deep-q) echo "train $1 --world lights-out --size 3 --width 20 --blocks 1 --batch 2100 \
--steps 4 --check-every 2" ;;
    esac
}
stages="pretrain prm reward dpo q ppo grpo davi deep-q"

# run RANKS THREADS WORDS...
run() {
    ranks=$1 threads=$2
    shift 2
    if [ "$ranks" = 1 ]; then
        "$program" "$@" --threads "$threads"
    else
        mpirun -q --oversubscribe --bind-to none -n "$ranks" "$program" "$@" --threads "$threads"
    fi
}
# stage RANKS THREADS RUN STAGE WORDS...
stage() {
    at_ranks=$1 at_threads=$2 in_run=$3 name=$4
    shift 4
    # shellcheck disable=SC2046
    run "$at_ranks" "$at_threads" $(words_of "$name") --run "$in_run" --save-every 1 --quiet "$@"
}
same() { # RUN STAGE: the files of one process
    for file in model.safetensors state.safetensors metrics.jsonl; do
        cmp -s "one/$2/$file" "$1/$2/$file" || fail "$1: $2/$file is not that of one process"
    done
    [ ! -e "$1/$2.lock" ] || fail "$1: a lock of $2 is left"
}
without_seconds() { sed 's/"seconds":[^,]*,//' "$1"; }

# One process.
one() { "$program" "$@" --quiet --threads 1; }
one train corpus --run base --tokens 60000 --curated 60 --low 1 --high 9 --operators + \
    --max-operands 3 --brackets 0
stage 1 1 base pretrain
one train sft --run base --epochs 4 --batch 16 --lr 3e-3
one train sample --run base --problems 130 --samples 6
one train label --run base
# Long solutions of 200 problems, one of each better than the other.
awk 'BEGIN { for (i = 0; i < 200; ++i) {
    text = ""
    for (line = 0; line < 9; ++line) text = text (i % 9 + line) "+1\\n"
    printf "{\"prompt\":\"%d+%d\",\"chosen\":\"%s6\",\"rejected\":\"%s7\"}\n", i, i + 1, text, text
} }' >ranks.jsonl
i=0
while [ $i -lt 30 ]; do
    i=$((i + 1))
    echo "$((i % 4 + 1))+$((i % 3 + 1))+$((i / 8 + 1))"
done >problems.txt
cp -r base one
for name in $stages; do
    [ $name = pretrain ] || stage 1 1 one $name
done
search="search --problems problems.txt --method astar --scorer prm --budget 200"
# shellcheck disable=SC2086
"$program" $search --run one --out one.jsonl --threads 1 2>/dev/null
without_seconds one.jsonl >one.txt
searched() { # RANKS THREADS RUN
    # shellcheck disable=SC2086
    run "$1" "$2" $search --run "$3" --out "$3.jsonl" 2>/dev/null
    without_seconds "$3.jsonl" | cmp - one.txt || fail "$3: the search"
    [ ! -e "$3.jsonl.unfinished" ] || fail "$3: the search is not finished"
}
fresh() { # RUN
    cp -r base "$1"
    rm -r "$1/pretrain"
}
# A rank is killed after two steps: all end with one sentence and status 2.
kill_a_rank() { # RANKS THREADS RUN
    # shellcheck disable=SC2046
    mpirun -q --oversubscribe --bind-to none -n "$1" "$program" $(words_of pretrain) --run "$3" \
        --save-every 1 --quiet --threads "$2" >"$3.txt" 2>&1 &
    mpirun=$!
    step=0
    while [ "$step" -lt 2 ]; do
        sleep 0.05
        [ -s "$3/pretrain/metrics.jsonl" ] && step=$(wc -l <"$3/pretrain/metrics.jsonl")
        kill -0 $mpirun 2>/dev/null || break
    done
    if worker=$(pgrep -P "$(pgrep -P $mpirun 2>/dev/null | tail -n 1)" 2>/dev/null | head -n 1) &&
        [ -n "$worker" ] && kill -9 "$worker" 2>/dev/null; then
        status=0
        wait $mpirun || status=$?
        [ $status -eq 2 ] || fail "$3: status $status"
        [ "$(grep -c . "$3.txt")" -eq 1 ] || fail "$3: not one sentence: $(cat "$3.txt")"
    else
        wait $mpirun || true
    fi
}

if [ "$form" = all ]; then
    for ranks in 1 2 3 4 7; do
        for threads in 1 2; do
            run=ranks-$ranks-$threads
            next=$((ranks == 7 ? 1 : ranks == 4 ? 7 : ranks + 1)) other=$((3 - threads))
            fresh $run
            for name in $stages; do
                stage $ranks $threads $run $name --stop-after 1
                stage $next $other $run $name
                same $run $name
            done
            searched $ranks $threads $run
            [ $ranks = 1 ] && continue
            run=killed-$ranks-$threads
            fresh $run
            kill_a_rank $ranks $threads $run
            stage $next $other $run pretrain
            same $run pretrain
        done
    done
else
    for count in 2 3 4; do
        threads=$((count % 2 + 1))
        run=ranks-$count
        fresh $run
        case $count in
        2) some="pretrain reward ppo" ;;
        3) some="pretrain prm q dpo davi" ;;
        4) some="pretrain prm grpo deep-q" ;;
        esac
        [ $count != 2 ] || cp -r one/prm $run/prm # the value function of PPO begins with it
        for name in $some; do
            stage $count $threads $run $name
            same $run $name
        done
        searched $count $threads $run
    done
    cmp -s one/q/rollouts.jsonl ranks-3/q/rollouts.jsonl || fail "ranks-3: the roll-outs"
    fresh killed
    kill_a_rank 3 1 killed
    stage 2 2 killed pretrain
    same killed pretrain
    # Left off with four ranks, and taken up by one process.
    fresh stopped
    stage 4 1 stopped pretrain --stop-after 2
    stage 1 2 stopped pretrain
    same stopped pretrain
    cp -r one/prm stopped/prm
    stage 3 1 stopped ppo --stop-after 1
    stage 2 1 stopped ppo
    same stopped ppo
fi

# What is not shared the first rank does.
one engine export --run base --out one.hf
run 2 1 engine export --run base --out many.hf --quiet
diff -r one.hf many.hf || fail "an export by two ranks"
one engine import one.hf --run imported
run 3 1 engine import one.hf --run imported-by-3 --quiet
for part in tokenizer pretrain sft; do
    diff -r imported/$part imported-by-3/$part || fail "an import by three ranks: $part"
done

# What is wrong is said once.
status=0
run 3 1 train prm --run nowhere >wrong.txt 2>&1 || status=$?
[ $status -eq 2 ] || fail "a wrong run: status $status"
[ "$(grep -c . wrong.txt)" -eq 1 ] || fail "a wrong run: not one sentence: $(cat wrong.txt)"

# The benchmark starts mpirun itself, and prints a model of more machines.
"$program" eval bench mpi --quick --json bench.json >bench.txt 2>&1 || fail "bench mpi: $(cat bench.txt)"
grep -q '^| 64 |' bench.txt || fail "bench mpi: $(cat bench.txt)"
grep -q '"unit": *"MB a step"' bench.json || fail "bench mpi: no bytes"
exit $failed
