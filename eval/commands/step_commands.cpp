#include "eval/commands/step_commands.h"

#include "engine/run/run_folder.h"
#include "eval/studies/active_labels.h"
#include "eval/studies/best_of_n.h"
#include "eval/studies/early_stop.h"
#include "eval/studies/label_sources.h"
#include "eval/studies/policies.h"
#include "eval/studies/taste.h"

#include <CLI/CLI.hpp>
#include <memory>

namespace qstar::eval {

namespace {

template <class T>
CLI::Option* flag(CLI::App* app, const char* name, T& value, const char* help) {
    return app->add_option(name, value, help)->capture_default_str();
}

// A subcommand with the flags of a pool, which then measures.
template <class Options>
CLI::App* add_measure(CLI::App& eval, const Common& common, const char* name, const char* help,
                      std::shared_ptr<Options> o, void (*measure)(const Options&)) {
    CLI::App* app = eval.add_subcommand(name, help);
    flag(app, "--run", o->run, "the run's folder");
    flag(app, "--split", o->split, "test, or dev for tuning");
    flag(app, "--problems", o->problems, "how many held-out problems");
    flag(app, "--samples", o->samples, "solutions drawn of each");
    flag(app, "--temperature", o->temperature, "of the draws");
    flag(app, "--policy", o->policy, "stage whose model draws");
    app->callback([o, measure, &common] {
        o->seed = seed_for(common, o->run);
        measure(*o);
    });
    return app;
}

} // namespace

void add_step_commands(CLI::App& eval, const Common& common) {
    {
        const auto o = std::make_shared<BestOfNOptions>();
        CLI::App* app = add_measure(eval, common, "best-of-n",
                                    "PRM, ORM and majority over N, as a curve", o, best_of_n);
        flag(app, "--scorers", o->scorers, "stages of reward models: orm,prm")->delimiter(',');
        flag(app, "--sizes", o->sizes, "N: 1,2,4")->delimiter(',');
        flag(app, "--shuffles", o->shuffles, "of the samples, for mean and spread");
    }
    {
        const auto o = std::make_shared<EarlyStopOptions>();
        CLI::App* app = add_measure(eval, common, "early-stop",
                                    "what giving up at a bad step saves", o, early_stop);
        flag(app, "--scorer", o->scorers, "stage of the PRM");
        flag(app, "--thresholds", o->thresholds, "of a step's score: 0.1,0.3")->delimiter(',');
    }
    {
        const auto o = std::make_shared<LabelSourcesOptions>();
        CLI::App* app =
            add_measure(eval, common, "label-sources",
                        "PRMs from several sources of labels, and their cost", o, label_sources);
        flag(app, "--solutions", o->solutions, "labelled by each source");
        flag(app, "--rollouts", o->rollouts, "of each prefix");
        flag(app, "--people", o->people, "rates of wrong labels of simulated people: 0.05,0.2")
            ->delimiter(',');
        flag(app, "--sizes", o->sizes, "N: 4,16,64")->delimiter(',');
        flag(app, "--shuffles", o->shuffles, "of the samples, for mean and spread");
        app->add_option("--extra", o->extra, "a further source, NAME=FILE; may be repeated");
    }
    {
        const auto o = std::make_shared<ActiveOptions>();
        CLI::App* app = add_measure(eval, common, "active",
                                    "what selecting convincing wrong answers is worth", o, active);
        flag(app, "--candidates", o->candidates, "solutions drawn of each training problem");
        flag(app, "--explore", o->explore, "temperature of these draws");
        flag(app, "--selector", o->selector, "solutions that the selector learns from");
        flag(app, "--sizes", o->sizes, "labelled solutions: 1000,2000")->delimiter(',');
        flag(app, "--n", o->n, "best of so many");
        flag(app, "--shuffles", o->shuffles, "of the samples, for mean and spread");
    }
    {
        const auto o = std::make_shared<PolicyOptions>();
        CLI::App* app = eval.add_subcommand("policies", "policies without a search, side by side");
        flag(app, "--run", o->run, "the run's folder");
        flag(app, "--split", o->split, "test, or dev for tuning");
        flag(app, "--problems", o->problems, "how many held-out problems");
        app->add_option("--policies", o->policies, "stages: sft,self-play (default: all there are)")
            ->delimiter(',');
        app->add_option("--searches", o->searches, "POLICY:SCORER,... to compare with")
            ->delimiter(',');
        flag(app, "--method", o->search.method, "of the searches");
        flag(app, "--budget", o->search.budget, "of the searches, tokens a problem");
        flag(app, "--proposals", o->search.proposals, "astar, beam: draws for each expanded path");
        flag(app, "--weight", o->search.weight, "astar: of h");
        flag(app, "--temperature", o->search.temperature, "of the searches' draws");
        app->callback([o, &common] {
            o->seed = seed_for(common, o->run);
            policies(*o);
        });
    }
    {
        const auto o = std::make_shared<TasteOptions>();
        CLI::App* app =
            eval.add_subcommand("taste", "what learning from ranks moves, and what it does not");
        flag(app, "--run", o->run, "the run's folder");
        flag(app, "--split", o->split, "test, or dev for tuning");
        flag(app, "--problems", o->problems, "how many held-out problems");
        flag(app, "--tuned", o->tuned, "stage that the others are compared with");
        app->add_option("--policies", o->policies,
                        "stages: dpo,ppo-prm (default: all dpo, ppo and grpo there are)")
            ->delimiter(',');
        app->callback([o, &common] {
            o->seed = seed_for(common, o->run);
            taste(*o);
        });
    }
}

} // namespace qstar::eval
