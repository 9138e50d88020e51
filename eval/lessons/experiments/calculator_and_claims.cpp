// Lesson 10: self-play, distillation, the calculator; what was claimed, and what is so here.

#include "engine/base/elementary.h"
#include "eval/claims/claim.h"
#include "eval/lessons/experiments/experiment.h"
#include "search/worlds/arithmetic/expression.h"

#include <algorithm>
#include <fmt/core.h>
#include <string>
#include <utility>
#include <vector>

namespace qstar::eval::lessons {

namespace {

// The claims that the run has examined.
void claim_values(LessonRun& run, Values& values) {
    const Json study = run.study("claims");
    if (!study.is_object() || !study.contains("claims")) {
        values.set("claims_command", fmt::format("qstar eval claims --run {}", run.run()));
        return;
    }
    Grid grid{{"", "claim", "here"}, {}};
    double holds = 0, fails = 0, undecided = 0;
    for (const Json& claim : study["claims"]) {
        const std::string verdict = claim.value("verdict", "");
        grid.rows.push_back(
            {fmt::format("{}", claim.value("number", 0)), claim.value("statement", ""), verdict});
        (verdict == "holds" ? holds : verdict == "undecided" ? undecided : fails) += 1;
        values.set(fmt::format("claim_{}", claim.value("number", 0)), verdict);
        values.set(fmt::format("claim_{}_why", claim.value("number", 0)), claim.value("why", ""));
    }
    values.set("claims", std::move(grid));
    values.set("holds", holds);
    values.set("fails", fails);
    values.set("undecided", undecided);
}

// Of the problems that exactly one of both solves.
void compare(const Measured& one, const Measured& before, const std::string& name, Values& values) {
    const Duel both = duel(one.right, before.right);
    values.set(name + "_wins", static_cast<double>(both.wins));
    values.set(name + "_losses", static_cast<double>(both.losses));
    const bool enough = both.wins + both.losses >= kLeastOfADuel;
    values.set(name + "_beats", static_cast<double>(enough && both.won()));
    values.set(name + "_loses", static_cast<double>(enough && both.lost()));
}

// What the run's ladder says of the same policies, on its own problems.
void ladder_values(LessonRun& run, Values& values) {
    const Json ladder = run.study("ladder");
    if (!ladder.is_object() || !ladder.contains("rows")) return;
    Grid grid{{"the run's ladder", "solved"}, {}};
    for (const Json& row : ladder["rows"])
        if (row.value("budget", 1) == 0)
            grid.rows.push_back(
                {row.value("method", ""),
                 fmt::format("{} of {}", row.value("solved", 0), row.value("n", 0))});
    if (grid.rows.empty()) return;
    values.set("ladder", std::move(grid));
    values.set("ladder_n", static_cast<double>(ladder["rows"][0].value("n", 0)));
}

Values examine_calculator_lesson(LessonRun& run, const Given&) {
    const auto problems = run.problems(run.size(200, 20));
    const int64_t n = std::ssize(problems);
    struct Row {
        const char* name;
        LadderEntry entry;
        int64_t budget;
    };
    const std::vector<Row> rows = {
        {"tuned model, greedy", {.policy = "sft"}, 0},
        {"the teacher, by A*", teacher_of(run.run(), run.stage("distil")), 600},
        {"distilled policy, greedy: the student", {.policy = "distil"}, 0},
        {"self-play's policy, greedy", {.policy = "self-play"}, 0}};
    Values values;
    Grid table{{"who", "solved, %", "tokens a problem"}, {}};
    std::vector<Measured> measured;
    for (const Row& row : rows) {
        run.tell(0.05 + 0.2 * static_cast<double>(measured.size()), row.name);
        measured.push_back(run.solve(problems, row.entry, row.budget));
        const Measured& last = measured.back();
        table.rows.push_back({row.name, share_text(last.solved, n), written(last.tokens, 1)});
    }
    const Measured &tuned = measured[0], &teacher = measured[1], &student = measured[2],
                   &play = measured[3];
    const std::string from = run.flags("distil").value("from", "sft");
    const bool from_play = from.ends_with("self-play");
    compare(student, from_play ? play : tuned, "student", values);
    compare(play, tuned, "play", values);
    compare(teacher, rows[1].entry.policy.ends_with("self-play") ? play : tuned, "teacher", values);
    const bool by_steps = run.flags("self-play").value("supervision", "outcome") == "process";
    values.set("told",
               std::string(by_steps ? "Which steps are right" : "Whether an answer is right"));
    values.set("from", policy_name(from));
    values.set("teacher_policy", policy_name(rows[1].entry.policy));
    values.set("teacher_scorer",
               std::string(rows[1].entry.scorer.ends_with("prm") ? "the PRM" : "its Q"));
    int64_t both = 0;
    for (size_t i = 0; i < problems.size(); ++i) both += teacher.right[i] && student.right[i];
    values.set("table", std::move(table));
    values.set("n", static_cast<double>(n));
    values.set("tuned", static_cast<double>(tuned.solved));
    values.set("teacher", static_cast<double>(teacher.solved));
    values.set("student", static_cast<double>(student.solved));
    values.set("play", static_cast<double>(play.solved));
    values.set("both", static_cast<double>(both));
    values.set("kept", percent_of(both, teacher.solved), 1);
    const Interval kept = wilson(both, teacher.solved);
    values.set("kept_low", 100 * kept.low, 1);
    values.set("kept_high", 100 * kept.high, 1);

    // Two operations for each parameter and token (Kaplan et al. 2020), against + - * / done.
    const auto parameters = static_cast<double>(run.model("sft").parameter_count());
    const double solved = static_cast<double>(std::max<int64_t>(1, teacher.solved));
    const double operations =
        2 * parameters * rounded(teacher.tokens, 1) * static_cast<double>(n) / solved;
    double direct = 0;
    const bool arithmetic = run.world().name() == "arithmetic";
    if (arithmetic)
        for (const std::string& problem : problems)
            direct += search::operations(search::parse_expression(problem));
    const double each = arithmetic ? rounded(direct / static_cast<double>(n), 2) : 1;
    values.set("arithmetic", static_cast<double>(arithmetic));
    values.set("parameters", parameters);
    values.set("teacher_counted", solved);
    values.set("student_counted", static_cast<double>(std::max<int64_t>(1, student.solved)));
    values.set("tokens", teacher.tokens, 1);
    values.set("operations", operations / 1e6, 1);
    values.set("direct", each, 2);
    values.set("ratio", rounded(operations / 1e6, 1) / each, 1);
    values.set("powers", math::log10(operations / each), 1);
    const double student_operations = 2 * parameters * rounded(student.tokens, 1) *
                                      static_cast<double>(n) /
                                      static_cast<double>(std::max<int64_t>(1, student.solved));
    values.set("student_tokens", student.tokens, 1);
    values.set("student_operations", student_operations / 1e6, 2);
    ladder_values(run, values);
    claim_values(run, values);
    return values;
}

constexpr std::string_view kNeedsOfCalculatorAndClaims[] = {"prm", "self-play", "distil"};

} // namespace

const Experiment calculator_and_claims = {"calculator-and-claims", kNeedsOfCalculatorAndClaims,
                                          nullptr, examine_calculator_lesson};

} // namespace qstar::eval::lessons
