// Lesson 8: A* over steps, by hand. The student's open list is that of the search itself
// (search/spaces/step_space.h): who always opens the path of the smallest f has made the search.

#include "engine/base/elementary.h"
#include "engine/base/error.h"
#include "engine/base/random.h"
#include "eval/lessons/experiments/experiment.h"
#include "search/spaces/step_space.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/core.h>
#include <functional>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace qstar::eval::lessons {

namespace {

constexpr size_t kMostMoves = 8, kMostShown = 9;
constexpr int64_t kSearchBudget = 600;

search::Options search_options(LessonRun& run, const std::string& problem) {
    search::Options options;
    const SearchSettings settings = run.settings();
    options.budget = kSearchBudget;
    options.proposals = settings.proposals;
    options.temperature = static_cast<float>(settings.temperature);
    options.shared.weight = settings.weight;
    search::set_defaults(options, run.world(), search::Method::astar, &run.scorer("prm"));
    options.stream = derive_stream(run.seed(), hash_name(problem));
    return options;
}

// A final step without its mark.
std::string plain_name(const std::string& line) { return line.substr(0, line.find(" (answer)")); }

// A search that somebody leads.
class ByHand {
  public:
    using Space = search::StepSpace;
    ByHand(LessonRun& run, const std::string& problem)
        : options_(search_options(run, problem)),
          space_(run.models().policy("sft"), &run.scorer("prm"), problem, options_) {
        add(space_.root());
        expand(0); // of the problem alone there is nothing to be chosen
    }
    struct Open {
        Space::Entry entry;
        std::string line;
        double g, h, f;
        bool goal;
    };
    // In the order in which they were found.
    const std::vector<Open>& open() const { return open_; }
    // Which of them A* would take.
    size_t best() const {
        size_t best = 0;
        for (size_t i = 1; i < open_.size(); ++i)
            if (open_[best].entry < open_[i].entry) best = i;
        return best;
    }
    // Opens one: the end, where it is an answer or the budget is spent.
    void take(size_t i) {
        if (open_[i].goal) {
            answer_ = plain_name(open_[i].line);
            ended_ = true;
            return;
        }
        expand(i);
    }
    bool ended() const { return ended_ || open_.empty(); }
    const std::string& answer() const { return answer_; }
    // Whether that was the best one there was when the tokens had been spent.
    bool spent() const { return spent_; }
    double weight() const { return options_.shared.weight; }

  private:
    void add(Space::Node node) {
        const double f = space_.g(node) + options_.shared.weight * space_.h(node);
        if (space_.opened(node, f) == search::Opening::passed) return;
        open_.push_back({space_.entry(node, f), space_.name(node), space_.g(node), space_.h(node),
                         f, space_.is_goal(node)});
    }
    // The tokens are spent: as the search does, the best finished path that is open.
    void take_best_finished() {
        const Open* best = nullptr;
        for (const Open& one : open_)
            if (one.goal && (best == nullptr || best->entry < one.entry)) best = &one;
        if (best == nullptr) return;
        answer_ = plain_name(best->line);
        spent_ = true;
    }
    void expand(size_t i) {
        const Space::Node node = open_[i].entry.node;
        open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(i));
        std::vector<Space::Node> successors;
        if (space_.spent() || !space_.expand({node}, successors)) {
            ended_ = true;
            // Where the goal is public, the first path that reaches it ends the search at once.
            if (space_.solved())
                answer_ = plain_name(space_.name(space_.size() - 1));
            else
                take_best_finished();
            return;
        }
        for (const Space::Node child : successors) add(child);
        std::erase_if(open_, [&](const Open& one) { return !space_.current(one.entry); });
    }

    search::Options options_;
    Space space_;
    std::vector<Open> open_;
    std::string answer_;
    bool ended_ = false, spent_ = false;
};

// A held-out problem that A* solves and on which it has to choose, several times if it can be.
const std::string& problem_for_hand(LessonRun& run) {
    std::string& found = run.memory("astar by hand");
    if (!found.empty()) return found;
    const auto problems = run.problems(run.size(60, 10));
    const Measured measured =
        run.solve(problems, {.method = search::Method::astar, .scorer = "prm"}, kSearchBudget);
    const auto merit = [&](size_t i) {
        const int64_t opened = measured.results[i].expanded;
        return (measured.right[i] ? 100 : 0) + (measured.results[i].finished ? 50 : 0) -
               10 * std::abs(opened - 5);
    };
    std::vector<size_t> order(problems.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::ranges::stable_sort(order, std::ranges::greater(), merit);
    // A sure policy may write one and the same step in all its draws.
    const auto chooses = [&](size_t i) { return ByHand(run, problems[i]).open().size() > 1; };
    const auto first = std::ranges::find_if(order, chooses);
    return found = problems[first == order.end() ? order.front() : *first];
}

// The entries that are shown: the first so many of the smallest f, in the order of their finding.
std::vector<size_t> shown_of(const ByHand& search) {
    std::vector<size_t> all(search.open().size());
    for (size_t i = 0; i < all.size(); ++i) all[i] = i;
    std::stable_sort(all.begin(), all.end(), [&](size_t a, size_t b) {
        return search.open()[b].entry < search.open()[a].entry;
    });
    if (all.size() > kMostShown) all.resize(kMostShown);
    std::sort(all.begin(), all.end());
    return all;
}

// f of g and h as they are written.
double shown_f(const ByHand& search, const ByHand::Open& one) {
    return rounded(one.g, 3) + search.weight() * rounded(one.h, 3);
}

// Decimals of p that leave -ln p the written value.
int decimals_for(double p, double minus_log) {
    int decimals = decimals_of(p);
    const int more = decimals < 0 ? -1 : 1;
    while (decimals > -9 && decimals < 9 &&
           rounded(-math::log(rounded(p, decimals)), 3) != rounded(minus_log, 3))
        decimals += more;
    return decimals;
}

Grid open_list(const ByHand& search, const std::vector<size_t>& shown, bool with_f,
               std::optional<size_t> yours) {
    Grid grid{{"", "path's last line", "g", "h"}, {}};
    if (with_f) grid.columns.insert(grid.columns.end(), {"f = g + w h", ""});
    for (size_t k = 0; k < shown.size(); ++k) {
        const auto& one = search.open()[shown[k]];
        std::vector<std::string> row{fmt::format("{}", k + 1), one.line, written(one.g, 3),
                                     written(one.h, 3)};
        if (with_f) {
            std::string who = yours && *yours == shown[k] ? "you" : "";
            if (shown[k] == search.best()) who += who.empty() ? "A*" : " and A*";
            row.insert(row.end(), {written(shown_f(search, one), 3), who});
        }
        grid.rows.push_back(std::move(row));
    }
    return grid;
}

struct Led {
    size_t moves = 0, same = 0;
    std::optional<Grid> before; // the last choice
    std::string said;
};
// Follows the replies; ends at an answer or after so many moves.
Led lead(ByHand& search, const Given& given) {
    Led led;
    for (const std::string& key : given) {
        if (search.ended() || led.moves == kMostMoves) break;
        const auto shown = shown_of(search);
        size_t k = 0;
        for (size_t i = 0; i < shown.size(); ++i)
            if (key == std::to_string(i + 1)) k = i;
        const size_t i = shown[k];
        const size_t best = search.best();
        led.before = open_list(search, shown, true, i);
        led.same += i == best;
        led.said = i == best ? fmt::format("You opened {}, and so would A*.", search.open()[i].line)
                             : fmt::format("You opened {} (f = {}); A* would have opened {} (f = "
                                           "{}).",
                                           search.open()[i].line,
                                           written(shown_f(search, search.open()[i]), 3),
                                           search.open()[best].line,
                                           written(shown_f(search, search.open()[best]), 3));
        search.take(i);
        ++led.moves;
    }
    return led;
}

std::optional<Turn> next_opening(LessonRun& run, const Given& given) {
    run.require("sft");
    run.require("prm");
    const std::string problem = problem_for_hand(run);
    ByHand search(run, problem);
    const Led led = lead(search, given);
    if (search.ended() || led.moves == kMostMoves) return {};
    const auto shown = shown_of(search);
    Turn turn;
    if (led.before) {
        turn.said = {led.said};
        turn.said_grid = led.before;
    }
    turn.lines = {fmt::format("{} is to be solved; w = {}. Which path do you open? (move {} of at "
                              "most {}; to open an answer ends the search)",
                              problem, written(search.weight(), decimals_in(search.weight())),
                              led.moves + 1, kMostMoves)};
    turn.grid = open_list(search, shown, false, {});
    for (size_t k = 0; k < shown.size(); ++k) {
        turn.choices.push_back({std::to_string(k + 1), search.open()[shown[k]].line});
        if (shown[k] == search.best()) turn.usual = std::to_string(k + 1);
    }
    return turn;
}

Values examine_astar(LessonRun& run, const Given& given) {
    run.require("sft");
    run.require("prm");
    const std::string problem = problem_for_hand(run);
    run.tell(0.4, "A* does the same");
    const Measured measured =
        run.solve({problem}, {.method = search::Method::astar, .scorer = "prm"}, kSearchBudget);
    const search::Result& result = measured.results[0];
    ByHand search(run, problem);
    const auto start = search.open(); // after the problem itself
    const Led led = lead(search, given);
    Values values;
    values.set("run", run.run());
    values.set("problem", problem);
    values.set("true_answer", run.world().answer(problem));
    values.set("moves", static_cast<double>(led.moves));
    values.set("same", static_cast<double>(led.same));
    values.set("your_answer", search.answer());
    values.set("spent", static_cast<double>(search.spent()));
    values.set("you_right",
               static_cast<double>(!search.answer().empty() &&
                                   run.world().check_answer(problem, search.answer())));
    values.set("answer", result.answer.empty() ? "(none)" : result.answer);
    values.set("lines", in_words(result.steps));
    values.set("right", static_cast<double>(measured.solved));
    values.set("expanded", static_cast<double>(result.expanded));
    values.set("tokens", static_cast<double>(result.tokens));
    values.set("budget", static_cast<double>(kSearchBudget));
    values.set("weight", search.weight(), decimals_in(search.weight()));

    // The open list after the problem itself: the same for everybody.
    const ByHand fresh(run, problem);
    const auto shown = shown_of(fresh);
    if (shown.size() < 2)
        fail("{}: the tuned model has one step to offer under {}: nothing is to be chosen; `qstar "
             "train pretrain` for longer gives a better one",
             run.run(), problem);
    values.set("list", open_list(fresh, shown, false, {}));
    const auto& first = start[shown[0]];
    const auto& second = start[shown[1]];
    values.set("first_line", first.line);
    values.set("g", rounded(first.g, 3), 3);
    const double p = math::exp(-first.g), score = math::exp(-first.h);
    values.set("p", p, decimals_for(p, first.g));
    values.set("score", score, decimals_for(score, first.h));
    values.set("h", rounded(first.h, 3), 3);
    values.set("f", shown_f(fresh, first), 3);
    values.set("asked_line", second.line);
    values.set("asked_f", shown_f(fresh, second), 3);
    values.set("asked_g", second.g, 3);
    values.set("asked_h", second.h, 3);
    size_t dijkstra = 0;
    for (size_t k = 1; k < shown.size(); ++k)
        if (start[shown[k]].g < start[shown[dijkstra]].g) dijkstra = k;
    values.set("without_h", static_cast<double>(dijkstra + 1));
    for (size_t k = 0; k < shown.size(); ++k)
        if (shown[k] == fresh.best()) values.set("with_h", static_cast<double>(k + 1));
    return values;
}

constexpr std::string_view kNeedsOfAstarByHand[] = {"prm"};

} // namespace

const Experiment astar_by_hand = {"astar-by-hand", kNeedsOfAstarByHand, next_opening,
                                  examine_astar};

} // namespace qstar::eval::lessons
