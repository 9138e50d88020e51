#include "eval/studies/active_labels.h"

#include "engine/base/elementary.h"
#include "engine/base/error.h"
#include "engine/base/range.h"
#include "engine/io/files.h"
#include "engine/run/run_folder.h"
#include "engine/text/jsonl.h"
#include "eval/measure/study.h"
#include "eval/measure/table.h"
#include "search/models/stage_models.h"
#include "search/worlds/make_world.h"
#include "train/annotation/label.h"
#include "train/annotation/select.h"
#include "train/data/label_steps.h"
#include "train/data/problem_source.h"
#include "train/data/sample.h"
#include "train/data/searched.h"
#include "train/run/resumable_map.h"
#include "train/run/stage.h"
#include "train/supervised/prm.h"

#include <algorithm>
#include <cmath>
#include <fmt/core.h>
#include <string>

namespace qstar::eval {

namespace {

using train::SampledSolution;

constexpr int64_t kLabelledAtOnce = 64;

const std::string study = "active";

std::string prm_named(const std::string& name) { return study + "/prm-" + name; }

// Training problems, and of each the different solutions among `candidates` drawn ones, in
// the order of drawing; problems without a solution that ends are left out.
std::vector<std::vector<SampledSolution>> draw_candidates(const ActiveOptions& options,
                                                          int64_t problems) {
    train::SampleOptions draw;
    draw.stage.run = options.pool.run;
    draw.stage.seed = options.pool.seed;
    draw.stage.quiet = options.pool.quiet;
    draw.samples = options.candidates;
    draw.temperature = options.explore;
    const auto texts =
        train::problems_for(options.pool.run, train::Split::train, problems, options.pool.seed);
    const Json flags{
        {"seed", options.pool.seed},
        {"problems", problems},
        {"candidates", options.candidates},
        {"explore", options.explore},
        {"inputs",
         {{"model", train::input(train::model_path(options.pool.run, options.pool.policy))}}}};
    draw.stage.study = study;
    train::Stage stage(draw.stage, "candidates", flags);
    if (!stage.done()) {
        search::StageModels models(options.pool.run, options.pool.seed);
        search::Proposer& proposer = models.policy(options.pool.policy);
        resumable_map(stage, "solutions.jsonl", "problems", problems, kLabelledAtOnce,
                      [&](int64_t first, int64_t count) {
                          const auto these = std::span(texts).subspan(static_cast<size_t>(first),
                                                                      static_cast<size_t>(count));
                          std::vector<Json> lines;
                          for (const auto& s : solve_problems(proposer, these, first, draw))
                              lines.push_back(json_of(s));
                          return lines;
                      });
        stage.finish(Json{{"problems", problems}});
    }
    std::vector<std::vector<SampledSolution>> groups;
    for (SampledSolution& solution : train::read_solutions(stage.path("solutions.jsonl"))) {
        if (!solution.finished || solution.steps.empty()) continue;
        if (groups.empty() || groups.back().front().problem != solution.problem)
            groups.emplace_back();
        groups.back().push_back(std::move(solution));
    }
    return groups;
}

// Labels of the solutions by the verifier, and a PRM from them. The number of labels.
int64_t train_prm(const ActiveOptions& options, const std::string& name,
                  std::span<const SampledSolution> solutions, const search::World& world) {
    std::vector<Json> lines;
    int64_t labels = 0;
    for (const SampledSolution& solution : solutions) {
        const auto labelled = label_steps(world, solution);
        labels += static_cast<int64_t>(labelled.labels.size());
        lines.push_back(prm800k_json(labelled));
    }
    train::PrmOptions prm;
    prm.reward.stage.run = options.pool.run;
    prm.reward.stage.seed = options.pool.seed;
    prm.reward.stage.quiet = options.pool.quiet;
    prm.reward.labels = options.pool.run + "/active/" + name + ".jsonl";
    prm.reward.stage.study = study;
    prm.name = "prm-" + name;
    write_jsonl(prm.reward.labels, lines);
    train::prm(prm);
    return labels;
}

struct ActiveRow {
    int64_t solutions = 0;
    int64_t labels[2] = {0, 0}; // uniform, selected
    CurvePoint point[2];
    double worth = 0;
};

Table table_of(const std::vector<ActiveRow>& rows) {
    using Kind = Column::Kind;
    Table table({{"solutions", "solutions"},
                 {"labels_uniform", "labels, uniform"},
                 {"uniform", "% solved", Kind::share_in_one},
                 {"labels_selected", "labels, selected"},
                 {"selected", "% solved", Kind::share_in_one},
                 {"worth", "worth", Kind::number, 2}});
    for (const ActiveRow& row : rows)
        table.add({row.solutions, row.labels[0], Estimate{row.point[0].mean, row.point[0].interval},
                   row.labels[1], Estimate{row.point[1].mean, row.point[1].interval},
                   row.worth > 0 ? Cell(row.worth) : Cell()});
    return table;
}

std::string introduction(const ActiveOptions& options) {
    return fmt::format(
        "Labelled solutions, one of each problem: as drawn, or picked among {} draws at "
        "temperature {}, 80 % convincing wrong answers and 20 % others, by a selector that learned "
        "from {} solutions. The PRM chooses (minimum) "
        "among {} of {} samples of {} held-out problems of the {} split, seed {}; mean over {} "
        "shuffles, 95 % interval (Wilson). Worth: how many times as many solutions as drawn "
        "would solve as much, by the line through the uniform points over log size.\n\n",
        options.candidates, options.explore, options.selector, options.n, options.pool.samples,
        options.pool.problems, options.pool.split, options.pool.seed, options.shuffles);
}

} // namespace

double label_worth(std::span<const double> sizes, std::span<const double> uniform, double size,
                   double value) {
    const auto n = static_cast<double>(sizes.size());
    double x = 0, y = 0, xx = 0, xy = 0;
    for (size_t i = 0; i < sizes.size(); ++i) {
        const double log_size = math::log(sizes[i]);
        x += log_size;
        y += uniform[i];
        xx += log_size * log_size;
        xy += log_size * uniform[i];
    }
    const double spread = n * xx - x * x;
    const double slope = spread > 0 ? (n * xy - x * y) / spread : 0;
    if (slope <= 0) return 0;
    return math::exp((value - (y - slope * x) / n) / slope) / size;
}

void describe(Flags& f, ActiveOptions& o) {
    describe(f, o.pool);
    f.number("candidates", o.candidates, 1, kMost, "solutions drawn of each training problem");
    f.number_above("explore", o.explore, 0, 100, "temperature of these draws");
    f.number("selector", o.selector, 1, kMost, "solutions that the selector learns from");
    f.list("sizes", o.sizes, 1, kMost, "labelled solutions: 1000,2000");
    f.number("n", o.n, 1, static_cast<double>(o.pool.samples), "best of so many");
    f.number("shuffles", o.shuffles, 1, kMost, "of the samples, for mean and spread");
}

void active(const ActiveOptions& options) {
    check(flags_of(options));
    check(options.pool);
    if (options.sizes.size() < 2)
        fail("--sizes: expected at least two, found {}", options.sizes.size());
    const int64_t largest = *std::max_element(options.sizes.begin(), options.sizes.end());
    require_run(options.pool.run);
    make_folders(options.pool.run + "/active");
    const int64_t needed = options.selector + largest;
    const auto groups = draw_candidates(options, needed + needed / 10); // some have no end
    if (static_cast<int64_t>(groups.size()) < needed)
        fail("only {} problems have a solution with an end, {} are needed: expected fewer in "
             "--sizes",
             groups.size(), needed);
    const auto world = search::make_world(train::world_of(options.pool.run));

    // The selector learns from one solution of each of its problems.
    std::vector<SampledSolution> first;
    for (int64_t i = 0; i < options.selector; ++i)
        first.push_back(groups[static_cast<size_t>(i)][0]);
    train_prm(options, "selector", first, *world);

    // It scores all solutions of the problems after these.
    const auto others = std::span(groups).subspan(static_cast<size_t>(options.selector),
                                                  static_cast<size_t>(largest));
    std::vector<SampledSolution> solutions;
    std::vector<train::Candidate> candidates;
    for (size_t g = 0; g < others.size(); ++g)
        for (const SampledSolution& solution : others[g]) {
            solutions.push_back(solution);
            candidates.push_back(
                {g, 0, world->solved({solution.problem, solution.steps, solution.finished})});
        }
    {
        search::StageModels models(options.pool.run, options.pool.seed);
        const auto scores =
            train::convincing_scores(*models.scorer(prm_named("selector")), solutions);
        for (size_t i = 0; i < scores.size(); ++i) candidates[i].score = scores[i];
    }

    PoolOptions drawn = options.pool;
    drawn.scorers.clear();
    std::vector<Chooser> choosers;
    std::vector<ActiveRow> rows;
    for (const int64_t size : options.sizes) {
        ActiveRow row;
        row.solutions = size;
        std::vector<SampledSolution> uniform, selected;
        for (int64_t g = 0; g < size; ++g) uniform.push_back(others[static_cast<size_t>(g)][0]);
        const auto end = std::find_if(candidates.begin(), candidates.end(), [&](const auto& c) {
            return c.problem >= static_cast<size_t>(size);
        });
        for (const size_t i : train::select_convincing({candidates.begin(), end}, 1, 0.8))
            selected.push_back(solutions[i]);
        const std::vector<SampledSolution>* sets[] = {&uniform, &selected};
        for (int k = 0; k < 2; ++k) {
            const std::string name = fmt::format("{}-{}", k == 0 ? "uniform" : "selected", size);
            row.labels[k] = train_prm(options, name, *sets[k], *world);
            choosers.push_back(
                {name, Chooser::Rule::best, drawn.scorers.size(), search::Aggregate::minimum});
            drawn.scorers.push_back(prm_named(name));
        }
        rows.push_back(row);
    }

    const int64_t sizes[] = {options.n};
    const auto curve =
        curve_of(draw_pools(drawn), choosers, sizes, options.shuffles, options.pool.seed);
    std::vector<double> x, y;
    for (size_t i = 0; i < rows.size(); ++i) {
        rows[i].point[0] = curve[2 * i];
        rows[i].point[1] = curve[2 * i + 1];
        x.push_back(static_cast<double>(rows[i].solutions));
        y.push_back(rows[i].point[0].mean);
    }
    for (ActiveRow& row : rows)
        row.worth = label_worth(x, y, static_cast<double>(row.solutions), row.point[1].mean);
    const Table table = table_of(rows);
    write_study(join_path(options.pool.run, study + "/table"), options, {{"rows", table.json()}},
                introduction(options) + table.markdown());
}

} // namespace qstar::eval
