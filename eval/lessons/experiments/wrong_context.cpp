// Lesson 2: wrong work in the context.

#include "engine/base/error.h"
#include "eval/claims/claim.h"
#include "eval/claims/written.h"
#include "eval/lessons/experiments/experiment.h"
#include "train/data/problem_source.h"

#include <cmath>
#include <fmt/core.h>
#include <string>
#include <utility>
#include <vector>

namespace qstar::eval::lessons {

namespace {

Values examine_wrong_context(LessonRun& run, const Given&) {
    run.require("pretrain");
    run.require_class();
    const train::ProblemSource source = train::problem_source_of(run.run(), 0);
    const engine::Gpt& model = run.model("pretrain");
    const auto problems = run.problems(run.size(150, 30));
    const auto begun = [&](bool right) {
        return begun_sheets(run.world(), source, run.tokenizer(), problems, right,
                            model.config.context, run.seed());
    };
    const BegunSheets wrong = begun(false), right = begun(true);
    const auto after = [&](int items, bool right_ones) {
        return write_greedily(
            model, run.tokenizer(),
            worksheet_prompts(run.tokenizer(), right_ones ? right : wrong, items, problems),
            problems);
    };
    struct Case {
        int items;
        bool right;
        const char* name;
    };
    const std::vector<Case> cases = {{0, false, "nothing"},
                                     {1, false, "1 wrong item"},
                                     {2, false, "2 wrong items"},
                                     {3, false, "3 wrong items"},
                                     {3, true, "3 right items"}};
    const int64_t n = std::ssize(problems);
    Values values;
    Grid grid{{"before the problem", "solved", "% (95 % interval)"}, {}};
    std::vector<std::vector<search::Path>> paths;
    std::vector<std::vector<bool>> solved;
    for (const Case& one : cases) {
        run.tell(static_cast<double>(paths.size()) / static_cast<double>(cases.size()), one.name);
        paths.push_back(after(one.items, one.right));
        solved.emplace_back();
        int64_t count = 0;
        for (const search::Path& path : paths.back()) {
            solved.back().push_back(path.finished && run.world().solved(path));
            count += solved.back().back();
        }
        grid.rows.push_back({one.name, fmt::format("{} of {}", count, n), share_text(count, n)});
        values.set(one.right ? "after_right" : fmt::format("after_{}", one.items),
                   static_cast<double>(count));
    }
    const auto &alone = solved[0], &worst = solved[3];
    const Duel repaired = duel(alone, worst);
    int64_t both = 0;
    for (size_t i = 0; i < alone.size(); ++i) both += alone[i] && worst[i];
    size_t example = 0;
    for (size_t i = 0; i < alone.size(); ++i)
        if (alone[i] && !worst[i]) {
            example = i;
            break;
        }
    Grid sheet{{"item", "lines"}, {}};
    for (const WorksheetItem& item : wrong[example])
        sheet.rows.push_back({item.problem, in_words(item.lines)});
    const auto last = [&](size_t which) {
        const search::Path& path = paths[which][example];
        return path.steps.empty() ? std::string("(nothing)") : in_words(path.steps);
    };
    const Interval interval = repaired.interval();
    values.set("n", static_cast<double>(n));
    values.set("table", std::move(grid));
    values.set("sheet", std::move(sheet));
    values.set("problem", problems[example]);
    values.set("true_answer", run.world().answer(problems[example]));
    values.set("alone_lines", last(0));
    values.set("after_lines", last(3));
    values.set("fell", static_cast<double>(alone[example] && !worst[example]));
    values.set("both", static_cast<double>(both));
    values.set("wins", static_cast<double>(repaired.wins));
    values.set("losses", static_cast<double>(repaired.losses));
    values.set("either", static_cast<double>(repaired.wins + repaired.losses));
    const int64_t either = repaired.wins + repaired.losses;
    values.set("share", either == 0 ? std::string("0 / 0: no problem is solved in exactly one way")
                                    : fmt::format("{0} / ({0} + {1}) = {2} %", repaired.wins,
                                                  repaired.losses,
                                                  written(percent_of(repaired.wins, either), 1)));
    values.set("low", 100 * interval.low, 1);
    values.set("high", 100 * interval.high, 1);
    values.set("lost_points",
               percent_of(std::llround(values.number("after_0")), n) -
                   percent_of(std::llround(values.number("after_3")), n),
               1);
    values.set("verdict", std::string(repaired.won()    ? "it hurts"
                                      : repaired.lost() ? "it helps"
                                                        : "it cannot be told"));
    return values;
}

} // namespace

const Experiment wrong_context = {"wrong-context", {}, nullptr, examine_wrong_context};

} // namespace qstar::eval::lessons
