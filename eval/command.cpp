#include "eval/command.h"

#include "eval/bench/command.h"
#include "eval/claims/claims.h"
#include "eval/demo/demo.h"
#include "eval/report/report.h"
#include "eval/report/results.h"
#include "eval/serve/serve.h"
#include "eval/studies/actions.h"
#include "eval/studies/active_labels.h"
#include "eval/studies/best_of_n.h"
#include "eval/studies/curve.h"
#include "eval/studies/early_stop.h"
#include "eval/studies/first_error.h"
#include "eval/studies/game24.h"
#include "eval/studies/label_sources.h"
#include "eval/studies/ladder.h"
#include "eval/studies/policies.h"
#include "eval/studies/preference_win_rate.h"
#include "eval/studies/puzzles.h"
#include "eval/verify/verify.h"
#include "search/worlds/make_world.h"

#include <fmt/core.h>
#include <memory>

namespace qstar::eval {

namespace {

void claims_or_list(const ClaimsOptions& options) {
    if (options.list)
        list_claims();
    else
        claims(options);
}

void report_or_verify(const MeasureOptions& options) {
    if (options.verify)
        verify_report(options.run);
    else
        fmt::print("The report is in {}\n", report(options));
}

} // namespace

Command command() {
    Command eval{"eval", "What is true: solved problems, budgets, intervals"};
    eval.commands = {
        described_command(
            "ladder", "What each stage and each search method solves, at equal budgets of tokens",
            ladder),
        described_command("curve",
                          "Solved against tokens, every search method, on a run of any text world",
                          curve),
        described_command("game24",
                          "The Game of 24 by a run of the world countdown: solved against tokens",
                          game24),
        bench_command(),
        described_command("best-of-n", "PRM, ORM and majority over N, as a curve", best_of_n),
        described_command("first-error",
                          "whether a PRM names the first wrong step: ProcessBench's F1",
                          first_error),
        described_command("early-stop", "what giving up at a bad step saves", early_stop),
        described_command("label-sources", "PRMs from several sources of labels, and their cost",
                          label_sources),
        described_command("active", "what selecting convincing wrong answers is worth", active),
        described_command("policies", "policies without a search, side by side", policies),
        described_command("preference-win-rate",
                          "what learning from ranks moves, and what it does not",
                          preference_win_rate),
        described_command(
            "puzzles",
            "What searches solve of fresh states of a puzzle, and how near to the shortest",
            puzzles),
        described_command("actions", "A* against Q* on a puzzle with more and more actions",
                          actions),
        described_command("claims", "the talk's claims, each as an experiment", claims_or_list),
        described_command("report", "one HTML file that shows a run", report_or_verify),
        described_command("results", "what runs have measured, as tables with their commands",
                          write_results),
        described_command(
            "serve", "A local page: watch searches, rank answers, label steps, train on the ranks",
            serve),
    };
    for (Command& inner : eval.commands)
        if (inner.name == "puzzles") inner.note = search::kPuzzleNote;
    return eval;
}

Command demo_command() {
    Command command{"demo", "The whole pipeline, from an empty folder to the report"};
    const auto options = std::make_shared<DemoOptions>();
    describe(command.flags, *options);
    command.run = [options](const Call& call) {
        if (options->quick && options->full) fail("--full excludes --quick");
        if (!call.has("run") && options->world != search::kDefaultWorld) {
            options->run = "runs/" + options->world;
            options->seed = call.seed_for(options->run);
        }
        demo(*options);
    };
    return command;
}

Command verify_command() {
    return described_command(
        "verify", "Does this machine compute the published bytes? A small run, in seconds", verify);
}

} // namespace qstar::eval
