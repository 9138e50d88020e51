#include "eval/command.h"

#include "engine/run/run_folder.h"
#include "eval/bench/command.h"
#include "eval/commands/puzzle_commands.h"
#include "eval/commands/step_commands.h"
#include "eval/demo/demo.h"
#include "eval/measure/printed_command.h"
#include "eval/report/command.h"
#include "eval/report/results.h"
#include "eval/serve/command.h"
#include "eval/studies/curve.h"
#include "eval/studies/game24.h"
#include "eval/studies/ladder.h"

#include <CLI/CLI.hpp>
#include <memory>

namespace qstar::eval {

namespace {

void add_ladder(CLI::App& eval, const Common& common) {
    CLI::App* command = eval.add_subcommand(
        "ladder", "What each stage and each search method solves, at equal budgets of tokens");
    const auto options = std::make_shared<LadderOptions>();
    const auto option = [&](const char* name, auto& value, const char* help) {
        return command->add_option(name, value, help)->capture_default_str();
    };
    option("--run", options->run, "the run's folder");
    option("--problems", options->problems, "how many held-out problems");
    option("--split", options->split, "test, or dev for tuning");
    option("--budgets", options->budgets, "tokens a problem: 300,600")->delimiter(',');
    option("--width", options->width, "of the beam");
    option("--proposals", options->proposals, "steps drawn for each expanded path");
    option("--weight", options->weight, "of h in A*'s f = g + weight * h");
    option("--temperature", options->temperature, "of all draws but greedy's");
    option("--policy", options->policy, "stage whose model searches: sft, ppo, distil, ...");
    option("--policies", options->policies, "stages that answer greedily, too: ppo,grpo")
        ->delimiter(',');
    command->callback([options, &common] {
        options->seed = seed_for(common, options->run);
        ladder(*options);
    });
}

void add_curve(CLI::App& eval, const Common& common) {
    CLI::App* command = eval.add_subcommand(
        "curve", "Solved against tokens, every search method, on a run of any text world");
    const auto options = std::make_shared<CurveOptions>();
    const auto option = [&](const char* name, auto& value, const char* help) {
        return command->add_option(name, value, help)->capture_default_str();
    };
    option("--run", options->run, "the run's folder");
    option("--problems", options->problems, "how many held-out problems");
    option("--split", options->split, "test, or dev for tuning");
    command->add_option("--file", options->file, "problems from this file instead");
    option("--format", options->form.format, "of the file: lines, jsonl, or pairs");
    command->add_option("--target", options->form.target, "of all problems of a countdown file");
    command->add_flag("--skip-bad", options->form.skip_bad, "leave bad lines of the file out");
    option("--budgets", options->budgets, "tokens a problem, rising: 300,600")->delimiter(',');
    option("--policy", options->policy, "stage whose model proposes");
    option("--prm", options->prm, "stage whose model judges steps, or none");
    option("--q", options->q, "stage whose Q guides Q*, or none");
    command
        ->add_option("--methods", options->methods,
                     "some of: greedy,best of N,weighted vote,beam,MCTS,A*,Q* (default: all)")
        ->delimiter(',');
    option("--proposals", options->proposals, "steps drawn for each expanded path");
    option("--width", options->width, "of the beam");
    option("--weight", options->weight, "of h in f = g + weight * h");
    option("--temperature", options->temperature, "of all draws but greedy's");
    command->add_flag("--n-best", options->n_best,
                      "beam, MCTS, A*, Q*: the likeliest next steps in order instead of draws");
    command->callback([options, &common] {
        options->seed = seed_for(common, options->run);
        curve(*options);
    });
}

void add_game24(CLI::App& eval, const Common& common) {
    CLI::App* command = eval.add_subcommand(
        "game24", "The Game of 24 by a run of the world countdown: solved against tokens");
    const auto options = std::make_shared<Game24Options>();
    const auto option = [&](const char* name, auto& value, const char* help) {
        return command->add_option(name, value, help)->capture_default_str();
    };
    option("--run", options->run, "the run's folder");
    option("--policy", options->policy, "stage whose model proposes");
    option("--scorer", options->scorer, "stage whose Q guides Q*, or none");
    option("--budgets", options->budgets, "tokens a hand, rising: 100,1000")->delimiter(',');
    option("--hands", options->hands, "so many of them only; 0: all 1362");
    option("--proposals", options->proposals, "steps drawn for each expanded path");
    option("--width", options->width, "of the beam");
    option("--weight", options->weight, "of h in Q*'s f = g + weight * h");
    option("--temperature", options->temperature, "of all draws but greedy's");
    command->callback([options, &common] {
        options->seed = seed_for(common, options->run);
        game24(*options);
    });
}

void add_results(CLI::App& eval) {
    CLI::App* command =
        eval.add_subcommand("results", "What runs have measured, as tables with their commands");
    const auto options = std::make_shared<ResultsOptions>();
    command->add_option("--run", options->runs, "the runs' folders: runs/demo,runs/countdown")
        ->delimiter(',')
        ->capture_default_str();
    command->add_option("--out", options->out, "write them to this file (default: print them)");
    command->callback([options] { write_results(*options); });
}

void add_demo(CLI::App& app, const Common& common) {
    CLI::App* command =
        app.add_subcommand("demo", "The whole road, from an empty folder to the report");
    const auto options = std::make_shared<DemoOptions>();
    command->add_option("--run", options->run,
                        "the run's folder (default: runs/demo, or of "
                        "another world runs/WORLD)");
    command->add_option("--world", options->world, "arithmetic, countdown or lights-out")
        ->capture_default_str();
    command->add_flag("--quick", options->quick, "seconds long: shows the way, not the heights");
    command->add_flag("--full", options->full, "half an hour: all data and more problems")
        ->excludes("--quick");
    command->callback([options, command, &common] {
        if (command->get_option("--run")->count() == 0 && options->world != "arithmetic")
            options->run = "runs/" + options->world;
        options->seed = seed_for(common, options->run);
        demo(*options);
    });
}

} // namespace

void add_command(CLI::App& app, const Common& common) {
    know_commands(add_command);
    CLI::App* eval =
        app.add_subcommand("eval", "What is true: solved problems, budgets, intervals");
    eval->require_subcommand(1);
    add_ladder(*eval, common);
    add_curve(*eval, common);
    add_game24(*eval, common);
    add_bench(app, *eval, common);
    add_step_commands(*eval, common);   // best-of-n, early-stop, label-sources, active
    add_puzzle_commands(*eval, common); // puzzles, actions
    add_report_commands(*eval, common); // claims, report
    add_results(*eval);
    add_serve(*eval, common);
    add_demo(app, common);
}

} // namespace qstar::eval
