#include "eval/report/measure.h"

#include "engine/base/range.h"
#include "engine/io/files.h"
#include "engine/io/progress.h"
#include "engine/run/record.h"
#include "engine/run/run_folder.h"
#include "engine/text/json.h"
#include "eval/measure/overlap.h"
#include "eval/report/calibration.h"
#include "eval/report/tree.h"
#include "search/models/run.h"
#include "search/models/stage_models.h"
#include "search/problem/search_options.h"
#include "search/results.h"
#include "search/worlds/make_world.h"
#include "train/data/problem_source.h"
#include "train/data/searched.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

namespace qstar::eval {

namespace {

bool has_model(const std::string& run, const char* stage) {
    return exists(train::model_path(run, stage));
}

Json calibrations(const MeasureOptions& options, const search::World& world) {
    PoolOptions pool;
    pool.run = options.run;
    pool.seed = options.seed;
    pool.problems = options.problems;
    pool.samples = options.samples;
    pool.quiet = options.quiet;
    pool.scorers.clear();
    for (const char* stage : {"orm", "prm", "q", "q-self-play"})
        if (has_model(options.run, stage)) pool.scorers.emplace_back(stage);
    Json out = Json::object();
    if (pool.scorers.empty()) return out;
    const std::vector<Pool> pools = draw_pools(pool);
    for (size_t i = 0; i < pool.scorers.size(); ++i) {
        const std::string file = train::model_path(pool.run, pool.scorers[i]);
        const bool each_step = search::reading_of(file) == search::Reading::each_step;
        out[pool.scorers[i]] = calibration_of(scored_outcomes(pools, i, each_step, world));
        out[pool.scorers[i]]["of"] = each_step ? "steps" : "solutions";
    }
    return out;
}

Json solution_json(const std::string& method, const std::string& problem,
                   const search::Result& result, search::StageModels& models,
                   const search::World& world) {
    const search::Path path{problem, result.steps, result.finished};
    const auto scores_by = [&](search::Scorer& scorer) {
        return path.steps.empty() ? std::vector<float>{} : scorer.score({&path, 1})[0].steps;
    };
    const std::vector<float> prm = scores_by(*models.scorer("prm"));
    const std::vector<float> orm =
        models.has("orm") ? scores_by(*models.scorer("orm")) : std::vector<float>{};
    const auto rounded = [](float score) { return std::round(score * 1e4) / 1e4; };
    Json steps = Json::array();
    search::Path before{problem, {}, false};
    bool erred = false;
    for (size_t i = 0; i < path.steps.size(); ++i) {
        const bool final = path.finished && i + 1 == path.steps.size();
        const auto label = world.check_step(before, path.steps[i], final);
        Json step{{"text", path.steps[i]},
                  {"prm", rounded(prm[i])},
                  {"label", erred ? Json() : Json(static_cast<int>(label))}};
        erred = erred || label == search::Label::wrong;
        if (!orm.empty()) step["orm"] = rounded(orm[i]);
        steps.push_back(std::move(step));
        before.steps.push_back(path.steps[i]);
    }
    return {{"method", method},
            {"answer", result.answer},
            {"right", search::is_right(world, {problem, problem, {}}, result)},
            {"tokens", result.tokens},
            {"steps", steps}};
}

// Of those looked at, most expanded first: half where the search is right and one solution is
// not, a quarter where the search fails, the rest where nothing is hard; and whatever there is
// where there are not so many.
std::vector<size_t> choose(const std::vector<search::Result>& searched,
                           const std::vector<bool>& right, const std::vector<bool>& alone,
                           int64_t count) {
    std::vector<size_t> saved, failed, easy;
    for (size_t i = 0; i < searched.size(); ++i)
        (right[i] ? alone[i] ? easy : saved : failed).push_back(i);
    const auto longer = [&](size_t a, size_t b) {
        return searched[a].expanded > searched[b].expanded;
    };
    for (auto* list : {&saved, &failed, &easy})
        std::stable_sort(list->begin(), list->end(), longer);
    std::vector<size_t> chosen;
    const auto take = [&](std::vector<size_t>& from, int64_t most) {
        for (; most > 0 && !from.empty() && std::ssize(chosen) < count; --most) {
            chosen.push_back(from.front());
            from.erase(from.begin());
        }
    };
    take(saved, count / 2);
    take(failed, count / 4);
    for (auto* list : {&easy, &saved, &failed}) take(*list, count);
    return chosen;
}

Json solved_problems(const MeasureOptions& options, const search::World& world) {
    const auto problems =
        train::problems_for(options.run, train::Split::test, options.looked_at, options.seed);
    check_overlap(options.run, problems);
    search::StageModels models(options.run, options.seed);
    search::Proposer& from_base = models.policy("pretrain");
    search::Proposer& from_tuned = models.policy("sft");
    search::Scorer* const prm = models.scorer("prm");
    train::SearchFlags flags; // A* with the PRM, as the ladder's
    flags.budget = options.budget;
    search::Options with = options_of(flags, world);
    search::Options greedily = with;
    greedily.budget = int64_t{1} << 30;
    using search::Method;
    const auto searched = search::solve(problems, Method::astar, from_tuned, prm, with);
    const auto alone = search::solve(problems, Method::greedy, from_tuned, nullptr, greedily);
    const auto base = search::solve(problems, Method::greedy, from_base, nullptr, greedily);
    std::vector<bool> right, alone_right;
    for (size_t i = 0; i < problems.size(); ++i) {
        const search::ProblemLine line{problems[i], problems[i], {}};
        right.push_back(search::is_right(world, line, searched[i]));
        alone_right.push_back(search::is_right(world, line, alone[i]));
    }
    Json out = Json::array();
    Progress progress("report", options.shown, "problems", 0, options.quiet);
    for (const size_t i : choose(searched, right, alone_right, options.shown)) {
        search::Tree tree; // told by the same search once more, of this problem alone
        search::Options watched = with;
        watched.observer = [&](const search::SearchEvent& event) { tree.observe(event); };
        const search::Result again =
            search::solve({&problems[i], 1}, Method::astar, from_tuned, prm, watched)[0];
        Json solutions = Json::array();
        solutions.push_back(
            solution_json("base model, greedy", problems[i], base[i], models, world));
        solutions.push_back(
            solution_json("tuned model, greedy", problems[i], alone[i], models, world));
        solutions.push_back(solution_json("A*, PRM", problems[i], again, models, world));
        out.push_back({{"problem", problems[i]},
                       {"truth", world.answer(problems[i])},
                       {"solutions", solutions},
                       {"expanded", again.expanded},
                       {"generated", again.generated},
                       {"tree", tree_of(tree, *prm, world)}});
        progress.update(std::ssize(out));
    }
    progress.finish();
    return out;
}

} // namespace

void describe(Flags& f, MeasureOptions& o) {
    f.text("run", o.run, "the run's folder");
    f.seed(o.seed);
    f.number("problems", o.problems, 1, kMost, "held-out problems, for the calibration");
    f.number("samples", o.samples, 1, 1'000'000, "solutions of each");
    f.number("looked-at", o.looked_at, 1, kMost, "held-out problems to choose the shown from");
    f.number("shown", o.shown, 0, kMost, "problems that are shown with their trees");
    search::search_option(f, "budget", o.budget);
    f.mark("verify", o.verify,
           "measure a sample of the numbers of DIR/report.html again, and compare")
        .quiet();
}

Json measure_report(const MeasureOptions& options) {
    check(flags_of(options));
    require_run(options.run);
    const auto world = search::make_world(train::world_of(options.run));
    Json record_of_options = record(flags_of(options));
    record_of_options["split"] = "test";
    Json out{{"options", record_of_options},
             {"calibration", Json::object()},
             {"problems", Json::array()}};
    if (has_model(options.run, "sft")) out["calibration"] = calibrations(options, *world);
    if (has_model(options.run, "sft") && has_model(options.run, "prm"))
        out["problems"] = solved_problems(options, *world);
    return out;
}

} // namespace qstar::eval
