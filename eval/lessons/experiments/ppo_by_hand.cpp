// One step of PPO on three solutions, by hand (lesson 4).

#include "eval/lessons/experiments/ppo_by_hand.h"

#include "engine/base/elementary.h"
#include "engine/base/error.h"
#include "train/data/searched.h"
#include "train/rl/minibatch.h"
#include "train/rl/surrogate.h"

#include <algorithm>
#include <cmath>
#include <fmt/core.h>
#include <iterator>
#include <numeric>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace qstar::eval::lessons {

namespace {

constexpr double kEpsilon = 0.2; // of the clip
constexpr int kUpdates = 4;      // with the same solutions

// Three different solutions of one training problem, of which one at least is right and one wrong.
struct Three {
    std::vector<train::Episode> episodes;
    std::vector<bool> right;
    std::vector<double> advantages; // 1 for a right one, less the mean
};

Three three_solutions(LessonRun& run) {
    const auto problems =
        train::problems_for(run.run(), train::Split::train, run.size(120, 60), run.seed());
    auto all = train::roll_out(run.model("sft"), run.tokenizer(), problems, 8, kMostWritten,
                               run.seed(), hash_name("lesson/ppo"));
    train::drop_held_out(all);
    Three best;
    for (size_t begin = 0, end = 0; begin < all.size(); begin = end) {
        while (end < all.size() && all[end].group == all[begin].group) ++end;
        Three three;
        std::set<std::vector<std::string>> seen;
        for (const bool wanted : {true, false})
            for (size_t i = begin; i < end; ++i) {
                const bool right = run.world().solved(all[i].path);
                // One right one and two wrong ones, or as many as there are.
                const size_t room = wanted ? 1 : 3 - std::min<size_t>(3, three.episodes.size());
                if (right != wanted || !all[i].path.finished || three.episodes.size() >= 3)
                    continue;
                if (wanted && three.episodes.size() >= room) continue;
                if (!seen.insert(all[i].path.steps).second) continue;
                three.episodes.push_back(all[i]);
                three.right.push_back(right);
            }
        if (three.episodes.size() < 3) continue;
        const bool mixed = three.right.front() && !three.right.back();
        if (best.episodes.empty() || mixed) best = std::move(three);
        if (mixed) break;
    }
    if (best.episodes.empty())
        fail("{}: the tuned model writes no three different solutions of one problem: `qstar train "
             "sft --run {} --force` may make a better one",
             run.run(), run.run());
    const auto rights = std::count(best.right.begin(), best.right.end(), true);
    for (const bool right : best.right)
        best.advantages.push_back((right ? 1.0 : 0.0) - static_cast<double>(rights) / 3);
    for (size_t i = 0; i < best.episodes.size(); ++i) best.episodes[i].group = 0;
    return best;
}

// With numbers of its own: a tensor that is copied shares them.
engine::Gpt copied(const engine::Gpt& model) {
    engine::Gpt copy = model;
    for (engine::Parameter& p : copy.parameters) {
        p.value = p.value.clone();
        p.grad = engine::Tensor::zeros(p.value.shape());
    }
    return copy;
}

void add_step(engine::Gpt& model, double rate) {
    for (engine::Parameter& p : model.parameters) {
        if (p.frozen) continue;
        const std::span<float> values = p.value.values(), gradients = p.grad.values();
        for (size_t i = 0; i < values.size(); ++i)
            values[i] -= static_cast<float>(rate) * gradients[i];
    }
}

double norm_of(const engine::Gpt& model) {
    double sum = 0;
    for (const engine::Parameter& p : model.parameters)
        for (const float g : p.grad.values()) sum += double{g} * double{g};
    return std::sqrt(sum);
}

// The gradient of - mean over solutions of the sum over tokens of the clipped surrogate.
void surrogate_gradient(engine::Gpt& model, const Three& three, const std::vector<float>& old) {
    const auto offsets = train::offsets_of(three.episodes);
    std::vector<float> advantages(offsets.back()), weights(offsets.back(), 1.0f / 3);
    for (size_t i = 0; i < 3; ++i)
        std::fill(advantages.begin() + static_cast<std::ptrdiff_t>(offsets[i]),
                  advantages.begin() + static_cast<std::ptrdiff_t>(offsets[i + 1]),
                  static_cast<float>(three.advantages[i]));
    const train::Minibatch batch = train::make_minibatch(three.episodes);
    engine::Tape tape;
    model.zero_grad();
    const engine::Var chosen =
        engine::log_prob(tape, train::written_logits(tape, model, batch), batch.targets);
    const std::vector<float> before = train::pick(old, batch);
    const std::vector<float> paid = train::pick(advantages, batch);
    const engine::Var gain = train::clipped_surrogate(tape, chosen, before, paid, kEpsilon);
    const engine::Var loss =
        scale(tape, train::weighted_sum(tape, gain, train::pick(weights, batch)), -1.0f);
    tape.backward(loss);
}

// What may become of a solution. Where all three are paid alike nothing moves.
const Turn::Choice& move_named(std::string_view key) {
    static const Turn::Choice moves[] = {
        {"=", "as likely as before"}, {"+", "likelier"}, {"-", "less likely"}};
    return *std::find_if(std::begin(moves), std::end(moves) - 1,
                         [&](const Turn::Choice& move) { return move.key == key; });
}

const Turn::Choice& move_of(double change) {
    return move_named(change > 0 ? "+" : change < 0 ? "-" : "=");
}

PlotSeries objective_curve(const char* name, double advantage) {
    PlotSeries series{.name = name, .points = {}, .line = true, .marks = false};
    for (const double ratio : {0.4, 1 - kEpsilon, 1.0, 1 + kEpsilon, 1.6})
        series.points.push_back(
            {.x = ratio, .y = train::clipped_surrogate(ratio, advantage, kEpsilon)});
    return series;
}

} // namespace

std::vector<double> sums_of(const std::vector<float>& flat, const std::vector<size_t>& offsets) {
    std::vector<double> sums;
    for (size_t i = 0; i + 1 < offsets.size(); ++i)
        sums.push_back(std::accumulate(flat.begin() + static_cast<std::ptrdiff_t>(offsets[i]),
                                       flat.begin() + static_cast<std::ptrdiff_t>(offsets[i + 1]),
                                       0.0));
    return sums;
}

std::optional<Turn> next_preference(LessonRun& run, const Given& given) {
    run.require("sft");
    if (given.size() >= 3) return {};
    const Three three = three_solutions(run);
    const size_t i = given.size();
    Turn turn;
    turn.lines = {fmt::format("The tuned model wrote three solutions of {}. Each is paid 1 if its "
                              "answer is right and 0 if not; the mean is taken off.",
                              three.episodes[i].path.problem)};
    turn.grid = Grid{{"", "solution", "paid"}, {}};
    for (size_t k = 0; k < 3; ++k)
        turn.grid->rows.push_back({fmt::format("{}", k + 1), in_words(three.episodes[k].path.steps),
                                   three.right[k] ? "1" : "0"});
    turn.lines.push_back(fmt::format(
        "After a step of PPO, is solution {} likelier than before, or less likely?", i + 1));
    turn.choices = {move_named("+"), move_named("-"), move_named("=")};
    turn.usual = move_of(three.advantages[i]).key;
    return turn;
}

void ppo_values(LessonRun& run, const Given& given, Values& values) {
    const Three three = three_solutions(run);
    engine::Gpt& start = run.model("sft");
    const auto offsets = train::offsets_of(three.episodes);
    const std::vector<float> old = train::token_probs(start, three.episodes).log_prob;
    const std::vector<double> before = sums_of(old, offsets);
    engine::Gpt model = copied(start);
    surrogate_gradient(model, three, old);
    const double norm = norm_of(model);
    std::vector<float> now = old;
    if (norm > 0) {
        // As long a step as lets no token's ratio leave 1 by more than three quarters of the clip.
        double rate = 1e-4 / norm;
        for (int k = 0; k < 24; ++k) {
            engine::Gpt tried = copied(start);
            surrogate_gradient(tried, three, old);
            add_step(tried, 2 * rate);
            const auto probs = train::token_probs(tried, three.episodes).log_prob;
            double most = 0;
            for (size_t t = 0; t < old.size(); ++t)
                most = std::max(most, std::abs(math::exp(double{probs[t]} - double{old[t]}) - 1));
            if (most > 0.75 * kEpsilon) break;
            rate *= 2;
        }
        for (int update = 0; update < kUpdates; ++update) {
            if (update > 0) surrogate_gradient(model, three, old);
            add_step(model, rate);
            run.tell(0.6 + 0.1 * update, "one step of PPO");
        }
        now = train::token_probs(model, three.episodes).log_prob;
    }
    const std::vector<double> after = sums_of(now, offsets);
    Grid grid{{"solution", "paid", "advantage A", "log p before", "after", "ratio of the whole",
               "tokens beyond the clip", "you said", "it is"},
              {}};
    Plot plot;
    plot.title = "What a token is worth, by its ratio: flat beyond the clip";
    plot.x_label = "ratio p / p_old";
    plot.y_label = "min(ratio A, clip(ratio) A)";
    plot.series = {objective_curve("A > 0", 2.0 / 3), objective_curve("A < 0", -1.0 / 3)};
    int64_t agreed = 0, clipped = 0;
    size_t far = 0;
    double far_off = -1;
    size_t far_solution = 0;
    for (size_t i = 0; i < 3; ++i) {
        PlotSeries tokens{.name = fmt::format("tokens of solution {}", i + 1),
                          .points = {},
                          .line = false,
                          .marks = true};
        int64_t outside = 0;
        for (size_t t = offsets[i]; t < offsets[i + 1]; ++t) {
            const double ratio = math::exp(double{now[t]} - double{old[t]});
            // Flat there. Beyond the clip in the wrong direction it is not.
            outside += three.advantages[i] > 0 ? ratio > 1 + kEpsilon : ratio < 1 - kEpsilon;
            tokens.points.push_back(
                {.x = ratio, .y = train::clipped_surrogate(ratio, three.advantages[i], kEpsilon)});
            if (std::abs(ratio - 1) > far_off) {
                far_off = std::abs(ratio - 1);
                far = t;
                far_solution = i;
            }
        }
        plot.series.push_back(std::move(tokens));
        clipped += outside;
        const Turn::Choice& moved = move_of(after[i] - before[i]);
        const std::string said = i < given.size() ? given[i] : "=";
        agreed += said == moved.key;
        grid.rows.push_back({in_words(three.episodes[i].path.steps), three.right[i] ? "1" : "0",
                             written(three.advantages[i], 3), written(before[i], 2),
                             written(after[i], 2), written(math::exp(after[i] - before[i]), 2),
                             fmt::format("{} of {}", outside, offsets[i + 1] - offsets[i]),
                             move_named(said).label, moved.label});
    }
    values.set("ppo", std::move(grid));
    values.set("clip", std::move(plot));
    values.set("ppo_problem", three.episodes[0].path.problem);
    values.set("ppo_mixed", static_cast<double>(norm > 0));
    values.set("updates", kUpdates);
    values.set("agreed", static_cast<double>(agreed));
    values.set("clipped", static_cast<double>(clipped));
    values.set("written_tokens", static_cast<double>(old.size()));
    const double ratio = rounded(math::exp(double{now[far]} - double{old[far]}), 3);
    const double advantage = rounded(three.advantages[far_solution], 3);
    values.set("ratio", ratio, 3);
    values.set("advantage", advantage, 3);
    values.set("worth", train::clipped_surrogate(ratio, advantage, kEpsilon), 3);
}

} // namespace qstar::eval::lessons
