#include "eval/studies/game24.h"

#include "engine/base/error.h"
#include "engine/base/range.h"
#include "engine/io/files.h"
#include "engine/io/progress.h"
#include "engine/run/run_folder.h"
#include "engine/text/json.h"
#include "engine/text/jsonl.h"
#include "eval/measure/overlap.h"
#include "eval/measure/quantile.h"
#include "search/models/gpt_proposer.h"
#include "search/models/gpt_scorer.h"
#include "search/results.h"
#include "search/solve.h"
#include "search/worlds/countdown/countdown.h"
#include "search/worlds/make_world.h"
#include "train/data/classroom.h"
#include "train/run/form.h"
#include "train/run/run.h"

#include <algorithm>
#include <chrono>
#include <optional>

namespace qstar::eval {

namespace {

std::string markdown(const std::vector<Game24Row>& rows, const Game24Options& options,
                     int64_t lines) {
    std::string out = fmt::format(
        "Game of 24, {} hands that can be solved, seed {}, policy {}. Solved of them within so "
        "many model tokens a hand, proposed and scored; the goal is public. No hand stands in any "
        "of the {} lines of the run's training texts, and no training problem has the target "
        "24.\n\n| method |",
        rows.front().n, options.seed, options.policy, lines);
    for (const int64_t budget : options.budgets) out += fmt::format(" {} |", budget);
    out += " % | 95 % interval | median tokens | median proposals | expanded | seconds |\n|---|";
    for (size_t i = 0; i < options.budgets.size() + 6; ++i) out += "---:|";
    out += "\n";
    for (const Game24Row& row : rows) {
        out += fmt::format("| {} |", row.method);
        for (const int64_t solved : row.solved) out += fmt::format(" {} |", solved);
        out +=
            fmt::format(" {:.1f} | {:.1f} - {:.1f} | {:.0f} | {:.0f} | {:.1f} | {:.0f} |\n",
                        100.0 * static_cast<double>(row.solved.back()) / static_cast<double>(row.n),
                        100 * row.interval.low, 100 * row.interval.high, row.median_tokens,
                        row.median_proposals, row.expanded, row.seconds);
    }
    return out;
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
    f.list("budgets", o.budgets, 1, most, "tokens a hand, rising: 100,1000");
    f.number("hands", o.hands, 0, most, "so many of them only; 0: all 1362");
    f.number("proposals", o.proposals, 1, 1'000'000, "steps drawn for each expanded path");
    f.number("width", o.width, 1, most, "of the beam");
    f.number("weight", o.weight, 0, most, "of h in Q*'s f = g + weight * h");
    f.number("temperature", o.temperature, 0, 100, "of all draws but greedy's");
}

void game24(const Game24Options& options) {
    if (options.budgets.empty() || options.budgets.front() < 1 ||
        !std::is_sorted(options.budgets.begin(), options.budgets.end()))
        fail("--budgets: expected numbers of tokens from 1 on that rise");
    check(flags_of(options));
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
    const tokenizer::Tokenizer tokenizer = train::load_tokenizer(options.run);
    const engine::Gpt policy = train::load_model(options.run, options.policy);
    search::GptProposer proposer(policy, tokenizer, options.seed, train::limits_of(options.run));
    std::optional<engine::Gpt> values;
    std::optional<search::GptScorer> scorer;
    if (options.scorer != "none")
        scorer.emplace(values.emplace(train::load_model(options.run, options.scorer)), tokenizer);

    std::vector<Game24Row> rows;
    const auto measure = [&](const std::string& name, search::Method method,
                             search::Scorer* judge) {
        search::Options with;
        with.budget = method == search::Method::greedy ? int64_t{1} << 30 : options.budgets.back();
        with.samples = static_cast<int>(options.budgets.back());
        with.proposals = options.proposals;
        with.width = options.width;
        with.weight = options.weight;
        with.temperature = static_cast<float>(options.temperature);
        with.aggregate = search::Aggregate::last;
        with.stream = options.seed;
        search::know_world(with, *world);
        Progress progress(name, static_cast<int64_t>(hands.size()), "hands", 0, options.quiet);
        const auto begin = std::chrono::steady_clock::now();
        const auto results = search::solve(hands, method, proposer, judge, with, [&](size_t n) {
            progress.update(static_cast<int64_t>(n));
        });
        std::vector<bool> solved;
        for (size_t i = 0; i < hands.size(); ++i)
            solved.push_back(search::is_right(*world, {hands[i], hands[i], {}}, results[i]));
        rows.push_back(row_of(name, results, solved, options.budgets));
        rows.back().seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        progress.finish(fmt::format("{} solved", rows.back().solved.back()));
    };
    measure("greedy", search::Method::greedy, nullptr);
    measure("best of N", search::Method::best_of_n, nullptr);
    if (!train::contains_search(options.run)) { // else only whole texts are drawn
        measure("beam", search::Method::beam, nullptr);
        measure("MCTS", search::Method::mcts, scorer ? &*scorer : nullptr);
        measure("A*", search::Method::astar, nullptr);
        if (scorer) measure("Q*", search::Method::qstar, &*scorer);
    }

    Json table = Json::array();
    for (const Game24Row& row : rows)
        table.push_back({{"method", row.method},
                         {"solved", row.solved},
                         {"n", row.n},
                         {"low", row.interval.low},
                         {"high", row.interval.high},
                         {"median_tokens", row.median_tokens},
                         {"median_proposals", row.median_proposals},
                         {"expanded", row.expanded},
                         {"seconds", row.seconds}});
    write_json(options.run + "/game24.json", Json{{"seed", options.seed},
                                                  {"policy", options.policy},
                                                  {"scorer", options.scorer},
                                                  {"budgets", options.budgets},
                                                  {"proposals", options.proposals},
                                                  {"width", options.width},
                                                  {"weight", options.weight},
                                                  {"temperature", options.temperature},
                                                  {"training_lines_compared", lines},
                                                  {"rows", table}});
    const std::string text = markdown(rows, options, lines);
    write_file_atomic(options.run + "/game24.md", text);
    fmt::print("\n{}", text);
}

} // namespace qstar::eval
