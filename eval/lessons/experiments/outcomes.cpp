// Lesson 5: the outcome reward model.

#include "engine/base/elementary.h"
#include "engine/base/error.h"
#include "engine/text/joined.h"
#include "eval/lessons/experiments/experiment.h"
#include "train/run/batches.h"
#include "train/supervised/reward.h"

#include <algorithm>
#include <fmt/core.h>
#include <string>
#include <utility>
#include <vector>

namespace qstar::eval::lessons {

namespace {

struct Judged {
    train::OutcomeLabel label;
    double score = 0;
};

// Of problems that nothing learned from, by score, the highest first.
std::vector<Judged> judged_outcomes(LessonRun& run) {
    std::vector<Judged> all;
    std::vector<search::Path> paths;
    const auto most = static_cast<size_t>(run.size(1500, 200));
    for (train::OutcomeLabel& label : train::read_outcomes(run.file("label", "outcomes.jsonl"))) {
        if (!train::validation_problem(label.problem) || all.size() == most) continue;
        paths.push_back({label.problem, label.steps, true});
        all.push_back({std::move(label), 0});
    }
    const auto scores = run.scorer("orm").score(paths);
    for (size_t i = 0; i < all.size(); ++i) all[i].score = double{scores[i].steps.back()};
    std::stable_sort(all.begin(), all.end(),
                     [](const Judged& a, const Judged& b) { return a.score > b.score; });
    return all;
}

Values examine_outcomes(LessonRun& run, const Given&) {
    run.tell(0.1, "the ORM reads solutions");
    const std::vector<Judged> all = judged_outcomes(run);
    std::vector<const Judged*> right, wrong;
    std::vector<std::pair<float, bool>> scored;
    for (const Judged& one : all) {
        (one.label.right ? right : wrong).push_back(&one);
        scored.emplace_back(static_cast<float>(one.score), one.label.right);
    }
    if (right.empty() || wrong.empty())
        fail("{}: of {} labelled solutions {} are right: this lesson wants both kinds; a longer "
             "`qstar train pretrain` or more of `qstar train sample` gives them",
             run.run(), all.size(), right.size());
    Values values;
    values.set("solutions", static_cast<double>(all.size()));
    values.set("right", static_cast<double>(right.size()));
    values.set("wrong", static_cast<double>(wrong.size()));
    values.set("auc", 100 * train::area_under_curve(scored), 1);

    Grid bins{{"score", "solutions", "of them right, % (95 % interval)"}, {}};
    Plot plot;
    plot.title = "What the ORM says, and what is so";
    plot.x_label = "score";
    plot.y_label = "share that is right";
    plot.percent = plot.diagonal = true;
    PlotSeries series{.name = "solutions by their score", .points = {}};
    for (int bin = 0; bin < 5; ++bin) {
        const double low = bin / 5.0, high = (bin + 1) / 5.0;
        int64_t n = 0, hits = 0;
        double sum = 0;
        for (const Judged& one : all) {
            if (one.score < low || (one.score >= high && bin < 4)) continue;
            ++n;
            hits += one.label.right;
            sum += one.score;
        }
        bins.rows.push_back({fmt::format("{:.1f} to {:.1f}", low, high), fmt::format("{}", n),
                             n > 0 ? share_text(hits, n) : "-"});
        if (n == 0) continue;
        const Interval interval = wilson(hits, n);
        series.points.push_back({.x = sum / static_cast<double>(n),
                                 .y = static_cast<double>(hits) / static_cast<double>(n),
                                 .low = interval.low,
                                 .high = interval.high});
    }
    plot.series = {std::move(series)};
    values.set("bins", std::move(bins));
    values.set("plot", std::move(plot));

    Grid fooled{{"problem", "wrong solution", "right answer", "score"}, {}};
    for (size_t i = 0; i < wrong.size() && i < 5; ++i)
        fooled.rows.push_back({wrong[i]->label.problem, in_words(wrong[i]->label.steps),
                               run.world().answer(wrong[i]->label.problem),
                               written(wrong[i]->score, 3)});
    values.set("convincing", std::move(fooled));
    const Judged& top = *wrong.front();
    values.set("problem", top.label.problem);
    values.set("solution", in_words(top.label.steps));
    const double score = std::min(top.score, 1 - 1e-7);
    const int of_score = decimals_of(std::max(1 - score, 1e-4)); // what is left to 1 counts
    values.set("score", score, of_score);
    values.set("loss", -math::log(1 - rounded(score, of_score)), 3);
    const Judged& doubted = *right.back();
    values.set("doubted_problem", doubted.label.problem);
    values.set("doubted_solution", in_words(doubted.label.steps));
    const double doubt = std::max(doubted.score, 1e-7);
    values.set("doubted_score", doubt, decimals_of(doubt));
    values.set("doubted_loss", -math::log(rounded(doubt, decimals_of(doubt))), 3);

    // A few of each, spread over their scores: pairs to be counted.
    const auto some = [&](const std::vector<const Judged*>& from) {
        std::vector<double> scores;
        for (size_t i = 0; i < 3 && i < from.size(); ++i)
            scores.push_back(
                from[(2 * i + 1) * from.size() / 6 < from.size() ? (2 * i + 1) * from.size() / 6
                                                                 : from.size() - 1]
                    ->score);
        return scores;
    };
    const auto few_right = some(right), few_wrong = some(wrong);
    const auto list = [](const std::vector<double>& scores) {
        return joined(scores, ", ", [](double score) { return written(score, 4); });
    };
    double in_order = 0;
    for (const double a : few_right)
        for (const double b : few_wrong) {
            // As they are written: equal ones count half.
            const std::string x = written(a, 4), y = written(b, 4);
            in_order += x == y ? 0.5 : a > b ? 1 : 0;
        }
    values.set("few_right", list(few_right));
    values.set("few_wrong", list(few_wrong));
    values.set("few_pairs", static_cast<double>(few_right.size() * few_wrong.size()));
    values.set("in_order", in_order, in_order == static_cast<double>(int64_t(in_order)) ? 0 : 1);
    return values;
}

constexpr std::string_view kNeedsOfOutcomes[] = {"label", "orm"};

} // namespace

const Experiment outcomes = {"outcomes", kNeedsOfOutcomes, nullptr, examine_outcomes};

} // namespace qstar::eval::lessons
