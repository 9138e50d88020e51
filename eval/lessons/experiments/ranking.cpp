// Lesson 3: ranks, and the reward model that stands in for who ranks.

#include "engine/base/elementary.h"
#include "engine/base/error.h"
#include "engine/text/jsonl.h"
#include "eval/lessons/experiments/experiment.h"
#include "train/preference/bradley_terry.h"
#include "train/run/stage.h"

#include <algorithm>
#include <fmt/core.h>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace qstar::eval::lessons {

namespace {

constexpr size_t kMostPairs = 6;

struct ShownPair {
    std::string problem;
    std::vector<std::string> a, b;
    bool a_is_chosen = false; // by the annotator
};

train::RankSet ranks_of(LessonRun& run) {
    run.require("reward");
    const std::string file = run.file("rank", "ranks.jsonl");
    train::StageOptions stage;
    stage.run = run.run();
    stage.quiet = true;
    stage.skip_bad = true; // the model learned without them
    // As many as the model learned from, so that what is held out is what its record is about.
    const int64_t limit = run.flags("reward").value("limit", int64_t{0});
    return train::read_rank_set(file, stage, "reward", limit, run.tokenizer(),
                                run.model("sft").config.context);
}

std::vector<ShownPair> pairs_to_show(LessonRun& run, const train::RankSet& set) {
    std::vector<ShownPair> pairs;
    for (const auto* rankings : {&set.validation_rows, &set.train})
        for (const train::Ranking& ranking : *rankings) {
            if (pairs.size() == kMostPairs) break;
            if (ranking.pairs.empty()) continue;
            const auto [better, worse] = ranking.pairs.front();
            Random random(run.seed(), "lesson/rank/" + ranking.problem);
            const bool first = random.below(2) == 0;
            pairs.push_back({ranking.problem, ranking.outputs[first ? better : worse],
                             ranking.outputs[first ? worse : better], first});
        }
    return pairs;
}

std::optional<Turn> next_ranking(LessonRun& run, const Given& given) {
    const auto pairs = pairs_to_show(run, ranks_of(run));
    if (given.size() >= pairs.size()) return {};
    const ShownPair& pair = pairs[given.size()];
    Turn turn;
    turn.lines = {fmt::format("Pair {} of {}. Which solution of {} do you like better?",
                              given.size() + 1, pairs.size(), pair.problem)};
    turn.choices = {{"a", in_words(pair.a)}, {"b", in_words(pair.b)}};
    turn.usual = pair.a_is_chosen ? "a" : "b";
    return turn;
}

double reward_of(LessonRun& run, const std::string& problem,
                 const std::vector<std::string>& steps) {
    const search::Path path{problem, steps, true};
    return logit(double{run.scorer("reward").score({&path, 1})[0].steps.back()});
}

Values examine_ranking(LessonRun& run, const Given& given) {
    const train::RankSet set = ranks_of(run);
    const auto pairs = pairs_to_show(run, set);
    if (pairs.size() < 2)
        fail("{}: this lesson wants two ranked pairs: run `qstar train rank --run {}` on more "
             "samples",
             run.run(), run.run());
    run.tell(0.1, "the reward model reads the pairs");
    Values values;
    Grid grid{{"problem", "A", "B", "r(A)", "r(B)", "p(A)", "you", "annotator"}, {}};
    int64_t with_annotator = 0, with_model = 0;
    std::vector<std::pair<double, double>> rewards;
    for (size_t i = 0; i < pairs.size(); ++i) {
        const ShownPair& pair = pairs[i];
        const double a = reward_of(run, pair.problem, pair.a),
                     b = reward_of(run, pair.problem, pair.b);
        rewards.emplace_back(a, b);
        const bool you = i < given.size() && given[i] == "a";
        with_annotator += you == pair.a_is_chosen;
        with_model += you == (a > b);
        grid.rows.push_back({pair.problem, in_words(pair.a), in_words(pair.b), written(a, 3),
                             written(b, 3), written(math::sigmoid(a - b), 2), you ? "A" : "B",
                             pair.a_is_chosen ? "A" : "B"});
    }
    values.set("pairs", static_cast<double>(pairs.size()));
    values.set("table", std::move(grid));
    values.set("with_annotator", static_cast<double>(with_annotator));
    values.set("with_model", static_cast<double>(with_model));

    run.tell(0.4, "held-out pairs");
    engine::Gpt& model = run.model("reward");
    const train::Calibration found =
        train::calibration_of(model, set.validation_rows, run.tokenizer(), "ranks.jsonl");
    values.set("held_out", static_cast<double>(found.pairs));
    values.set("accuracy", 100 * found.accuracy, 1);
    const Interval interval = wilson(
        static_cast<int64_t>(found.accuracy * static_cast<double>(found.pairs) + 0.5), found.pairs);
    values.set("accuracy_low", 100 * interval.low, 1);
    values.set("accuracy_high", 100 * interval.high, 1);
    values.set("loss", found.loss, 3);
    const Json record = read_json(run.file("reward", "done.json")).value;
    const Json& result = record["result"];
    if (result.contains("val_ceiling"))
        values.set("ceiling", 100 * result["val_ceiling"].get<double>(), 1);

    // The first pair's numbers in the formula, the second's in the question.
    const double a = rounded(rewards[0].first, 3), b = rounded(rewards[0].second, 3);
    values.set("problem", pairs[0].problem);
    values.set("a", a, 3);
    values.set("b", b, 3);
    values.set("difference", a - b, 3);
    values.set("p", math::sigmoid(a - b), 3);
    const double chosen = math::sigmoid(pairs[0].a_is_chosen ? a - b : b - a);
    values.set("p_chosen", chosen, decimals_of(chosen));
    values.set("pair_loss", -math::log(rounded(chosen, decimals_of(chosen))), 3);
    const double c = rounded(rewards[1].first, 3), d = rounded(rewards[1].second, 3);
    values.set("asked_problem", pairs[1].problem);
    values.set("asked_a", c, 3);
    values.set("asked_b", d, 3);
    values.set("asked_p", 100 * math::sigmoid(c - d), 1);

    // A prompt of three outputs or more: Plackett and Luce.
    Grid three{{"solution", "r", "e^r"}, {}};
    double first = 0, sum = 0;
    for (const auto* rankings : {&set.validation_rows, &set.train})
        for (const train::Ranking& ranking : *rankings) {
            if (ranking.outputs.size() < 3 || !three.rows.empty()) continue;
            values.set("three_problem", ranking.problem);
            for (size_t i = 0; i < 3; ++i) {
                const double r = reward_of(run, ranking.problem, ranking.outputs[i]);
                sum += rounded(math::exp(r), 4);
                if (i == 0) first = rounded(math::exp(r), 4);
                three.rows.push_back(
                    {in_words(ranking.outputs[i]), written(r, 3), written(math::exp(r), 4)});
            }
        }
    if (three.rows.empty())
        fail("{}: this lesson wants a prompt with three ranked outputs: run `qstar train rank "
             "--run {}` on more samples",
             run.run(), run.run());
    values.set("three", std::move(three));
    values.set("first_best", 100 * first / sum, 1);
    return values;
}

constexpr std::string_view kNeedsOfRanking[] = {"rank", "reward"};

} // namespace

const Experiment ranking = {"ranking", kNeedsOfRanking, next_ranking, examine_ranking};

} // namespace qstar::eval::lessons
