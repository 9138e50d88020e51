// What a training takes of the machine's memory, as the system counts it, is what was said
// before it began. Not under AddressSanitizer, which keeps books of its own beside each piece.

#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__)

#include "tests/program.h"

#include <doctest/doctest.h>
#include <regex>
#include <string>

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

} // namespace

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
