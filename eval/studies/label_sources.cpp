#include "eval/studies/label_sources.h"

#include "engine/base/error.h"
#include "engine/base/range.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "eval/measure/study.h"
#include "eval/measure/table.h"
#include "search/worlds/make_world.h"
#include "train/annotation/label.h"
#include "train/annotation/rollout.h"
#include "train/data/label_steps.h"
#include "train/data/problem_source.h"
#include "train/supervised/prm.h"

#include <fmt/core.h>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace qstar::eval {

namespace {

using train::LabelledSolution;
using train::StepLabels;

const std::string label_study = "label-sources"; // its folder in the run

std::string file_in(const std::string& run, const std::string& name) {
    return join_path(join_path(run, label_study), name);
}

// "people-10": a simulated person who gets 10 % of the labels wrong.
std::string people_named(double error) { return fmt::format("people-{:g}", 100 * error); }

// The number of the first wrong step of each solution, from 1; 0 if none is wrong.
using FirstErrors = std::map<std::pair<std::string, std::vector<std::string>>, size_t>;

// The first of the sampled solutions that have an end, in a file of their own.
std::vector<train::SampledSolution> pick_solutions(const LabelSourcesOptions& options) {
    auto solutions =
        train::read_solutions(train::stage_file(options.pool.run, "sample", "solutions.jsonl"));
    std::erase_if(solutions, [](const auto& s) { return !s.finished || s.steps.empty(); });
    if (solutions.size() > static_cast<size_t>(options.solutions))
        solutions.resize(static_cast<size_t>(options.solutions));
    std::vector<Json> lines;
    for (const auto& solution : solutions) lines.push_back(json_of(solution));
    write_jsonl(file_in(options.pool.run, "solutions.jsonl"), lines);
    return solutions;
}

// Reads a source's file: its labels, and how often its first errors are the verifier's.
void count_labels(const std::string& file, const std::vector<train::SampledSolution>& solutions,
                  const FirstErrors& truth, LabelSource& source) {
    const std::vector<StepLabels> all = train::read_step_labels(file);
    double agreed = 0;
    for (size_t i = 0; i < all.size(); ++i) {
        source.labels += static_cast<int64_t>(all[i].labels.size());
        if (all.size() != solutions.size()) continue;
        const auto& s = solutions[i];
        agreed += train::first_wrong_step(all[i].labels) == truth.at({s.problem, s.steps});
    }
    source.agreement =
        all.size() == solutions.size() ? agreed / static_cast<double>(all.size()) : -1;
}

LabelSource train_source(const LabelSourcesOptions& options, const std::string& name,
                         const std::string& file, bool soft,
                         const std::vector<train::SampledSolution>& solutions,
                         const FirstErrors& truth) {
    LabelSource source;
    source.name = name;
    count_labels(file, solutions, truth, source);
    source.judgements = source.labels;
    const std::string costs = join_path(file.substr(0, file.rfind('/')), "done.json");
    if (file.ends_with("steps.jsonl") && exists(costs)) { // of roll-outs
        const JsonLine cost = object_field(read_json(costs), "result");
        source.judgements = int_field(cost, "judgements");
        source.tokens = int_field(cost, "rollout_tokens");
    }
    source.prm = label_study + "/prm-" + name;
    train::PrmOptions prm;
    prm.reward.stage.run = options.pool.run;
    prm.reward.stage.seed = options.pool.seed;
    prm.reward.stage.quiet = options.pool.quiet;
    prm.reward.labels = file;
    prm.soft = soft;
    prm.reward.stage.study = label_study;
    prm.name = "prm-" + name;
    train::prm(prm);
    return source;
}

Table table_of(const std::vector<LabelSource>& sources, std::span<const CurvePoint> curve) {
    Table table({{"labels_by", "labels by", Column::Kind::text},
                 {"labels", "labels of steps"},
                 {"judgements", "judgements"},
                 {"rollout_tokens", "roll-out tokens"},
                 {"agreement", "first error as the verifier's"},
                 {"n", "N"},
                 {"", "solved", Column::Kind::share_in_one}});
    const size_t sizes = curve.size() / sources.size();
    for (size_t i = 0; i < curve.size(); ++i) {
        const LabelSource& source = sources[i / sizes];
        const CurvePoint& point = curve[i];
        table.add({source.name, source.labels, source.judgements, source.tokens,
                   source.agreement < 0 ? Cell() : Cell(Percent{source.agreement}), point.n,
                   Estimate{point.mean, point.interval, point.deviation}});
    }
    return table;
}

std::string markdown(const Table& table, const LabelSourcesOptions& options) {
    return fmt::format(
               "The same {} solutions labelled by each source, {} roll-outs a prefix; a PRM from "
               "each chooses (minimum over the steps) among N samples of {} held-out problems of "
               "the {} split, seed {}; mean and standard deviation over {} shuffles of {} samples, "
               "in brackets the 95 % interval (Wilson). A judgement is one look at a step, or, for "
               "roll-outs, at a final answer.\n\n",
               options.solutions, options.rollouts, options.pool.problems, options.pool.split,
               options.pool.seed, options.shuffles, options.pool.samples) +
           table.markdown_across("N", "solved");
}

} // namespace

void describe(Flags& f, LabelSourcesOptions& o) {
    describe(f, o.pool);
    f.number("solutions", o.solutions, 1, kMost, "labelled by each source");
    f.number("rollouts", o.rollouts, 1, 1'000'000, "of each prefix");
    f.list("people", o.people, 0, 1, "rates of wrong labels of simulated people: 0.05,0.2");
    f.list("sizes", o.sizes, 1, static_cast<double>(o.pool.samples), "N: 4,16,64");
    f.number("shuffles", o.shuffles, 1, kMost, "of the samples, for mean and spread");
    f.repeated("extra", o.extra, "a further source, NAME=FILE; may be repeated");
}

void label_sources(const LabelSourcesOptions& options) {
    check(flags_of(options));
    check(options.pool);
    train::require(options.pool.run, "sample",
                   train::stage_file(options.pool.run, "sample", "solutions.jsonl"));
    make_folders(join_path(options.pool.run, label_study));
    const auto world = search::make_world(train::world_of(options.pool.run));
    const auto solutions = pick_solutions(options);

    FirstErrors truth;
    std::vector<Json> lines;
    for (const auto& solution : solutions) {
        const LabelledSolution labelled = label_steps(*world, solution);
        truth[{solution.problem, solution.steps}] = train::first_wrong_step(labelled.labels);
        lines.push_back(prm800k_json(labelled));
    }
    write_jsonl(file_in(options.pool.run, "verifier.jsonl"), lines);
    for (const double error : options.people) {
        std::vector<Json> labels;
        Random random(options.pool.seed, "label-sources/people");
        for (const auto& solution : solutions)
            labels.push_back(prm800k_json(label_steps(*world, solution, error, random)));
        write_jsonl(file_in(options.pool.run, people_named(error) + ".jsonl"), labels);
    }
    train::RolloutOptions rollout;
    rollout.stage.run = options.pool.run;
    rollout.stage.seed = options.pool.seed;
    rollout.stage.quiet = options.pool.quiet;
    rollout.rollouts = options.rollouts;
    rollout.from = options.pool.policy;
    rollout.solutions = file_in(options.pool.run, "solutions.jsonl");
    rollout.stage.study = label_study;
    rollout.name = "rollout";
    train::rollout(rollout);
    rollout.search = "binary";
    rollout.name = "rollout-binary";
    train::rollout(rollout);

    std::vector<LabelSource> sources;
    const auto add = [&](const std::string& name, const std::string& file, bool soft = false) {
        sources.push_back(train_source(options, name, file, soft, solutions, truth));
    };
    add("verifier", file_in(options.pool.run, "verifier.jsonl"));
    for (const double error : options.people)
        add(people_named(error), file_in(options.pool.run, people_named(error) + ".jsonl"));
    for (const std::string& extra : options.extra) {
        const size_t equals = extra.find('=');
        if (equals == std::string::npos || equals == 0)
            fail("--extra: expected NAME=FILE, found \"{}\"", extra);
        add(extra.substr(0, equals), extra.substr(equals + 1));
    }
    add("rollout-hard", file_in(options.pool.run, "rollout/steps.jsonl"));
    add("rollout-soft", file_in(options.pool.run, "rollout/steps.jsonl"), true);
    add("binary-search", file_in(options.pool.run, "rollout-binary/steps.jsonl"));

    PoolOptions drawn = options.pool;
    drawn.scorers.clear();
    std::vector<Chooser> choosers;
    for (const LabelSource& source : sources) {
        choosers.push_back(
            {source.name, Chooser::Rule::best, drawn.scorers.size(), search::Aggregate::minimum});
        drawn.scorers.push_back(source.prm);
    }
    const auto curve =
        curve_of(draw_pools(drawn), choosers, options.sizes, options.shuffles, options.pool.seed);
    const Table table = table_of(sources, curve);
    write_study(file_in(options.pool.run, "table"), options, {{"rows", table.json()}},
                markdown(table, options));
}

} // namespace qstar::eval
