#include "eval/verify/small_run.h"

#include "engine/io/files.h"
#include "engine/run/command_line.h"
#include "search/command.h"
#include "train/command.h"

#include <fmt/core.h>
#include <sstream>

namespace qstar::eval {

namespace {

std::vector<std::string> words_of(const std::string& line, const std::string& folder) {
    std::vector<std::string> words;
    std::istringstream stream(line);
    for (std::string word; stream >> word;)
        words.push_back(word.starts_with("@/") ? join_path(folder, word.substr(2)) : word);
    return words;
}

std::string problems() {
    std::string text;
    for (int a = 1; a <= 4; ++a)
        for (int b = 1; b <= 4; ++b) text += fmt::format("{}+{}+{}\n", a, b, (a + b) % 4 + 1);
    return text;
}

} // namespace

// Sizes that are no multiple of sixteen, and all kinds of layers, losses, optimisers and searches.
std::vector<std::string> small_run_lines() {
    const std::string loop = " --epochs 1 --warmup 2 --quiet --batch ";
    const std::string puzzle = " --run @/puzzle --world lights-out --size 3 --width 20 --blocks 1 "
                               "--batch 20 --steps 30 --quiet";
    const std::string corpus = " --tokens 20000 --curated 40 --low 1 --high 4 --operators + "
                               "--max-operands 3 --brackets 0 --quiet";
    std::vector<std::string> lines = {
        "train corpus --run @/run" + corpus,
        "train pretrain --run @/run --layers 2 --width 40 --heads 2 --context 64 --batch 8 --lr "
        "5e-3 "
        "--warmup 5 --steps 120 --val-every 0 --sample 0 --quiet",
        "train sft --run @/run --lr 3e-3" + loop + "4",
        "train sample --run @/run --problems 40 --samples 4 --quiet",
        "train label --run @/run --quiet",
        "train rank --run @/run --quiet",
        "train reward --run @/run" + loop + "4",
        "train orm --run @/run" + loop + "16",
        "train orm --run @/run --name orm-text --judge text" + loop + "16",
        "train prm --run @/run" + loop + "16",
        "train dpo --run @/run" + loop + "4",
        "train ppo --run @/run --steps 2 --minibatch 8" + loop + "8",
        "train grpo --run @/run --steps 2 --minibatch 8" + loop + "8",
        "train rollout --run @/run --limit 20 --rollouts 2 --quiet",
        "train q --run @/run --problems 20 --samples 2 --next 2 --iterations 2" + loop + "8",
        "train self-play --run @/run --rounds 1 --problems 20 --dev-problems 4 --budget 200 "
        "--proposals 2 --samples 2 --next 2" +
            loop + "8",
        "train star --run @/run --rounds 1 --problems 20 --dev-problems 4" + loop + "8",
        "train distil --run @/run --problems 20 --dev-problems 4 --budget 200 --proposals 2" +
            loop + "8",
        "train davi --check-every 5" + puzzle,
        "train deep-q --check-every 5" + puzzle,
        "train walk --q" + puzzle,
        // Another family and another optimiser.
        "train corpus --run @/qwen3" + corpus,
        "train pretrain --run @/qwen3 --family qwen3 --optimizer muon --layers 2 --width 40 "
        "--heads 2 --context 64 --batch 8 --warmup 5 --steps 10 --val-every 0 --sample 0 --quiet",
        "train sft --run @/qwen3 --optimizer muon" + loop + "4",
        "search --run @/qwen3 --problems @/problems.txt --out @/qwen3.jsonl --method greedy "
        "--budget 200",
    };
    for (const char* search : {"greedy", "majority", "best-of-n --scorer orm", "beam --scorer prm",
                               "mcts --scorer prm", "astar --scorer prm", "qstar --scorer q"}) {
        const std::string method(search);
        lines.push_back(fmt::format("search --run @/run --problems @/problems.txt --out @/{}.jsonl "
                                    "--method {} --budget 200",
                                    method.substr(0, method.find(' ')), method));
    }
    return lines;
}

std::string small_run_of_line(const std::string& line) {
    const std::string flag = "--run @/";
    const size_t begin = line.find(flag) + flag.size();
    return line.substr(begin, line.find(' ', begin) - begin);
}

std::string small_run_of_file(const std::string& file) {
    for (const char* name : {"qwen3", "puzzle"})
        if (file.starts_with(name)) return name;
    return "run";
}

void make_small_run(const std::string& folder, const std::string& only,
                    void (*say)(const std::string& line)) {
    write_file_atomic(join_path(folder, "problems.txt"), problems());
    for (const std::string& line : small_run_lines()) {
        if (!only.empty() && small_run_of_line(line) != only) continue;
        say(line);
        Command program{"qstar", ""};
        program.run = [](const Call&) {};
        program.commands = {train::command(), search::command()};
        run_line(program, words_of(line, folder));
    }
}

} // namespace qstar::eval
