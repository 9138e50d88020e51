#!/bin/sh
# The faults that were found in commit 3463ea4, by their numbers, and the forms that others write:
# each as a check of the program from outside, by its command line and its files. What is checked
# held for none of them then.
#
#   sh tests/campaigns/numbered_lines.sh PROGRAM FOLDER          fails where one of them does not hold
#   sh tests/campaigns/numbered_lines.sh --since 3463ea4 PROGRAM FOLDER
#       builds that commit's program in FOLDER, too, and prints what holds for each as a table
#
# What it makes lies in FOLDER.
set -u
source=$(cd "$(dirname "$0")/../.." && pwd)
cases=$source/tests/cases

# --- What the checks are written with. They run in a folder of their own with a copy of the runs.

# program ARGUMENTS: its status; what it said is in ./out and ./err.
program() { timeout 60 "$program" "$@" >out 2>err </dev/null; }
works() { program "$@" || { echo "refused: qstar $*: $(head -c 300 err)"; return 1; }; }
# refused PATTERN ARGUMENTS: status 2, and one sentence of our own with this in it.
refused() {
    pattern=$1 status=0
    shift
    program "$@" || status=$?
    [ $status -eq 2 ] || { echo "status $status: qstar $*"; return 1; }
    grep '^qstar: ' err | grep -Eq -- "$pattern" && ! grep -Eq 'json\.exception|std::' err ||
        { echo "qstar $*: $(head -c 300 err)"; return 1; }
}
# What a run's stages hold, and what stands beside them.
stages_of() {
    find "$1" -type f ! -path "$1/config.json" ! -name '*.lock' -exec sha256sum {} + | sort
}
same() { [ "$1" = "$2" ] || { echo "$3"; return 1; }; }
without_seconds() { sed 's/"seconds":[^,]*,//' "$@"; }
tiny="--threads 1 --quiet"
greedy="--method greedy --budget 60 --threads 1"

# Runs of a second: arithmetic with all stages, countdown, a puzzle.
make_runs() {
    gpt="--layers 1 --width 32 --heads 2 --context 64 --val-every 0"
    # shellcheck disable=SC2086
    works train corpus --run run --tokens 10000 --curated 24 --low 1 --high 9 --max-operands 3 $tiny &&
        works train pretrain --run run $gpt --batch 4 --steps 60 --lr 5e-3 --warmup 5 $tiny &&
        works train sft --run run --batch 4 --lr 3e-3 $tiny &&
        works train sample --run run --problems 20 --samples 4 $tiny &&
        works train label --run run $tiny && works train rank --run run $tiny &&
        works train reward --run run --batch 8 $tiny && works train orm --run run --batch 16 $tiny &&
        works train prm --run run --batch 16 $tiny && works train dpo --run run --batch 8 $tiny &&
        works train rollout --run run --limit 4 --rollouts 2 $tiny &&
        works train corpus --run countdown --world countdown --tokens 5000 --curated 8 $tiny &&
        works train pretrain --run countdown $gpt --batch 2 --steps 4 $tiny &&
        works train sft --run countdown --batch 4 $tiny &&
        works train davi --run puzzle --world lights-out --size 3 --width 16 --blocks 1 --batch 20 \
            --steps 5 --check-every 5 $tiny
}

# --- Data is lost.

line_1() { # --force removes a finished stage before the new input is read
    echo '{"problem": "1+2"' >bad.jsonl
    before=$(stages_of run)
    puzzle=$(stages_of puzzle)
    result=0
    for call in "sft --file bad.jsonl" "orm --labels bad.jsonl" "prm --labels bad.jsonl" \
        "reward --labels bad.jsonl" "dpo --labels bad.jsonl" "label --solutions bad.jsonl" \
        "rank --solutions bad.jsonl" "rollout --solutions bad.jsonl" "pretrain --layers 0" \
        "pretrain --width 30 --heads 4"; do
        # shellcheck disable=SC2086
        refused . train ${call%% *} --run run --force ${call#* } || result=1
    done
    refused . train davi --run puzzle --world lights-out --size 3 --bound nosuch --force || result=1
    same "$before" "$(stages_of run)" "a finished stage is gone" || result=1
    same "$puzzle" "$(stages_of puzzle)" "a finished puzzle's stage is gone" || result=1
    return $result
}
line_2() { # --name leads anywhere
    mkdir victim && echo precious >victim/file
    before=$(stages_of run)
    result=0
    for name in ../victim . '' sft tokenizer; do
        for force in --force --quiet; do
            refused "--name" train prm --run run --name "$name" $force || result=1
        done
    done
    [ -f victim/file ] || { echo "a foreign folder is gone"; result=1; }
    same "$before" "$(stages_of run)" "the run has changed" || result=1
    return $result
}
line_3() { # --out and --trace-file rename over links, pipes and devices
    printf '2+3\n4+1\n' >problems
    : >target && ln -s target link && mkfifo pipe
    timeout 20 cat pipe >piped &
    reader=$!
    result=0
    # shellcheck disable=SC2086
    {
        works search --run run $greedy --problems problems --out link || result=1
        works search --run run $greedy --problems problems --out pipe || result=1
        [ -L link ] && [ -s target ] || { echo "the link is a file now"; result=1; }
        [ -p pipe ] || { echo "the pipe is a file now"; kill $reader; result=1; }
        wait $reader
        [ -s piped ] || { echo "nothing came through the pipe"; result=1; }
        ln -s tree.json tree
        works search 2+3+4 --run run --method astar --budget 60 --threads 1 --trace-file tree || result=1
        [ -L tree ] && [ -s tree.json ] || { echo "the tree's link is a file now"; result=1; }
        works search --run run $greedy --problems problems --out - || result=1
        [ -s out ] && [ ! -e ./- ] || { echo "- is not the standard output"; result=1; }
        # A device like /dev/null, where one may be made.
        if mknod null c 1 3 2>/dev/null && : 2>/dev/null >null; then
            works search --run run $greedy --problems problems --out null || result=1
            [ -c null ] || { echo "the device is a file now"; result=1; }
        fi
    }
    return $result
}
line_4() { # an interrupted search leaves nothing and begins again
    awk 'BEGIN { for (i = 0; i < 8000; ++i) print i % 9 + 1 "+" int(i / 9) % 9 + 1 "+" int(i / 81) }' \
        >problems
    call="search --run run --method astar --budget 400 --threads 1 --problems problems --out"
    # Until it is hit between its first and its last result.
    for seconds in 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1 1.2 1.4 1.7 2 2.5 3 4 8; do
        rm -f results*
        # shellcheck disable=SC2086
        timeout -s INT $seconds "$program" $call results >out 2>err
        kept=$(cat results* 2>/dev/null | grep -c '"problem"')
        [ "$kept" -eq 0 ] || [ "$kept" -ge 8000 ] || break
    done
    [ "$kept" -gt 0 ] || { echo "no result was kept"; return 1; }
    [ "$kept" -lt 8000 ] || { echo "it was not interrupted"; return 1; }
    # shellcheck disable=SC2086
    works $call results && works $call whole &&
        same "$(without_seconds whole | sha256sum)" "$(without_seconds results | sha256sum)" \
            "taken up, it ends otherwise"
}
line_5() { # a full disk behind the standard output goes unnoticed
    [ -c /dev/full ] || return 0
    echo 1+2 >problems
    result=0
    for call in "--help" "tokenizer encode 12 --run run" "engine info" \
        "search --run run $greedy --problems problems"; do
        # shellcheck disable=SC2086
        timeout 60 "$program" $call >/dev/full 2>err
        [ $? -eq 2 ] && grep -q '^qstar: ' err || { echo "a full disk: qstar $call"; result=1; }
    done
    return $result
}

# --- Silently wrong.

line_6() { # GPT-2's vocabulary encodes digits otherwise than GPT-2
    works tokenizer encode 12345 --dir "$cases/tok/gpt2" && same "$(cat out)" "10163 2231" "GPT-2's ids"
}
line_7() { # two programs work on one stage
    rm -r run/pretrain
    call="train pretrain --run run --layers 1 --width 32 --heads 2 --context 64 --batch 4 --threads 1
        --save-every 1000 --val-every 0"
    # shellcheck disable=SC2086
    "$program" $call --steps 1000000 --quiet >first 2>&1 &
    holder=$!
    i=0
    while [ ! -d run/pretrain ] && [ $i -lt 100 ]; do sleep 0.1; i=$((i + 1)); done
    sleep 0.3
    # shellcheck disable=SC2086
    refused "$holder" $call --steps 5 --lr 0.5
    result=$?
    # shellcheck disable=SC2086
    refused "$holder" $call --steps 5 --lr 0.5 --force || result=1
    kill -9 $holder 2>/dev/null
    wait $holder 2>/dev/null
    # A lock whose process is gone is none.
    # shellcheck disable=SC2086
    works $call --steps 5 --lr 0.5 --force || result=1
    return $result
}
line_8() { # the tokenizer under a trained model is changed
    before=$(stages_of run)
    echo "She has 3 apples and 4 pears." >text
    refused . tokenizer train --run run --text text --vocab 260
    result=$?
    same "$before" "$(stages_of run)" "the tokenizer is another one" || result=1
    # One as large, in which 3 and 4 have each other's number.
    rm -f run/tokenizer/tokenizer.json
    sed -i 's/"3": *\([0-9]*\)/"x": \1/; s/"4": *\([0-9]*\)/"3": \1/; s/"x": \([0-9]*\)/"4": \1/' \
        run/tokenizer/vocab.json
    # shellcheck disable=SC2086
    refused tokenizer search 1+2 --run run $greedy || result=1
    return $result
}
line_9() { # a run does not know its world
    # shellcheck disable=SC2086
    {
        refused countdown search 3+4*5 --run countdown $greedy
        result=$?
        refused arithmetic search "1 2 3 6" --world countdown --run run $greedy || result=1
        refused . search 3+4 --run run --policy countdown/sft/model.safetensors $greedy || result=1
    }
    return $result
}
line_10() { # numbers in word problems are read in several ways
    printf '%s\n' '{"question": "a", "answer": "<<5*2=10>>10\n#### 10"}' \
        '{"question": "b", "answer": "<<1200*2=2400>>2400\n#### 2400"}' >words.jsonl
    judged() { # LABEL PROBLEM ANSWER; the last step of a solution by the world's verifier
        printf '{"problem": "%s", "steps": ["%s"], "finished": true}\n' "$2" "$3" >solutions.jsonl
        rm -rf judged
        # shellcheck disable=SC2086
        works train label --run judged --world gsm8k:words.jsonl --solutions solutions.jsonl $tiny &&
            grep -q "\"label\":$1" judged/labels/outcomes.jsonl ||
            { echo "$3 for $2 is not $1"; return 1; }
    }
    step() { # RATING STEP; the first step of a solution
        printf '{"problem": "a", "steps": ["%s", "10"], "finished": true}\n' "$2" >solutions.jsonl
        rm -rf judged
        # shellcheck disable=SC2086
        works train label --run judged --world gsm8k:words.jsonl --solutions solutions.jsonl $tiny &&
            sed 's/.*"label":{"steps"//; s/"rating":\(-*1\).*/&\n/' judged/labels/steps.jsonl |
            head -1 | grep -o '"rating":-*1' | head -1 | grep -qx "\"rating\":$1" ||
            { echo "the step $2 is not $1"; return 1; }
    }
    result=0
    judged true a 10 && judged false a 12-2 && judged false a 20/2 && judged false b 24,00 &&
        judged true b 2,400 && judged true b '$2400.00' || result=1
    step 1 '5*2=<<5*2=10>>10' && step -1 '<<7/2=3>>3' && step -1 '<<1/2=0>>0' && step -1 '<<5/2=2>>2' &&
        step 1 '<<1,000*2=2,000>>2,000' && step 1 '<<5*2=$10>>10' && step -1 '6*7=<<6*7=42>>43' ||
        result=1
    return $result
}
line_11() { # a line end after a solution is a step
    labels='{"prompt": "3*4+2", "completions": ["12+2", "14%s"], "labels": [true, true]}\n'
    # shellcheck disable=SC2059
    { printf "$labels" '' >plain.jsonl; printf "$labels" '\n' >ended.jsonl; printf "$labels" '\r\n' >crlf.jsonl; }
    result=0
    for form in plain ended crlf; do
        # shellcheck disable=SC2086
        works train prm --run run --name prm-$form --labels $form.jsonl --batch 1 $tiny || result=1
        same "$(cat run/prm-plain/metrics.jsonl)" \
            "$(cat run/prm-$form/metrics.jsonl)" "$form: another loss" || result=1
    done
    printf '%s\n' '{"prompt": "3*4+2", "chosen": "14", "rejected": "14\n"}' >pair.jsonl
    refused "pair.jsonl:1" train reward --run run --labels pair.jsonl --batch 1 --force || result=1
    return $result
}
line_12() { # a seed out of its range is taken
    refused seed --seed -1 train corpus --run new --tokens 2000
    result=$?
    refused seed --seed 99999999999999999999 train corpus --run new --tokens 2000 || result=1
    [ ! -e new ] || { echo "something was written"; result=1; }
    return $result
}
line_13() { # 1 1 4 6 is three numbers with the target 6
    echo 1 1 4 6 >hands
    printf '1 5 8 11 2 24\n1 1 4 6 24\n' >uneven
    # shellcheck disable=SC2086
    {
        refused "hands:1.*--target 24" search --run countdown $greedy --problems hands
        result=$?
        works search --run countdown $greedy --problems hands --target 24 || result=1
        grep -q '"1 1 4 6 24"' out || { echo "the target is not 24"; result=1; }
        refused "uneven:2" search --run countdown $greedy --problems uneven || result=1
    }
    return $result
}
line_14() { # weights that are not numbers
    model=run/sft/model.safetensors
    printf '\000\000\300\177' |
        dd of=$model bs=1 seek=$(($(wc -c <$model) - 4)) conv=notrunc 2>/dev/null
    # shellcheck disable=SC2086
    refused "model.safetensors.*finite" search 3+4 --run run $greedy
}
line_15() { # metrics that were cut or removed are not missed
    result=0
    for harm in remove cut; do
        rm -rf run/sft
        # shellcheck disable=SC2086
        works train sft --run run --batch 4 --stop-after 4 --save-every 1 $tiny || result=1
        metrics=run/sft/metrics.jsonl
        if [ $harm = cut ]; then head -1 $metrics >cut && cp cut $metrics; else rm $metrics; fi
        # shellcheck disable=SC2086
        refused "metrics.jsonl" train sft --run run --batch 4 --save-every 1 $tiny || result=1
    done
    return $result
}
line_16() { # problems through a pipe
    result=0
    for name in - /dev/stdin; do
        # shellcheck disable=SC2086
        printf '1+2\n3+4\n' | timeout 60 "$program" search --run run $greedy --problems $name >out 2>err
        same 2 "$(grep -c '"problem"' out)" "--problems $name: $(head -c 200 err)" || result=1
    done
    return $result
}
line_17() { # marks in a text are counted in two ways
    printf '<|step|>a<|step|>b\n' >text
    works tokenizer train --text text --vocab 260 --dir tok && works tokenizer info --dir tok --text text &&
        same 19 "$(awk '/^tokens /{print $2}' out)" "tokens of 19 characters"
}
line_18() { # the commands under the figures do not make them again
    # shellcheck disable=SC2086
    works eval policies --run run --problems 3 --policies sft --temperature 0.5 --threads 1 &&
        works eval report --run run --problems 20 --threads 1 || return 1
    report=$(find run -name '*.html' | head -1)
    command=$(sed 's/<[^>]*>/\n/g' "$report" | grep -o '^ *qstar eval policies.*' | head -1)
    table=$(sed '/seconds/d' run/policies.json)
    rm run/policies.*
    # shellcheck disable=SC2086
    works ${command#*qstar } --threads 1 || return 1
    same "$table" "$(sed '/seconds/d' run/policies.json)" "$command makes other figures"
}

# --- Unclear.

line_19() { # a byte order mark
    mark=$(printf '\357\273\277')
    result=0
    printf '%s1+2\n' "$mark" >problems
    printf '%s1 2 3 4 24\n' "$mark" >hands
    printf '%s1 0 0 0 0 0 0 0 0\n' "$mark" >lights
    printf '%s{"prompt": "3*4+2", "completions": ["14"], "labels": [true]}\n' "$mark" >labels.jsonl
    cp -r run/tokenizer tok
    for file in vocab.json merges.txt; do
        { printf %s "$mark"; cat "run/tokenizer/$file"; } >tok/$file
    done
    rm -f tok/tokenizer.json
    # shellcheck disable=SC2086
    {
        works search --run run $greedy --problems problems || result=1
        works search --run countdown $greedy --problems hands || result=1
        works search --world lights-out --size 3 --method astar --problems lights || result=1
        works train prm --run run --labels labels.jsonl --name prm-mark --batch 1 $tiny || result=1
        works tokenizer encode 12+3 --dir tok || result=1
    }
    return $result
}
line_20() { # a library's sentence
    echo '{"prompt": "3*4+2", "completions": ["14"], "labels": [1e999]}' >labels.jsonl
    refused "labels.jsonl:1" train prm --run run --labels labels.jsonl --force
}
line_21() { # what is wrong is not said clearly
    result=0
    # shellcheck disable=SC2086
    {
        works search "-(3+4)*2" --run run $greedy || result=1
        works --version || result=1
        refused threads --threads -1 engine info || result=1
        [ "$(wc -c <err)" -lt 200 ] || { echo "a sentence of $(wc -c <err) characters"; result=1; }
        refused items train sft --run run --items -3 --force || result=1
        refused step-tokens search 3+4 --run run $greedy --step-tokens 0 || result=1
        refused steps search 3+4 --run run $greedy --steps 0 || result=1
        refused "train corpus --run none" search 3+4 --run none $greedy || result=1
        printf '3+\033[2J4\n' >control
        refused . search --run run $greedy --problems control || result=1
        ! grep -q "$(printf '\033')" err || { echo "control characters reach the terminal"; result=1; }
        for i in 1 2 3 4 5 6 7; do echo "$i+2"; echo "$i+"; done >problems
        refused "7 bad lines" search --run run $greedy --problems problems || result=1
        works search --run run $greedy --problems problems --skip-bad || result=1
        same 7 "$(grep -c '"problem"' out)" "--skip-bad leaves the good ones" || result=1
    }
    return $result
}
line_22() { # a training that no memory holds begins
    rm -r run/pretrain
    (
        ulimit -v 4000000
        refused "memory" train pretrain --run run --layers 900 --width 4096 --heads 4 --steps 1
    ) && [ ! -e run/pretrain ]
}

# --- Forms that others write.

line_forms() {
    result=0
    prm() {
        # shellcheck disable=SC2086
        works train prm --run run --name "prm-$1" --labels "$cases/labels/$1.jsonl" --batch 1 $tiny || result=1
    }
    for form in prm_float trl_int trl_bool; do prm $form; done
    echo '{"prompt": "3*4+2", "completions": ["12+2", "15"], "labels": ["+", "-"]}' >signs.jsonl
    nulls='{"question": {"problem": "3*4+2", "ground_truth_answer": "14"}, "label": {"steps": [
        {"completions": [{"text": "12+2", "rating": 1}], "human_completion": null, "chosen_completion": 0},
        {"completions": [{"text": "14", "rating": null}], "human_completion": null, "chosen_completion": 0}],
        "finish_reason": null}}'
    echo "$nulls" | tr -d '\n' >nulls.jsonl
    echo '{"chosen": [{"role": "user", "content": "3*4+2"}, {"role": "assistant", "content": "14"}],
        "rejected": [{"role": "user", "content": "3*4+2"}, {"role": "assistant", "content": "18"}]}' |
        tr -d '\n' >implied.jsonl
    echo '{"target": 98, "nums": [44, 19, 35]}' >nums.jsonl
    echo '<html><body>Not found</body></html>' >page.safetensors
    # shellcheck disable=SC2086
    {
        for form in signs nulls; do
            works train prm --run run --name prm-$form --labels $form.jsonl --batch 1 $tiny || result=1
        done
        for file in implied.jsonl "$cases/labels/rank_chat.jsonl"; do
            works train dpo --run run --labels "$file" --batch 1 --force $tiny || result=1
        done
        for form in no_version blank_last pad_special hole; do
            works tokenizer encode 12 --dir "$cases/tok/$form" || result=1
        done
        works search --run countdown $greedy --problems nums.jsonl || result=1
        works search --run countdown $greedy --problems "$cases/problems/csv24.csv" || result=1
    }
    refused "HTML" engine info page.safetensors || result=1
    refused "LFS" engine info "$cases/safetensors/lfs_pointer.safetensors" || result=1
    return $result
}

lines="1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 forms"

# check PROGRAM FOLDER: writes what came of each line to FOLDER/verdicts, what did not hold above it.
check() {
    program=$1
    rm -rf "$2"
    mkdir -p "$2/made" && cd "$2" || exit 2
    : >verdicts
    (cd made && make_runs) || { echo "numbered_lines: the runs cannot be made"; exit 2; }
    for line in $lines; do
        rm -rf "line-$line"
        cp -r made "line-$line"
        if (cd "line-$line" && "line_$line" >why 2>&1); then
            echo "$line holds" >>verdicts
            rm -rf "line-$line"
        else
            echo "$line fails" >>verdicts
            sed "s/^/line $line: /" "line-$line/why"
        fi
    done
}

if [ "${1-}" = --since ]; then
    [ $# -eq 4 ] || { sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 2; }
    commit=$2 now=$(realpath "$3")
    mkdir -p "$4" && cd "$4" || exit 2
    folder=$(pwd)
    if [ ! -x build/qstar ]; then
        rm -rf source && mkdir source
        git -C "$source" archive "$commit" | tar -x -C source
        cmake -S source -B build -G Ninja -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_FLAGS=-O0 \
            -DQSTAR_TESTS=OFF -DQSTAR_VULKAN=OFF -DQSTAR_UNITY=ON >build.log &&
            cmake --build build --target qstar >>build.log || { tail -n 20 build.log; exit 2; }
    fi
    (check "$folder/build/qstar" "$folder/then") >then.log
    (check "$now" "$folder/now") >now.log
    echo "| line | $commit | now |"
    echo "| --- | --- | --- |"
    paste -d' ' then/verdicts now/verdicts | awk '{ printf "| %s | %s | %s |\n", $1, $2, $4 }'
    ! grep -q fails now/verdicts
elif [ $# -eq 2 ]; then
    check "$(realpath "$1")" "$2"
    ! grep fails verdicts
else
    sed -n '2,12s/^# \{0,1\}//p' "$0"
    exit 2
fi
