#include "tests/campaigns/pipeline.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "eval/verify/hashes.h"
#include "tests/paths.h"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fmt/core.h>
#include <sstream>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace qstar::campaign {

namespace fs = std::filesystem;

namespace {

PipelineStage stage(const std::string& line) {
    std::istringstream words(line);
    std::vector<std::string> arguments;
    for (std::string word; words >> word;) arguments.push_back(word);
    const bool training = arguments[0] == "train";
    return {training ? arguments[1] : arguments[0], arguments};
}

std::vector<PipelineStage> make_pipeline() {
    const std::string loop = " --epochs 1 --save-every 1 --warmup 2 --threads 1 --batch ";
    const std::string puzzle = " --run puzzle --world lights-out --size 3 --width 16 --blocks 1 "
                               "--batch 20 --steps 30 --check-every 5 --save-every 5 --threads 1";
    return {
        stage("train corpus --run run --tokens 10000 --curated 24 --low 1 --high 4 --operators + "
              "--max-operands 3 --brackets 0 --threads 1"),
        stage("train pretrain --run run --layers 1 --width 32 --heads 2 --context 64 --batch 4 "
              "--lr 5e-3 --warmup 5 --steps 80 --save-every 10 --val-every 0 --threads 1"),
        stage("train sft --run run --lr 3e-3" + loop + "4"),
        stage("train sample --run run --problems 40 --samples 4 --threads 1"),
        stage("train label --run run --threads 1"),
        stage("train rank --run run --threads 1"),
        stage("train reward --run run" + loop + "4"),
        stage("train orm --run run" + loop + "16"),
        stage("train prm --run run" + loop + "16"),
        stage("train dpo --run run" + loop + "4"),
        stage("train ppo --run run --steps 2 --minibatch 8" + loop + "8"),
        stage("train grpo --run run --steps 2 --minibatch 8" + loop + "8"),
        stage("train rollout --run run --limit 20 --rollouts 2 --threads 1"),
        stage("train q --run run --problems 20 --samples 2 --next 2 --iterations 2" + loop + "8"),
        stage("train self-play --run run --rounds 1 --problems 20 --dev-problems 4 --budget 200 "
              "--proposals 2 --samples 2 --next 2" +
              loop + "8"),
        stage("train star --run run --rounds 1 --problems 20 --dev-problems 4" + loop + "8"),
        stage("train distil --run run --problems 20 --dev-problems 4 --budget 200 --proposals 2" +
              loop + "8"),
        stage("train sft --run run --force --lr 3e-3" + loop + "4"), // anew, beside the old one
        stage("train davi" + puzzle),
        stage("train deep-q" + puzzle),
        stage("search --run run --problems problems.txt --out found.jsonl --method astar "
              "--budget 200 --proposals 2 --threads 1"),
    };
}

std::string problems() {
    std::string text;
    for (int a = 1; a <= 4; ++a)
        for (int b = 1; b <= 4; ++b) text += fmt::format("{}+{}+{}\n", a, b, (a + b) % 4 + 1);
    return text;
}

// In the child: becomes the program.
[[noreturn]] void become(const std::string& folder, std::vector<std::string> arguments,
                         const std::string& error, const Disturbance& disturbance) {
    arguments.insert(arguments.begin(), tests::binary);
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    if (chdir(folder.c_str()) != 0) _exit(126);
    dup2(open("/dev/null", O_WRONLY), 1);
    dup2(open(error.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666), 2);
    for (const auto& [name, value] : disturbance.variables) setenv(name.c_str(), value.c_str(), 1);
    if (!disturbance.shim.empty()) setenv("LD_PRELOAD", disturbance.shim.c_str(), 1);
    const auto limit = [](auto resource, int64_t bytes) {
        const rlimit most{static_cast<rlim_t>(bytes), static_cast<rlim_t>(bytes)};
        if (bytes > 0 && setrlimit(resource, &most) != 0) _exit(126);
    };
    std::signal(SIGXFSZ, SIG_IGN);
    alarm(120); // a call that hangs is a fault, too
    limit(RLIMIT_FSIZE, disturbance.file_bytes);
    limit(RLIMIT_AS, disturbance.memory_bytes);
    execv(pointers[0], pointers.data());
    _exit(127);
}

} // namespace

const std::vector<PipelineStage>& pipeline() {
    static const std::vector<PipelineStage> stages = make_pipeline();
    return stages;
}

CallResult call(const std::string& folder, const std::vector<std::string>& arguments,
                const Disturbance& disturbance) {
    using Clock = std::chrono::steady_clock;
    const std::string error = folder + ".stderr"; // beside it
    const auto begin = Clock::now();
    const pid_t child = fork();
    if (child < 0) fail("cannot start the program");
    if (child == 0) become(folder, arguments, error, disturbance);
    if (disturbance.kill_after > 0) {
        std::this_thread::sleep_for(std::chrono::duration<double>(disturbance.kill_after));
        kill(child, SIGKILL);
    }
    int status = 0;
    waitpid(child, &status, 0);
    CallResult outcome;
    outcome.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    outcome.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    outcome.error = read_file(error);
    return outcome;
}

bool one_sentence(const std::string& error) {
    // A progress bar may stand before it, which ends in its own line feed or is overwritten.
    const size_t at = error.rfind("qstar: ");
    if (at == std::string::npos || (at > 0 && error[at - 1] != '\n' && error[at - 1] != '\r'))
        return false;
    const std::string sentence = error.substr(at);
    return sentence.size() > 20 && sentence.find('\n') == sentence.size() - 1 &&
           sentence.find("std::") == std::string::npos;
}

Contents contents_of(const std::string& folder) {
    Contents contents;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        const std::string path = entry.path().string();
        if (!entry.is_regular_file() || path.ends_with(".lock") || path.ends_with(".tmp")) continue;
        const std::string name = fs::relative(path, folder).string();
        contents[name] =
            name == "found.jsonl" ? eval::without_seconds(read_file(path)) : read_file(path);
    }
    return contents;
}

std::string difference(const Contents& expected, const Contents& found) {
    for (const auto& [name, bytes] : expected) {
        const auto at = found.find(name);
        if (at == found.end()) return name + " is missing";
        if (at->second != bytes) return name + " has other bytes";
    }
    for (const auto& [name, bytes] : found)
        if (!expected.contains(name)) return name + " should not be there";
    return "";
}

std::string harm(const Contents& before, const Contents& found) {
    for (const auto& [name, bytes] : before) {
        if (name.ends_with("config.json")) continue;
        const auto at = found.find(name);
        if (at == found.end()) return name + " is gone";
        if (at->second != bytes) return name + " was changed";
    }
    return "";
}

Undisturbed& Undisturbed::pipeline() {
    static Undisturbed pipeline;
    return pipeline;
}

Undisturbed::Undisturbed() {
    make_folders(folder_of(0));
    write_file_atomic(join_path(folder_of(0), "problems.txt"), problems());
}

std::string Undisturbed::folder_of(size_t stage) const {
    return join_path(folder_.path(), std::to_string(stage));
}

void Undisturbed::make(size_t stages) {
    while (seconds_.size() < stages) {
        const PipelineStage& next = campaign::pipeline()[seconds_.size()];
        const std::string folder = folder_of(seconds_.size() + 1);
        fs::remove_all(folder);
        fs::copy(folder_of(seconds_.size()), folder, fs::copy_options::recursive);
        const CallResult outcome = call(folder, next.arguments);
        if (outcome.status != 0) fail("{}, undisturbed: {}", next.name, outcome.error);
        seconds_.push_back(outcome.seconds);
    }
}

void Undisturbed::copy_before(size_t stage, const std::string& to) {
    make(stage);
    fs::remove_all(to);
    fs::copy(folder_of(stage), to, fs::copy_options::recursive);
}

const Contents& Undisturbed::before(size_t stage) {
    make(stage);
    if (!contents_.contains(stage)) contents_[stage] = contents_of(folder_of(stage));
    return contents_[stage];
}

double Undisturbed::seconds(size_t stage) {
    make(stage + 1);
    return seconds_[stage];
}

int64_t asked(const char* variable, int64_t otherwise) {
    const char* given = std::getenv(variable);
    return given == nullptr ? otherwise : std::atoll(given);
}

} // namespace qstar::campaign
