#include "search/spaces/puzzle_account.h"

#include <algorithm>

namespace qstar::search {

void describe_puzzle_budgets(Flags& f, PuzzleOptions& o) {
    search_option(f, "nodes", o.nodes);
    search_option(f, "evaluations", o.evaluations);
    f.mark("anytime", o.anytime, "after a solution, look for shorter ones");
    f.mark("hashed", o.hashed,
           "beam: keep the beam's states only, and of others hashes: for 65536 states and more")
        .only_if(o.hashed);
    f.number("views", o.views, 1, 96,
             "solve so many images of the start, by symmetries and inverses; the shortest counts")
        .only_if(o.views != 1);
}

void check(const PuzzleOptions& options) {
    PuzzleOptions checked = options;
    Flags f;
    describe(f, checked.shared);
    describe_puzzle_budgets(f, checked);
    check(f);
}

int64_t node_budget(const PuzzleOptions& options) {
    if (options.nodes > 0) return options.nodes;
    return options.hashed ? int64_t{200} * options.shared.width : 1'000'000;
}

PuzzleAccount::PuzzleAccount(const Space& puzzle, Heuristic* heuristic, QFunction* q,
                             const PuzzleOptions& options)
    : puzzle_(puzzle), heuristic_(heuristic), q_(q), options_(options),
      begin_(std::chrono::steady_clock::now()) {
    check(options);
    options_.nodes = node_budget(options);
}

double PuzzleAccount::seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
}

bool PuzzleAccount::spent(int64_t nodes) {
    if (nodes >= options_.nodes)
        result_.ended = "nodes";
    else if (options_.evaluations > 0 && result_.evaluations >= options_.evaluations)
        result_.ended = "evaluations";
    else if (options_.shared.seconds > 0 && seconds() >= options_.shared.seconds)
        result_.ended = "seconds";
    if (!result_.ended.empty() && telling()) say("the budget is spent: " + result_.ended);
    return !result_.ended.empty();
}

size_t PuzzleAccount::paid(size_t rates) const {
    if (options_.evaluations == 0) return rates;
    const int64_t left = std::max<int64_t>(0, options_.evaluations - result_.evaluations);
    return std::min(rates, static_cast<size_t>(left));
}

PuzzleResult PuzzleAccount::close(bool solved) {
    result_.solved = solved;
    if (result_.ended.empty()) result_.ended = solved ? "solved" : "exhausted";
    result_.seconds = seconds();
    return std::move(result_);
}

} // namespace qstar::search
