#pragma once
// The meter: every call of a model that a search makes goes through it, so that no search spends
// more than its budget. It counts twice (method.h): each request read anew, and what is evaluated
// (read_tokens.h); the budget is of one of them.
//
// What a prefix and a rating cost is known before the call (prefix_tokens, score_tokens), how
// long a text gets is not. So first as many draws are asked for as the rest of the budget buys,
// their rating included, at the price of the draws so far (at first: as long as the prefix);
// then the draws of a call have a limit, and the draw that reaches it is cut off. What cannot
// be rated any more is worth 0. The budget of seconds is looked at before each round: the
// round under way ends.

#include "search/cost/read_tokens.h"
#include "search/models/method.h"

#include <chrono>
#include <span>
#include <vector>

namespace qstar::search {

struct Rating {
    double score = 0;         // aggregated; 0 if the budget did not pay for it
    std::vector<float> steps; // empty then
};

// Belongs to one search of one problem; not thread-safe.
class Meter {
  public:
    // `scorer` may be null. Tokens and draws are counted into `result`.
    Meter(Proposer& proposer, Scorer* scorer, const Options& options, Result& result);

    bool has_scorer() const { return scorer_ != nullptr; }
    // Whether a budget is at its end; result.ended then says which: "tokens" or "seconds".
    bool spent();
    // Draws next steps. `requests` is cut to what can be paid, first in draws, then from the
    // back, and holds what was asked; if that is nothing, the budget is at its end.
    std::vector<Proposals> propose(std::vector<ProposeRequest>& requests);
    // Draws whole solutions of one path; the last one may be cut off.
    std::vector<Solution> complete(ProposeRequest request);
    // Rates paths in order, as far as the budget goes. Only with a scorer. By default the scores
    // of the steps are aggregated as the options say.
    std::vector<Rating> score(std::span<const Path> paths) {
        return score(paths, options_.aggregate);
    }
    std::vector<Rating> score(std::span<const Path> paths, Aggregate how);
    // How many whole solutions of a problem can be paid, at the price of those drawn so far.
    int64_t solutions(const Path& problem, int64_t drawn) const;

  private:
    bool by_evaluated() const { return options_.cost == Cost::evaluated; }
    double spent_tokens() const {
        return by_evaluated() ? result_.evaluated : static_cast<double>(result_.tokens);
    }
    double left() const { return static_cast<double>(options_.budget) - spent_tokens(); }
    double price_of_prefix(const Path& path, int64_t length) const;
    double price_of_score(const Path& path) const;
    void read_by_policy(std::span<const int> tokens);
    void read_by_scorer(const Path& path);

    Proposer& proposer_;
    Scorer* scorer_;
    const Options& options_;
    Result& result_;
    std::chrono::steady_clock::time_point begin_;
    double drawn_ = 0, drawn_tokens_ = 0, rated_ = 0; // steps, what they cost, paths rated
    ReadTokens by_policy_, by_scorer_;
    double scorer_weight_ =
        1; // multiply-adds of a token of the scorer's own, relative to the policy's
};

} // namespace qstar::search
