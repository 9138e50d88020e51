#pragma once
// A proposer: the language model as a search uses it.
//
// It writes next steps, or whole solutions, for many paths in one batch, and says
// what that cost in tokens evaluated. Search algorithms know only this interface;
// GptProposer (gpt_proposer.h) stands behind it, and test doubles do in the tests.

#include "search/problem/path.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace qstar::search {

struct Proposal {
    std::string text;   // the step, without its end token
    bool final = false; // it ended in the answer token
    float log_prob = 0; // of the whole step, end token included, at temperature 1
    int count = 1;      // draws that gave this very step (duplicates are merged)
};

inline bool same_step(const Proposal& a, const Proposal& b) {
    return a.final == b.final && a.text == b.text;
}

struct ProposeRequest {
    Path path;             // not finished
    int samples = 1;       // how many draws
    float temperature = 1; // 0: the most likely text (one draw is enough)
    uint64_t stream = 0;   // which random stream: same stream, same text, whatever the batch
    // Tokens at most: of the draws in order the one that reaches it is cut off, and those after
    // it are not made.
    int64_t limit = INT64_MAX;
    // propose() only: no draws, but the `samples` likeliest steps, each once, without those that
    // are known already. Temperature and stream mean nothing then.
    bool n_best = false;
    std::vector<Proposal> known = {};
    // What a calculator knows it writes: behind "<<48/2=" stands "24>>" (annotations.h). Its tokens
    // cost as others do, and have no part in the log-probability.
    bool calculator = false;
};

struct Proposals {
    std::vector<Proposal> steps; // in order of first appearance; runaway draws are dropped
    int generated = 0;           // draws made
    int64_t tokens = 0;          // of this request, read anew from the prefix on
    // The tokens that went into the model for each draw, those of the prefix included: what a
    // search that keeps what it has read really evaluates (cost/read_tokens.h).
    std::vector<std::vector<int>> read = {};
};

struct Solution {
    Path path;                    // finished unless it ran away (context or step limit)
    std::vector<float> log_probs; // one for each step that was added
    int64_t tokens = 0;
    std::vector<int> read = {}; // as Proposals::read
};

class Proposer {
  public:
    virtual ~Proposer() = default;
    // Next steps; one result a request, in order.
    virtual std::vector<Proposals> propose(std::span<const ProposeRequest> requests) = 0;
    // Whole solutions from each path on: `samples` solutions a request, in order. One that the
    // limit cut off is an unfinished one without further steps.
    virtual std::vector<std::vector<Solution>>
    complete(std::span<const ProposeRequest> requests) = 0;
    // What the prefix of a request costs, whatever is drawn. From any thread.
    virtual int64_t prefix_tokens(const Path& path) const = 0;
    // The tokens of that prefix, and the multiply-adds of one of them. From any thread. Doubles of
    // tests read none.
    virtual std::vector<int> tokens_of(const Path&) const { return {}; }
    virtual double multiply_adds() const { return 1; }
};

} // namespace qstar::search
