// qstar: from next-token prediction to step search. This file only names the commands.

#include "engine/base/parallel.h"
#include "engine/base/ranks.h"
#include "engine/command.h"
#include "engine/io/standard_streams.h"
#include "engine/run/command_line.h"
#include "engine/run/help_command.h"
#include "engine/run/use_device.h"
#include "engine/run/version.h"
#include "engine/text/sentence.h"
#include "engine/text/utf8.h"
#include "eval/bench/command.h"
#include "eval/command.h"
#include "eval/lessons/take_lesson.h"
#include "eval/old_names.h"
#include "search/command.h"
#include "search/exchange/command.h"
#include "tokenizer/command.h"
#include "train/command.h"

#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

// Text for the standard output; Error for what cannot be done.
std::string run(const std::vector<std::string>& words) {
    using namespace qstar;
    std::optional<uint64_t> seed;
    int threads = 0;
    std::string device = "cpu";
    Command program{
        "qstar",
        "qstar: the pipeline from next-token prediction to step search, small enough to read"};
    program.flags.seed(seed).help =
        "Seed of all random numbers (default: the run's; 1 in a new run)";
    program.flags.number("threads", threads, 0, 4096, "Threads (0: all processors)");
    program.flags.text("device", device, "Where to compute: cpu, vulkan or vulkan:NUMBER")
        .offers({"cpu", "vulkan"})
        .or_environment("QSTAR_DEVICE");
    program.run = [&](const Call&) {
        check(program.flags);
        engine::set_threads(threads);
        engine::use_device(device);
    };
    program.commands = {engine::command(),
                        tokenizer::command(),
                        train::command(),
                        search::command(),
                        eval::command(),
                        eval::demo_command(),
                        eval::lessons::lesson_command()};
    program.commands[0].commands.push_back(eval::gemm_command("bench"));
    program.commands[0].commands.push_back(eval::verify_command());
    for (Command& command : search::exchange_commands())
        program.commands[0].commands.push_back(std::move(command));
    program.renamed = eval::old_names();
    const std::string version = engine::version_text(QSTAR_VERSION, QSTAR_VULKAN);
    program.commands.push_back(help_command(program, version));
    return run_line(program, words, version);
}

} // namespace

int main(int argc, char** argv) {
    using namespace qstar;
    hold_standard_streams();
    try {
        engine::start_ranks();
        std::fputs(run({argv + 1, argv + argc}).c_str(), stdout);
        engine::end_ranks();
    } catch (const WrongLine& wrong) {
        return engine::end_with_error("qstar: " + printable(wrong.what()) + " (see --help)", 2);
    } catch (const std::exception& error) {
        return engine::end_with_error("qstar: " + sentence_of(error), 2);
    }
    return end_standard_output(0);
}
