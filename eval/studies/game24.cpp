#include "eval/studies/game24.h"

#include "engine/base/error.h"
#include "engine/base/range.h"
#include "engine/io/files.h"
#include "engine/run/run_folder.h"
#include "engine/text/joined.h"
#include "eval/measure/measure.h"
#include "eval/measure/overlap.h"
#include "eval/measure/quantile.h"
#include "eval/measure/study.h"
#include "eval/measure/table.h"
#include "search/worlds/countdown/countdown_solver.h"
#include "search/worlds/make_world.h"
#include "train/data/problem_source.h"
#include "train/run/corpus_format.h"
#include "train/run/run.h"

#include <algorithm>
#include <fmt/core.h>

namespace qstar::eval {

namespace {

Table table_of(const std::vector<Game24Row>& rows) {
    Table table({{"method", "method", Column::Kind::text},
                 {"solved", "solved within each budget"},
                 {"n", ""},
                 {"", "% of the last", Column::Kind::share_in_one},
                 {"median_tokens", "median tokens"},
                 {"median_proposals", "median proposals"},
                 {"expanded", "expanded", Column::Kind::number, 1},
                 {"seconds", "seconds"}});
    for (const Game24Row& row : rows)
        table.add({row.method, row.solved, row.n,
                   Estimate{static_cast<double>(row.solved.back()) / static_cast<double>(row.n),
                            row.interval},
                   row.median_tokens, row.median_proposals, row.expanded, row.seconds});
    return table;
}

std::string introduction(const Game24Row& any, const Game24Options& options, int64_t lines) {
    return fmt::format(
        "Game of 24, {} hands that can be solved, seed {}, policy {}. Solved of them within {} "
        "model tokens a hand, proposed and scored; the goal is public. No hand stands in any of "
        "the {} lines of the run's training texts, and no training problem has the target 24.\n\n",
        any.n, options.seed, options.policy, joined(options.budgets, ", "), lines);
}

} // namespace

std::vector<std::string> hands_of_24() {
    search::CountdownSolver solver(search::rational(24));
    std::vector<std::string> hands;
    for (int64_t a = 1; a <= 13; ++a)
        for (int64_t b = a; b <= 13; ++b)
            for (int64_t c = b; c <= 13; ++c)
                for (int64_t d = c; d <= 13; ++d) {
                    const search::Hand hand{{search::rational(a), search::rational(b),
                                             search::rational(c), search::rational(d)},
                                            search::rational(24)};
                    if (solver.solvable(hand.numbers)) hands.push_back(print(hand));
                }
    return hands;
}

Game24Row row_of(const std::string& method, const std::vector<search::Result>& results,
                 const std::vector<bool>& solved, const std::vector<int64_t>& budgets) {
    Game24Row row;
    row.method = method;
    row.n = static_cast<int64_t>(results.size());
    for (const int64_t budget : budgets) {
        row.solved.push_back(0);
        for (size_t i = 0; i < results.size(); ++i)
            row.solved.back() += solved[i] && results[i].tokens <= budget;
    }
    row.interval = wilson(row.solved.back(), row.n);
    std::vector<double> tokens, proposals;
    for (const search::Result& result : results) {
        tokens.push_back(static_cast<double>(result.tokens));
        proposals.push_back(static_cast<double>(result.generated));
        row.expanded += static_cast<double>(result.expanded) / static_cast<double>(row.n);
    }
    row.median_tokens = median(std::move(tokens));
    row.median_proposals = median(std::move(proposals));
    return row;
}

void describe(Flags& f, Game24Options& o) {
    f.text("run", o.run, "the run's folder");
    f.seed(o.seed);
    f.text("policy", o.policy, "stage whose model proposes");
    f.text("scorer", o.scorer, "stage whose Q guides Q*, or none");
    describe_budgets(f, o.budgets);
    f.number("hands", o.hands, 0, kMost, "so many of them only; 0: all 1362");
    describe(f, o.search);
}

void game24(const Game24Options& options) {
    check(flags_of(options));
    check_rising(options.budgets);
    require_run(options.run);
    const auto world = search::make_world(train::world_of(options.run, "countdown"));
    if (options.scorer != "none") train::require_steps(options.run, "eval game24 --scorer");
    std::vector<std::string> hands = hands_of_24();
    const int64_t lines = check_overlap(options.run, hands);
    if (options.hands > 0 && options.hands < static_cast<int64_t>(hands.size())) {
        std::vector<std::string> some;
        for (int64_t i = 0; i < options.hands; ++i)
            some.push_back(
                hands[static_cast<size_t>(i) * hands.size() / static_cast<size_t>(options.hands)]);
        hands = std::move(some);
    }
    const std::vector<search::ProblemLine> problems = lines_of(hands);
    search::StageModels models(options.run, options.seed, train::limits_of(options.run));
    Experiment experiment{*world, problems, models};
    experiment.seed = options.seed;
    experiment.search = options.search;
    experiment.quiet = options.quiet;

    std::vector<Game24Row> rows;
    const auto add = [&](const std::string& name, search::Method method,
                         const std::string& scorer = "none") {
        const LadderEntry entry{name, method, options.policy, scorer, search::Aggregate::last};
        const Measured measured = measure(
            experiment, entry, method == search::Method::greedy ? 0 : options.budgets.back());
        rows.push_back(row_of(name, measured.results, measured.right, options.budgets));
        rows.back().seconds = measured.seconds;
    };
    add("greedy", search::Method::greedy);
    add("best of N", search::Method::best_of_n);
    if (!train::contains_search(options.run)) { // else only whole texts are drawn
        add("beam", search::Method::beam);
        add("MCTS", search::Method::mcts, options.scorer);
        add("A*", search::Method::astar);
        if (options.scorer != "none") add("Q*", search::Method::qstar, options.scorer);
    }

    const Table table = table_of(rows);
    write_study(join_path(options.run, "game24"), options,
                {{"training_lines_compared", lines}, {"rows", table.json()}},
                introduction(rows.front(), options, lines) + table.markdown());
}

} // namespace qstar::eval
