#include "eval/studies/policies.h"

#include "engine/base/error.h"
#include "engine/base/range.h"
#include "engine/io/files.h"
#include "engine/run/run_folder.h"
#include "eval/measure/overlap.h"
#include "eval/measure/study.h"
#include "eval/measure/table.h"
#include "search/results.h"
#include "search/worlds/make_world.h"
#include "train/data/problem_source.h"
#include "train/run/corpus_format.h"
#include "train/run/run.h"

#include <fmt/core.h>

namespace qstar::eval {

namespace {

// The stages that end in a policy, in the order of the pipeline.
const std::vector<std::string> known = {"pretrain", "sft", "star", "self-play", "distil"};

std::vector<std::string> policies_of(const PolicyOptions& options) {
    std::vector<std::string> names = options.policies;
    for (const std::string& stage : known)
        if (options.policies.empty() && exists(train::model_path(options.run, stage)))
            names.push_back(stage);
    return names;
}

} // namespace

void describe(Flags& f, PolicyOptions& o) {
    describe_held_out(f, o);
    f.list("policies", o.policies, "stages: sft,self-play (default: all there are)");
    f.list("searches", o.searches, "POLICY:SCORER,... to compare with");
    train::describe(f, o.search);
    // Each scorer says itself how it is read.
    std::erase_if(f.all, [](const Flag& flag) { return flag.name == "aggregate"; });
}

std::vector<Measured> measure_policies(const PolicyOptions& options) {
    check(flags_of(options));
    const train::Split split = train::held_out_split(options.split);
    train::check(options.search);
    require_run(options.run);
    const std::vector<std::string> names = policies_of(options);
    if (!options.searches.empty()) train::require_steps(options.run, "eval policies --searches");
    const auto world = search::make_world(train::world_of(options.run));
    const auto problems = train::problems_for(options.run, split, options.problems, options.seed);
    check_overlap(options.run, problems);
    const std::vector<search::ProblemLine> lines = lines_of(problems);
    search::StageModels models(options.run, options.seed, train::limits_of(options.run));
    Experiment experiment{*world, lines, models};
    experiment.seed = options.seed;
    experiment.search = {static_cast<int>(options.search.width),
                         static_cast<int>(options.search.proposals), options.search.weight,
                         options.search.temperature};
    experiment.quiet = options.quiet;

    std::vector<Measured> rows;
    const auto add = [&](const LadderEntry& entry, int64_t budget) {
        rows.push_back(measure(experiment, entry, budget));
        rows.back().results = {};
    };
    for (const std::string& policy : names)
        add({policy + ", greedy", search::Method::greedy, policy}, 0);
    for (const std::string& pair : options.searches) {
        const size_t colon = pair.find(':');
        if (colon == std::string::npos || colon == 0 || colon + 1 == pair.size())
            fail("--searches: expected POLICY:SCORER, found \"{}\"", pair);
        const std::string policy = pair.substr(0, colon), scorer = pair.substr(colon + 1);
        add({fmt::format("{}, {} with {}", policy, options.search.method, scorer),
             search::method_named(options.search.method), policy, scorer},
            options.search.budget);
    }
    return rows;
}

void policies(const PolicyOptions& options) {
    const std::vector<Measured> rows = measure_policies(options);
    Table table({{"method", "policy", Column::Kind::text},
                 {"budget", ""},
                 {"", "solved", Column::Kind::share},
                 {"tokens", "tokens"},
                 {"expanded", ""},
                 {"seconds", "seconds", Column::Kind::number, 1}});
    for (const Measured& r : rows)
        table.add({r.method, r.budget, Share{r.solved, r.n}, r.tokens, r.expanded, r.seconds});
    const std::string text =
        fmt::format("{} held-out problems of the {} split, seed {}. Policies alone, greedy; "
                    "searches with at most {} tokens a problem. 95 % intervals after Wilson. No "
                    "verifier while solving.\n\n",
                    options.problems, options.split, options.seed, options.search.budget) +
        table.markdown();
    write_study(join_path(options.run, "policies"), options,
                {{"policies", policies_of(options)}, {"rows", table.json()}}, text);
}

} // namespace qstar::eval
