// Lesson 9: Q-values of steps, fitted Q iteration, Q*.

#include "engine/base/error.h"
#include "eval/claims/claim.h"
#include "eval/lessons/experiments/experiment.h"
#include "train/q_learning/q.h"

#include <algorithm>
#include <fmt/core.h>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace qstar::eval::lessons {

namespace {

// The roll-outs of one problem by their first step.
struct FirstStep {
    std::string text;
    bool final = false;
    int64_t drawn = 0, right = 0;
    std::vector<train::NextStep> next;
};
std::vector<FirstStep> first_steps(std::span<const train::Rollout> rollouts) {
    std::vector<FirstStep> steps;
    for (const train::Rollout& rollout : rollouts) {
        if (rollout.path.steps.empty()) continue;
        const bool final = rollout.path.finished && rollout.path.steps.size() == 1;
        auto at = std::find_if(steps.begin(), steps.end(), [&](const FirstStep& one) {
            return one.text == rollout.path.steps[0] && one.final == final;
        });
        if (at == steps.end())
            at = steps.insert(steps.end(),
                              {rollout.path.steps[0], final, 0, 0, rollout.next.front()});
        at->drawn += rollout.count;
        at->right += rollout.right ? rollout.count : 0;
    }
    return steps;
}

// The problem with the most different first steps that can be gone on from, right ones among them.
struct Chosen {
    std::string problem;
    std::vector<FirstStep> steps;
};
Chosen problem_of(LessonRun& run) {
    const auto all = train::read_rollouts(run.file("q", "rollouts.jsonl"));
    Chosen best;
    int64_t merit = -1;
    for (size_t begin = 0, end = 0; begin < all.size(); begin = end) {
        while (end < all.size() && all[end].path.problem == all[begin].path.problem) ++end;
        auto steps = first_steps(std::span(all).subspan(begin, end - begin));
        // Those that were drawn most often come first.
        std::stable_sort(steps.begin(), steps.end(),
                         [](const FirstStep& a, const FirstStep& b) { return a.drawn > b.drawn; });
        // Of the two that are asked about some ended right and some did not, if there are such.
        int64_t open = 0, right = 0, drawn = 0;
        for (const FirstStep& one : steps) {
            if (one.next.size() < 2) continue;
            if (++open > 2) continue;
            right += one.right;
            drawn += one.drawn;
        }
        if (open < 2) continue;
        const int64_t now =
            (right > 0 && right < drawn ? 100 : 0) + 10 * std::min<int64_t>(open, 4) + drawn;
        if (now <= merit) continue;
        merit = now;
        best = {all[begin].path.problem, std::move(steps)};
    }
    if (best.steps.empty())
        fail("{}: no problem has two first steps that can be gone on from: run `qstar train q "
             "--run {} --force` with more problems",
             run.run(), run.run());
    return best;
}

std::string shown_step(const std::string& text, bool final) {
    return (text.empty() ? "(nothing)" : text) + (final ? " (answer)" : "");
}

// The searches side by side.
void search_values(LessonRun& run, Values& values) {
    using search::Method;
    const auto problems = run.problems(run.size(150, 20));
    const int64_t n = std::ssize(problems);
    struct Row {
        const char *name, *value;
        LadderEntry entry;
        int64_t budget = 600;
    };
    std::vector<Row> rows = {
        {"A*, tuned model, PRM", "astar", {.method = Method::astar, .scorer = "prm"}},
        {"Q*, tuned model, Q", "qstar", {.method = Method::qstar, .scorer = "q"}}};
    if (run.has("self-play") && run.has("q-self-play")) {
        const LadderEntry alone{.policy = "self-play"};
        LadderEntry astar = alone, qstar = alone;
        astar.method = Method::astar;
        astar.scorer = "prm";
        qstar.method = Method::qstar;
        qstar.scorer = "q-self-play";
        rows.push_back({"A*, self-play's policy, PRM", "play_astar", astar});
        rows.push_back({"Q*, self-play's policy and Q", "play_qstar", qstar});
        rows.push_back({"self-play's policy alone, no search", "play_alone", alone, 0});
    }
    Grid table{{"search, at 600 tokens", "solved, %", "tokens", "paths opened"}, {}};
    std::vector<Measured> measured;
    for (const Row& row : rows) {
        run.tell(0.2 + 0.15 * static_cast<double>(measured.size()), row.name);
        measured.push_back(run.solve(problems, row.entry, row.budget));
        const Measured& last = measured.back();
        table.rows.push_back({row.name, share_text(last.solved, n), written(last.tokens, 0),
                              row.budget > 0 ? written(last.expanded, 1) : "-"});
        values.set(row.value, static_cast<double>(last.solved));
    }
    values.set("table", std::move(table));
    values.set("n", static_cast<double>(n));
    const Duel both = duel(measured[1].right, measured[0].right);
    values.set("wins", static_cast<double>(both.wins));
    values.set("losses", static_cast<double>(both.losses));
    values.set("low", 100 * both.interval().low, 1);
    values.set("high", 100 * both.interval().high, 1);
    const bool enough_of_both = both.wins + both.losses >= kLeastOfADuel;
    values.set("enough", static_cast<double>(enough_of_both));
    values.set("verdict", std::string(enough_of_both && both.won()    ? "Q* with its Q"
                                      : enough_of_both && both.lost() ? "A* with the PRM"
                                                                      : "neither, beyond doubt"));
    values.set("prm_began", policy_name(run.flags("prm").value("from", "sft")));
    values.set("q_began", policy_name(run.flags("q").value("from", "sft")));
    if (measured.size() < 5) return;
    values.set("play", 1.0);
    const Duel gain = duel(measured[3].right, measured[4].right);
    const bool enough = gain.wins + gain.losses >= kLeastOfADuel;
    values.set("search_gains", static_cast<double>(enough && gain.won()));
    values.set("search_loses", static_cast<double>(enough && gain.lost()));
    values.set("gain", static_cast<double>(gain.wins));
    values.set("loss", static_cast<double>(gain.losses));
}

Values examine_q(LessonRun& run, const Given&) {
    const Chosen chosen = problem_of(run);
    search::GptScorer& q = run.scorer("q");
    const auto q_of = [&](const std::vector<std::string>& steps, bool final) {
        const search::Path path{chosen.problem, steps, final};
        return double{q.score({&path, 1})[0].steps.back()};
    };
    Values values;
    values.set("problem", chosen.problem);
    values.set("true_answer", run.world().answer(chosen.problem));
    Grid firsts{{"first step", "drawn", "ended right", "Monte Carlo", "network's Q"}, {}};
    std::vector<const FirstStep*> open;
    for (const FirstStep& one : chosen.steps) {
        firsts.rows.push_back(
            {shown_step(one.text, one.final), fmt::format("{}", one.drawn),
             fmt::format("{}", one.right),
             written(static_cast<double>(one.right) / static_cast<double>(one.drawn), 2),
             written(q_of({one.text}, one.final), 3)});
        if (one.next.size() > 1) open.push_back(&one);
    }
    const auto target = [&](const FirstStep& one, Grid& grid) {
        double best = 0;
        for (const train::NextStep& next : one.next) {
            const double value = q_of({one.text, next.text}, next.final);
            best = std::max(best, value);
            grid.rows.push_back({shown_step(next.text, next.final), written(value, 3)});
        }
        return best;
    };
    Grid of_first{{"next step", "network's Q"}, {}}, of_second = of_first;
    const double best = target(*open[0], of_first), asked_best = target(*open[1], of_second);
    values.set("step", shown_step(open[0]->text, false));
    values.set("next", std::move(of_first));
    values.set("target", best, 3);
    values.set("own_q", q_of({open[0]->text}, false), 3);
    values.set("asked_step", shown_step(open[1]->text, false));
    values.set("asked_next", std::move(of_second));
    values.set("asked_target", asked_best, 3);
    values.set("return_step", open[0]->text);
    values.set("drawn", static_cast<double>(open[0]->drawn));
    values.set("ended_right", static_cast<double>(open[0]->right));
    values.set("monte_carlo",
               static_cast<double>(open[0]->right) / static_cast<double>(open[0]->drawn), 3);
    // Of the table: the question is about both open steps together.
    const int64_t drawn = open[0]->drawn + open[1]->drawn, right = open[0]->right + open[1]->right;
    values.set("together", static_cast<double>(right) / static_cast<double>(drawn), 3);
    values.set("firsts", std::move(firsts));

    search_values(run, values);
    return values;
}

constexpr std::string_view kNeedsOfQValues[] = {"prm", "q"};

} // namespace

const Experiment q_values = {"q-values", kNeedsOfQValues, nullptr, examine_q};

} // namespace qstar::eval::lessons
