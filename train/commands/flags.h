#pragma once
// The flags that the commands of all stages share (command.cpp).

#include "engine/run/common.h"
#include "train/supervised/reward.h"

#include <CLI/CLI.hpp>
#include <memory>

namespace qstar::train {

// A subcommand whose flags fill `options`, and which then calls the stage.
template <class Options, class Stage>
CLI::App* add_stage(CLI::App& root, const Common& common, CLI::App& group, const char* name,
                    const char* help, std::shared_ptr<Options> options, Stage stage) {
    CLI::App* app = group.add_subcommand(name, help);
    app->add_option("--run", options->run, "folder of the run")->capture_default_str();
    app->add_flag("--force", options->force, "make it anew, whatever is there");
    app->add_flag("--quiet", options->quiet, "no progress, no messages");
    app->callback([=, &root, &common] {
        if (root.get_option("--seed")->count() > 0) options->seed = common.seed;
        stage(*options);
    });
    return app;
}

template <class T>
void flag(CLI::App* app, const char* name, T& value, const char* help) {
    app->add_option(name, value, help)->capture_default_str();
}

// --skip-bad, of the stages that read a file of others.
void add_skip_bad(CLI::App* app, StageOptions& options);
void add_loop(CLI::App* app, LoopOptions& options);     // of every training loop
void add_reward(CLI::App* app, RewardOptions& options); // of every reward model

} // namespace qstar::train
