// The real program: a search that is interrupted, and called again.
#include "engine/io/files.h"
#include "engine/nn/checkpoint.h"
#include "engine/text/jsonl.h"
#include "tests/program.h"
#include "tokenizer/files.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <fmt/core.h>
#include <functional>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace qstar;
using namespace qstar::tests;

namespace {

// A run with random models, a file of problems and one of states.
struct Work : Temporary {
    Work() {
        const tokenizer::Tokenizer tokenizer;
        tokenizer::save_tokenizer(tokenizer, *this / "tokenizer");
        engine::GptConfig config;
        config.layers = 1;
        config.heads = 2;
        config.width = 16;
        config.context = 48;
        config.vocab = tokenizer.size();
        make_folders(*this / "sft");
        engine::save_gpt(*this / "sft/model.safetensors",
                         engine::Gpt(config, Random(4, "search/interrupt_test")));
        std::string text;
        for (int i = 0; i < 200; ++i) text += fmt::format("{}+{}*2\n", i, i % 7);
        file("problems", text);
        text.clear();
        for (int i = 0; i < 60; ++i) text += "8 6 7 2 5 4 3 0 1\n6 4 7 8 5 0 3 2 1\n";
        file("states", text);
    }

    // argv of a search of many problems that takes a while.
    std::vector<std::string> texts(const std::string& out) const {
        return {"search",   "--run", path,    "--problems", *this / "problems", "--method", "astar",
                "--budget", "300",   "--out", out};
    }
    std::vector<std::string> puzzles(const std::string& out) const {
        return {"search",         "--world", "sliding", "--heuristic", "manhattan", "--problems",
                *this / "states", "--out",   out};
    }
};

// Starts the program; what it prints goes into the folder's files "printed" and "error".
pid_t begin(const Temporary& folder, std::vector<std::string> arguments) {
    const std::string out = folder / "printed", error = folder / "error";
    for (const std::string& old : {out, error}) std::filesystem::remove(old);
    arguments.insert(arguments.begin(), binary);
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    const pid_t child = fork();
    if (child == 0) {
        dup2(open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
        dup2(open(error.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 2);
        std::signal(SIGINT, SIG_DFL);
        execv(pointers[0], pointers.data());
        _exit(127);
    }
    return child;
}

int end_of(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    return status;
}

// Begins the program and sends the signal once `file` has lines; gives the status. On a busy
// machine the program may be through before: then again, from `before` on.
int strike(const Temporary& folder, const std::vector<std::string>& arguments,
           const std::string& file, int signal, const std::function<void()>& before = {}) {
    int status = 0;
    for (int attempt = 0; attempt < 5 && !WIFSIGNALED(status); ++attempt) {
        if (before) before();
        const pid_t child = begin(folder, arguments);
        std::error_code none;
        for (int i = 0; i < 30'000; ++i) {
            if (exists(file) && std::filesystem::file_size(file, none) > 0 && !none) break;
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        kill(child, signal);
        status = end_of(child);
    }
    return status;
}

// A file's lines without the only field of a clock.
std::vector<std::string> timeless(const std::string& file) {
    std::vector<std::string> lines;
    for (JsonLine& line : read_jsonl(file)) {
        line.value.erase("seconds");
        lines.push_back(json_text(line.value));
    }
    return lines;
}

int64_t lines_in(const std::string& file) {
    const std::string text = read_file(file);
    return std::count(text.begin(), text.end(), '\n');
}

} // namespace

TEST_CASE("a search that is interrupted leaves what it has solved, and goes on there") {
    const Work work;
    const std::string whole = work / "whole", out = work / "out";
    for (const bool puzzles : {false, true}) {
        CAPTURE(puzzles);
        const auto call = [&](const std::string& to) {
            return puzzles ? work.puzzles(to) : work.texts(to);
        };
        const int64_t count = puzzles ? 120 : 200;
        REQUIRE(end_of(begin(work, call(whole))) == 0);
        CHECK(lines_in(whole) == count);
        CHECK_FALSE(exists(whole + ".unfinished"));

        for (const int signal : {SIGINT, SIGKILL}) {
            if (puzzles && signal == SIGKILL) continue; // nothing in it is of one world
            CAPTURE(signal);
            const int status =
                strike(work, call(out), out, signal, [&] { std::filesystem::remove(out); });
            REQUIRE(WIFSIGNALED(status));
            CHECK(WTERMSIG(status) == signal);
            const int64_t solved = lines_in(out);
            CHECK(solved > 0);
            CHECK(solved < count);
            if (signal == SIGINT)
                CHECK(contains(read_file(work / "error"),
                               "qstar: interrupted; the results so far are in " + out +
                                   ", and the same command goes on from there\n"));
            auto other = call(out);
            other.insert(other.end(), {"--seed", "2"});
            CHECK(WEXITSTATUS(end_of(begin(work, other))) == 2);
            CHECK(contains(read_file(work / "error"), "--seed was 1, not 2"));
            const std::string before = read_file(out);

            auto again = call(out);
            again.insert(again.end(), {"--threads", "1"});
            REQUIRE(end_of(begin(work, again)) == 0);
            CHECK(contains(read_file(work / "error"), "search: goes on after "));
            CHECK(read_file(out).starts_with(before.substr(0, before.rfind('\n') + 1)));
            CHECK(timeless(out) == timeless(whole));
            CHECK_FALSE(exists(out + ".unfinished"));
        }
    }
}

TEST_CASE("a finished file of results is there until a new search is through") {
    const Work work;
    const std::string out = work / "out";
    const int status = strike(work, work.puzzles(out), out + ".partial", SIGINT,
                              [&] { work.file("out", "old\n"); });
    REQUIRE(WIFSIGNALED(status));
    CHECK(read_file(out) == "old\n");
    REQUIRE(end_of(begin(work, work.puzzles(out))) == 0);
    CHECK(contains(read_file(work / "error"), "search: goes on after "));
    CHECK(lines_in(out) == 120);
    CHECK_FALSE(exists(out + ".partial"));
    CHECK_FALSE(exists(out + ".partial.unfinished"));
}

TEST_CASE("without --out, a line is printed as soon as it is there") {
    const Work work;
    for (const bool puzzles : {false, true}) {
        CAPTURE(puzzles);
        const auto call = puzzles ? work.puzzles("-") : work.texts("-");
        const int status = strike(work, call, work / "printed", SIGINT);
        REQUIRE(WIFSIGNALED(status));
        CHECK(lines_in(work / "printed") > 0);
        CHECK(read_file(work / "printed").ends_with("}\n"));
    }
}

TEST_CASE("a disk that is full in the middle of a search costs nothing that was solved") {
    const Work work;
    const std::string out = work / "out";
    std::string line = fmt::format("trap '' XFSZ; ulimit -f 16; exec '{}'", binary);
    for (const std::string& argument : work.texts(out)) line += " '" + argument + "'";
    const int status = std::system(fmt::format("({}) 2> '{}'", line, work / "error").c_str());
    CHECK(WEXITSTATUS(status) == 2);
    CHECK(contains(read_file(work / "error"), "qstar: " + out + ": cannot write: "));
    CHECK(lines_in(out) > 0);
    REQUIRE(end_of(begin(work, work.texts(work / "whole"))) == 0);
    REQUIRE(end_of(begin(work, work.texts(out))) == 0);
    CHECK(timeless(out) == timeless(work / "whole"));
}

TEST_CASE("problems and results through pipes and the standard streams") {
    const Work work;
    const std::string problems = work.file("few", "1+2\n3*4\n"), printed = work / "shell",
                      states = work.file("two", "1 2 3 4 5 6 7 0 8\n1 2 3 4 5 6 0 7 8\n");
    const auto shell = [&](const std::string& before, const std::string& arguments) {
        const std::string line = fmt::format("{} '{}' search --run '{}' {} > '{}' 2> '{}'", before,
                                             binary, work.path, arguments, printed, work / "error");
        const int status = std::system(line.c_str());
        CHECK_MESSAGE(WEXITSTATUS(status) == 0, read_file(work / "error"));
    };
    const std::string text = "cat '" + problems + "' |", puzzle = "cat '" + states + "' |";
    for (const char* input : {"-", "/dev/stdin"}) {
        CAPTURE(input);
        shell(text, fmt::format("--method greedy --problems {}", input));
        CHECK(lines_in(printed) == 2);
        shell(puzzle, fmt::format("--world sliding --problems {} --out -", input));
        CHECK(lines_in(printed) == 2);
        shell(puzzle, fmt::format("--world sliding --problems {} --out /proc/self/fd/1", input));
        CHECK(lines_in(printed) == 2);
    }
    const std::string pipe = work / "pipe";
    REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
    shell(fmt::format("cat '{}' > '{}' & cat '{}' > /dev/null; ", states, pipe, problems),
          fmt::format("--world sliding --problems '{}'", pipe));
    CHECK(lines_in(printed) == 2);
    // Results and the trace into pipes.
    const std::string flags[] = {"--world sliding '1 2 3 4 5 6 7 0 8' --out",
                                 "--world sliding '1 2 3 4 5 6 7 0 8' --trace-file",
                                 fmt::format("--method greedy --problems '{}' --out", problems)};
    for (const std::string& flag : flags) {
        CAPTURE(flag);
        const int reader = open(pipe.c_str(), O_RDONLY | O_NONBLOCK); // a pipe holds 64 KiB
        shell("", fmt::format("{} '{}'", flag, pipe));
        CHECK(std::filesystem::is_fifo(pipe));
        std::string got(1 << 16, ' ');
        got.resize(static_cast<size_t>(std::max<ssize_t>(0, read(reader, got.data(), got.size()))));
        close(reader);
        CHECK(contains(got, "{\""));
        CHECK(got.ends_with("}\n"));
    }
    // A wrong line has the name of where it came from.
    const int wrong =
        std::system(fmt::format("echo 1/0 | '{}' search --run '{}' --problems - 2> '{}'", binary,
                                work.path, work / "error")
                        .c_str());
    CHECK(WEXITSTATUS(wrong) == 2);
    CHECK(read_file(work / "error").starts_with("qstar: standard input:1: division by zero"));
}
