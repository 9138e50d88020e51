#include "eval/serve/command.h"

#include "engine/run/run_folder.h"
#include "eval/serve/serve.h"

#include <CLI/CLI.hpp>
#include <memory>

namespace qstar::eval {

void add_serve(CLI::App& eval, const Common& common) {
    CLI::App* command = eval.add_subcommand(
        "serve", "A local page: watch searches, rank answers, label steps, train on the ranks");
    const auto options = std::make_shared<ServeOptions>();
    const auto option = [&](const char* name, auto& value, const char* help) {
        return command->add_option(name, value, help)->capture_default_str();
    };
    option("--run", options->run, "the run's folder");
    option("--port", options->port, "0: any that is free");
    option("--host", options->host,
           "address to listen at; others than this machine's own only "
           "with one of its addresses in the network");
    command->callback([options, &common] {
        options->seed = seed_for(common, options->run);
        serve(*options);
    });
}

} // namespace qstar::eval
