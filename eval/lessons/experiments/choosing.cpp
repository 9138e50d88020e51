// Lesson 7: choosing among N, why the judge is fooled, and three cures.

#include "engine/base/elementary.h"
#include "engine/base/error.h"
#include "eval/lessons/experiments/experiment.h"
#include "eval/measure/pool.h"
#include "eval/studies/best_of_n.h"
#include "search/problem/vote.h"

#include <algorithm>
#include <fmt/core.h>
#include <map>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace qstar::eval::lessons {

namespace {

using search::Aggregate;

// One problem's answers, as a vote sees them.
struct AnswerSums {
    std::string answer;
    bool right = false;
    int64_t count = 0;
    double best = 0, sum = 0, bests = 0;
};
std::vector<AnswerSums> sums_by_answer(const Pool& pool) {
    std::vector<AnswerSums> sums;
    std::vector<double> scores;
    std::vector<size_t> of;
    std::map<std::string, size_t> number;
    for (const PoolSample& sample : pool.samples) {
        if (!sample.path.finished) continue;
        const auto [at, is_new] = number.try_emplace(sample.answer, sums.size());
        if (is_new) sums.push_back({sample.answer, sample.right});
        AnswerSums& one = sums[at->second];
        const double score = search::aggregate(Aggregate::last, sample.scores[0]);
        ++one.count;
        one.sum += score;
        one.best = std::max(one.best, score);
        scores.push_back(score);
        of.push_back(at->second);
    }
    const std::vector<int64_t> once(scores.size(), 1);
    const auto shares = search::shares_of_bests(scores, once);
    for (size_t i = 0; i < shares.size(); ++i) sums[of[i]].bests += shares[i];
    return sums;
}
const AnswerSums& most_of(const std::vector<AnswerSums>& sums, double AnswerSums::*what) {
    return *std::max_element(sums.begin(), sums.end(),
                             [&](const auto& a, const auto& b) { return a.*what < b.*what; });
}

// Which answers are shown: those with the largest sums, and what a method chooses.
std::vector<bool> largest_sums(const std::vector<AnswerSums>& sums) {
    constexpr size_t kMostShown = 12;
    std::vector<size_t> order(sums.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return sums[a].sum > sums[b].sum; });
    std::vector<bool> shown(sums.size());
    for (size_t i = 0; i < std::min(kMostShown, order.size()); ++i) shown[order[i]] = true;
    for (const auto what : {&AnswerSums::best, &AnswerSums::bests})
        shown[static_cast<size_t>(&most_of(sums, what) - sums.data())] = true;
    return shown;
}

std::vector<std::string> row_of(const std::string& name, const AnswerSums& one) {
    return {name, fmt::format("{}", one.count), written(one.best, 3), written(one.sum, 4),
            written(one.bests, 3)};
}

// Samples that are wrong and score higher than every right one.
int64_t convincing(const Pool& pool) {
    double right = -1;
    for (const PoolSample& sample : pool.samples)
        if (sample.right)
            right = std::max(right, search::aggregate(Aggregate::last, sample.scores[0]));
    int64_t count = 0;
    for (const PoolSample& sample : pool.samples)
        count += sample.path.finished && !sample.right && right >= 0 &&
                 search::aggregate(Aggregate::last, sample.scores[0]) > right;
    return count;
}

void example_of_choice(const std::vector<Pool>& pools, Values& values) {
    // Fooled by few, with a right answer there: the fewer, the clearer.
    const Pool* example = nullptr;
    int64_t few = 0;
    for (const Pool& pool : pools) {
        const int64_t n = convincing(pool);
        if (sums_by_answer(pool).empty()) continue;
        if (example == nullptr || (n > 0 && (few == 0 || n < few))) {
            example = &pool;
            few = n;
        }
    }
    if (example == nullptr)
        fail("the tuned model finished none of the solutions that it was asked for: `qstar train "
             "pretrain` and `qstar train sft` for longer give a better one");
    const auto sums = sums_by_answer(*example);
    Grid grid{{"answer", "samples", "best score", "sum of scores", "share of the bests"}, {}};
    const std::vector<bool> shown = largest_sums(sums);
    AnswerSums others;
    int64_t other_answers = 0;
    for (size_t i = 0; i < sums.size(); ++i) {
        const AnswerSums& one = sums[i];
        if (shown[i]) {
            grid.rows.push_back(row_of(one.answer, one));
            continue;
        }
        ++other_answers;
        others.count = std::max(others.count, one.count);
        others.best = std::max(others.best, one.best);
        others.sum = std::max(others.sum, one.sum);
        others.bests = std::max(others.bests, one.bests);
    }
    if (other_answers > 0)
        grid.rows.push_back(row_of(fmt::format("{} others, each at most", other_answers), others));
    const auto n = static_cast<int64_t>(example->samples.size());
    const double q = rounded(static_cast<double>(few) / static_cast<double>(n), 5);
    values.set("answers", std::move(grid));
    values.set("problem", example->problem);
    const AnswerSums &best = most_of(sums, &AnswerSums::best),
                     &weighted = most_of(sums, &AnswerSums::sum);
    values.set("best_answer", best.answer);
    values.set("weighted_answer", weighted.answer);
    values.set("vote_same", static_cast<double>(best.answer == weighted.answer));
    values.set("vote_cures", static_cast<double>(weighted.right && !best.right));
    values.set("bests_answer", most_of(sums, &AnswerSums::bests).answer);
    std::string right = "none of them";
    for (const AnswerSums& one : sums)
        if (one.right) right = one.answer;
    values.set("right_answer", right);
    values.set("convincing", static_cast<double>(few));
    values.set("drawn", static_cast<double>(n));
    values.set("q", q, decimals_in(q));
    values.set("fooled", 100 * (1 - math::power(1 - q, n)), 1);
    values.set("fooled_8", 100 * (1 - math::power(1 - q, int64_t{8})), 1);
}

Values examine_choosing(LessonRun& run, const Given&) {
    run.require("orm");
    run.require("prm");
    PoolOptions options;
    options.run = run.run();
    options.seed = run.seed();
    options.problems = run.size(100, 10);
    options.samples = run.size(32, 8);
    options.scorers = {run.stage("orm"), run.stage("prm")};
    const bool generative = run.has("orm-text");
    if (generative) options.scorers.emplace_back("orm-text");
    options.quiet = true;
    run.tell(0.05, "solutions are drawn and scored");
    const std::vector<Pool> pools = draw_pools(options, run.problems(options.problems));
    run.tell(0.7, "every method chooses among N");
    using Rule = Chooser::Rule;
    std::vector<Chooser> choosers = {
        {"majority", Rule::majority},
        {"best, ORM", Rule::best, 0, Aggregate::last},
        {"weighted vote, ORM", Rule::weighted, 0, Aggregate::last},
        {"majority of the bests, ORM", Rule::majority_of_bests, 0, Aggregate::last},
        {"best, PRM (minimum)", Rule::best, 1, Aggregate::minimum},
        {"any is right", Rule::any}};
    if (generative)
        choosers.insert(choosers.end() - 1,
                        {"best, generative ORM", Rule::best, 2, Aggregate::last});
    std::vector<int64_t> sizes;
    for (int64_t n = 1; n <= options.samples; n *= 2) sizes.push_back(n);
    const auto curve = curve_of(pools, choosers, sizes, run.size(200, 20), run.seed());
    Values values;
    Grid grid{{"solved, %"}, {}};
    for (const int64_t n : sizes) grid.columns.push_back(fmt::format("N = {}", n));
    Plot plot;
    plot.title = "Solved against N";
    plot.x_label = "N solutions";
    plot.y_label = "solved";
    plot.log_x = plot.whole_x = plot.percent = true;
    std::map<std::string, std::vector<double>> means;
    for (const CurvePoint& point : curve) means[point.chooser].push_back(point.mean);
    for (const Chooser& chooser : choosers) {
        const auto& mean = means[chooser.name];
        std::vector<std::string> row{chooser.name};
        PlotSeries series{.name = chooser.name, .points = {}};
        for (size_t i = 0; i < mean.size(); ++i) {
            row.push_back(written(100 * mean[i], 1));
            series.points.push_back({.x = static_cast<double>(sizes[i]), .y = mean[i]});
        }
        grid.rows.push_back(std::move(row));
        plot.series.push_back(std::move(series));
    }
    const auto last = [&](const char* name) { return 100 * means[name].back(); };
    const size_t four = std::min<size_t>(2, sizes.size() - 1);
    const double course = last("best, ORM") - 100 * means["best, ORM"][four];
    values.set("table", std::move(grid));
    values.set("plot", std::move(plot));
    values.set("problems", static_cast<double>(pools.size()));
    values.set("most", static_cast<double>(options.samples));
    values.set("orm_4", 100 * means["best, ORM"][four], 1);
    values.set("orm", last("best, ORM"), 1);
    values.set("majority", last("majority"), 1);
    values.set("weighted", last("weighted vote, ORM"), 1);
    values.set("bests", last("majority of the bests, ORM"), 1);
    values.set("prm", last("best, PRM (minimum)"), 1);
    if (generative) values.set("generative", last("best, generative ORM"), 1);
    values.set("any", last("any is right"), 1);
    values.set("course", std::string(course >= 1    ? "it rises"
                                     : course <= -1 ? "it falls"
                                                    : "it stays within one point"));
    const Json study = run.study("best-of-n");
    if (study.is_object() && study.contains("rows")) {
        Grid rows{{"method", "N", "solved, %"}, {}};
        int64_t most = 0;
        for (const Json& row : study["rows"]) most = std::max(most, row.value("n", int64_t{0}));
        for (const Json& row : study["rows"])
            if (row.value("n", int64_t{0}) == most)
                rows.rows.push_back({row.value("method", ""), fmt::format("{}", most),
                                     written(100 * row.value("mean", 0.0), 1)});
        values.set("study", std::move(rows));
        values.set("study_most", static_cast<double>(most));
        values.set("study_problems", study.value("problems", 0.0));
    }
    example_of_choice(pools, values);
    return values;
}

constexpr std::string_view kNeedsOfChoosing[] = {"orm", "prm"};

} // namespace

const Experiment choosing = {"choosing", kNeedsOfChoosing, nullptr, examine_choosing};

} // namespace qstar::eval::lessons
