// What a training takes of the machine's memory, as the system counts it, is what was said
// before it began. Not under AddressSanitizer, which keeps books of its own beside each piece.

#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__)

#include "engine/base/error.h"
#include "engine/base/process.h"
#include "engine/text/json.h"
#include "tests/program.h"
#include "tests/train/quiet.h"
#include "tokenizer/files.h"
#include "train/run/trainer.h"
#include "train/supervised/sft.h"

#include <doctest/doctest.h>
#include <fmt/core.h>
#include <fstream>
#include <regex>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

using namespace qstar::tests;

namespace {

// The number that the first group of a pattern finds in a program's output.
double number_in(const ProgramOutput& output, const std::string& pattern) {
    std::smatch found;
    INFO(output.out << output.error);
    REQUIRE(output.status == 0);
    REQUIRE(std::regex_search(output.out, found, std::regex(pattern)));
    return std::stod(found[1]);
}

// As run_program(), in an address space of so many KiB: no fault can take the machine's.
ProgramOutput run_within(const Temporary& folder, int64_t kib, const std::string& arguments) {
    const std::string out = folder / "stdout", error = folder / "stderr";
    const std::string command = fmt::format("ulimit -v {}; '{}' {} > '{}' 2> '{}'", kib,
                                            qstar::tests::binary, arguments, out, error);
    const int status = std::system(command.c_str());
    return {WEXITSTATUS(status), qstar::read_file(out), qstar::read_file(error)};
}

// While it lives, this process gets so many bytes of address space more, and none after that.
struct LeftOver {
    struct rlimit before {};
    explicit LeftOver(uint64_t bytes) {
        uint64_t pages = 0;
        std::ifstream("/proc/self/statm") >> pages;
        getrlimit(RLIMIT_AS, &before);
        struct rlimit limit = before;
        limit.rlim_cur = pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)) + bytes;
        setrlimit(RLIMIT_AS, &limit);
    }
    ~LeftOver() { setrlimit(RLIMIT_AS, &before); }
    LeftOver(const LeftOver&) = delete;
    LeftOver& operator=(const LeftOver&) = delete;
};

} // namespace

TEST_CASE("a stage whose gradients and moments do not fit in memory is refused, leaving nothing") {
    using namespace qstar;
    const Temporary run;
    const auto options = quiet<train::SftOptions>(run.path);
    tokenizer::save_tokenizer(tokenizer::Tokenizer(), run / "tokenizer");
    {
        train::Stage stage(options.stage, "sft", Json{{"batch", 16}});
        engine::Gpt model({1, 16, 1024, 64, 280, false}, Random(1, "init")); // 50 MiB
        const LeftOver limit(60 << 20);
        const engine::MemoryLeft left = engine::memory_left();
        CHECK(left.bytes > 40 << 20);
        CHECK(left.bytes <= 60 << 20);
        CHECK(left.limit == "by the limit of the process, ulimit -v");
        CHECK_THROWS_WITH_AS(
            train::Trainer(options.loop, stage, train::trained(model, run.path), 1),
            doctest::Contains("sft: training, beside the weights, with gradients and AdamW's two "
                              "moments, takes 148 MiB of memory, but only "),
            Error);
    }
    CHECK(!exists(run / "sft"));
}

TEST_CASE("a training that does not fit in memory is refused before anything is written") {
    const Temporary run;
    std::string words;
    for (int i = 0; i < 3000; ++i) words += std::to_string(i) + " plus one\n";
    const std::string text = run.file("text.txt", words);
    run_program(run, "tokenizer train --text '" + text + "' --vocab 280 --run '" + run.path + "'");
    const auto refused = [&](int64_t kib, const std::string& arguments) {
        const ProgramOutput output =
            run_within(run, kib, "--threads 2 train " + arguments + " --run '" + run.path + "'");
        INFO(arguments << "\n" << output.out << output.error);
        CHECK(output.status == 2);
        CHECK(!qstar::exists(run / "config.json"));
        CHECK(!qstar::exists(run / "pretrain"));
        CHECK(!qstar::exists(run / "davi"));
        return output.error;
    };
    const int64_t gib = 1 << 20; // in KiB
    const std::string pretrain = "pretrain --text '" + text + "' ";
    std::string error = refused(8 * gib, pretrain + "--layers 900 --width 4096 --heads 32");
    CHECK(error.starts_with("qstar: pretrain: training 900 layers of width 4096 takes "));
    CHECK(contains(error, " TiB of memory, but only "));
    CHECK(contains(error, "GiB are left "));
    CHECK(contains(error, "fewer --layers, a smaller --width, --context or --batch take less"));

    // 8 x 12.6 million parameters, four times: what the system would give, a limit does not.
    error = refused(gib, pretrain + "--layers 8 --width 1024 --heads 16 --context 64 --batch 2");
    CHECK(contains(error, "are left by the limit of the process, ulimit -v: "));

    error = refused(8 * gib, pretrain + "--layers 1000000000");
    CHECK(contains(error, "layers must be within 1 to 1000, found 1000000000"));
    error = refused(8 * gib, pretrain + "--layers 9223372036854775807 --width 9223372036854775807");
    CHECK(contains(error, "layers must be within 1 to 1000, found"));
    error = refused(8 * gib, pretrain + "--context 2000000000");
    CHECK(contains(error, "context must be within 2 to 1000000, found 2000000000"));

    const std::string puzzle = "davi --world sliding --size 2 ";
    error = refused(8 * gib, puzzle + "--width 100000 --blocks 1000");
    CHECK(error.starts_with("qstar: davi: training 1000 blocks of width 100000 takes "));
    CHECK(contains(error, "fewer --blocks, a smaller --width or --batch take less"));
    error = refused(8 * gib, puzzle + "--width 1000000000");
    CHECK(contains(error, "width must be within 1 to 100000, found 1000000000"));
    error = refused(8 * gib, puzzle + "--batch 1000000 --width 10000");
    CHECK(contains(error, " of memory, but only "));
}

TEST_CASE("a training takes the memory that was expected, with its files and its validation") {
    const Temporary run;
    std::string words;
    for (int i = 0; i < 3000; ++i) words += std::to_string(i * 7919 % 10'007) + " plus one\n";
    const std::string text = run.file("text.txt", words);
    run_program(run, "tokenizer train --text '" + text + "' --vocab 280 --run '" + run.path + "'");

    // 12.7 million parameters: 194 MiB with gradients and moments, and 170 to be written.
    const ProgramOutput trained = run_program(
        run,
        "--threads 2 train pretrain --run '" + run.path + "' --text '" + text +
            "' --layers 4 --width 512 --heads 8 --context 64 --batch 2 --steps 2 --val-rows 4");
    const double peak = number_in(trained, "([0-9]+) MiB of memory at the peak");
    const double expected = number_in(trained, "([0-9]+) were expected");
    CHECK(peak > 194);
    CHECK(peak == doctest::Approx(expected).epsilon(0.1));

    const ProgramOutput info =
        run_program(run, "--threads 2 engine info --model 'L4 D512 H8 T64 V280' --batch 2");
    CHECK(peak == doctest::Approx(number_in(info, "peak +([0-9.]+) MiB")).epsilon(0.1));
}

#endif
