// The real program, killed in the middle of a stage: it goes on to the same bytes.
#include "engine/io/files.h"
#include "engine/io/sha256.h"
#include "tests/paths.h"
#include "tests/sanitized.h"
#include "tests/temporary.h"

#include <chrono>
#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace qstar;

namespace {

// Starts the program with its output thrown away; gives the process.
pid_t start(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), tests::binary);
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    const pid_t child = fork();
    if (child == 0) {
        const int nothing = open("/dev/null", O_WRONLY);
        dup2(nothing, 1);
        dup2(nothing, 2);
        execv(pointers[0], pointers.data());
        _exit(127);
    }
    return child;
}

int wait_for(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    return status;
}

std::vector<std::string> pretrain(const std::string& run, const char* optimizer,
                                  const char* threads) {
    return {"train",       "pretrain", "--run",     run,     "--layers",     "1",
            "--width",     "32",       "--heads",   "2",     "--context",    "64",
            "--batch",     "4",        "--steps",   "400",   "--save-every", "20",
            "--val-every", "0",        "--threads", threads, "--optimizer",  optimizer};
}

void make_corpus(const std::string& run) {
    REQUIRE(wait_for(start(
                {"train", "corpus", "--run", run, "--tokens", "30000", "--curated", "8"})) == 0);
}

} // namespace

TEST_CASE("kill -9 in the middle of a stage, and a resume with other threads: the same bytes") {
    const char* optimizer = "";
    SUBCASE("AdamW") { optimizer = "adamw"; }
    SUBCASE("Muon") { optimizer = "muon"; }
    if (tests::kSanitized && optimizer == std::string("muon")) return; // of a slow program
    const Temporary whole, killed;
    make_corpus(whole.path);
    make_corpus(killed.path);
    REQUIRE(wait_for(start(pretrain(whole.path, optimizer, "1"))) == 0);

    const pid_t child = start(pretrain(killed.path, optimizer, "2"));
    const std::string state = killed.path + "/pretrain/state.safetensors";
    // Until the first state is there, then a little further.
    for (int i = 0; i < 6000 && !exists(state); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    REQUIRE(exists(state));
    kill(child, SIGKILL);
    const int status = wait_for(child);
    REQUIRE(WIFSIGNALED(status));
    CHECK_FALSE(exists(killed.path + "/pretrain/model.safetensors"));

    REQUIRE(wait_for(start(pretrain(killed.path, optimizer, "2"))) == 0);
    for (const char* name : {"/pretrain/model.safetensors", "/pretrain/metrics.jsonl",
                             "/pretrain/state.safetensors"}) {
        CAPTURE(name);
        CHECK(sha256_file(whole.path + name) == sha256_file(killed.path + name));
    }
}
