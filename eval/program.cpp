#include "eval/program.h"

#include "engine/base/parallel.h"
#include "engine/command.h"
#include "engine/run/use_device.h"
#include "eval/bench/command.h"
#include "eval/command.h"
#include "eval/lessons/take_lesson.h"
#include "eval/old_names.h"
#include "search/command.h"
#include "search/exchange/command.h"
#include "tokenizer/command.h"
#include "train/command.h"

#include <utility>

namespace qstar::eval {

Command program(ProgramOptions& options) {
    Command program{
        "qstar",
        "qstar: the pipeline from next-token prediction to step search, small enough to read"};
    program.flags.seed(options.seed).help =
        "Seed of all random numbers (default: the run's; 1 in a new run)";
    program.flags.number("threads", options.threads, 0, 4096, "Threads (0: all processors)");
    program.flags.text("device", options.device, "Where to compute: cpu, vulkan or vulkan:NUMBER")
        .offers({"cpu", "vulkan"})
        .or_environment("QSTAR_DEVICE");
    program.run = [&options, flags = program.flags](const Call&) {
        check(flags);
        engine::set_threads(options.threads);
        engine::use_device(options.device);
    };
    Command engine = engine::command();
    engine.commands.push_back(gemm_command("bench"));
    engine.commands.push_back(verify_command());
    for (Command& command : search::exchange_commands())
        engine.commands.push_back(std::move(command));
    program.commands = {
        std::move(engine), tokenizer::command(), train::command(),         search::command(),
        command(),         demo_command(),       lessons::lesson_command()};
    program.renamed = old_names();
    return program;
}

} // namespace qstar::eval
