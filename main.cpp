// qstar: from next-token prediction to step search. This file only names the commands.

#include "engine/base/parallel.h"
#include "engine/base/range.h"
#include "engine/command.h"
#include "engine/device/device.h"
#include "engine/io/standard_streams.h"
#include "engine/run/command_line.h"
#include "engine/run/use_device.h"
#include "engine/text/sentence.h"
#include "engine/text/utf8.h"
#include "eval/command.h"
#include "search/command.h"
#include "tokenizer/command.h"
#include "train/command.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

int main(int argc, char** argv) {
    qstar::hold_standard_streams();
    CLI::App app{"qstar: the road from next-token prediction to step search, small enough to read"};
    app.require_subcommand(1);
    app.fallthrough(); // --seed, --threads and --device may stand anywhere on the line
    qstar::Common common;
    app.set_version_flag("--version", QSTAR_VERSION, "Print the version and exit");
    const CLI::Option* seed = app.add_option(
        "--seed", common.seed, "Seed of all random numbers (default: the run's; 1 in a new run)");
    app.add_option("--threads", common.threads, "Threads (0: all processors)")
        ->capture_default_str();
    std::string device = "cpu";
    app.add_option("--device", device, "Where to compute: cpu, vulkan or vulkan:NUMBER")
        ->envname("QSTAR_DEVICE")
        ->capture_default_str();
    app.parse_complete_callback([&] {
        common.seed_given = seed->count() > 0;
        qstar::check_range("threads", common.threads, 0, 4096);
        qstar::engine::set_threads(common.threads);
        qstar::engine::use_device(device);
    });

    qstar::engine::add_command(app, common);
    qstar::tokenizer::add_command(app);
    qstar::train::add_command(app, common);
    qstar::search::add_command(app, common);
    qstar::eval::add_command(app, common);
    qstar::engine::read_strictly(app);

    try {
        app.parse(qstar::engine::words_of(argc, argv, app));
    } catch (const CLI::CallForVersion& version) {
        std::puts(version.what());
        return qstar::end_standard_output(0);
    } catch (const CLI::Success& asked_for_help) {
        return qstar::end_standard_output(app.exit(asked_for_help));
    } catch (const CLI::ParseError& wrong) {
        std::fprintf(stderr, "qstar: %s (see --help)\n",
                     qstar::printable(qstar::engine::sentence_of(wrong, app)).c_str());
        return 2;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "qstar: %s\n", qstar::sentence_of(error).c_str());
        return 2;
    }
    return qstar::end_standard_output(0);
}
