#pragma once
// Batched sampling with a key/value cache.
//
// Draws that have written the same tokens so far are one branch: the model evaluates it
// once for all of them, each draw takes its next token by its own random stream, and
// where they part the branch forks. Branches join the batch as others end. What was
// evaluated is kept for later calls, as a search comes back to paths that it has drawn
// (engine/decode/prefix_cache.h).

#include "engine/base/random.h"
#include "engine/decode/cached_decoder.h"
#include "engine/decode/sampling.h"
#include "search/models/proposer.h"
#include "tokenizer/form_reader.h"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::search {

struct ProposerLimits {
    int step_tokens = 48; // longest step, without its end token
    int steps = 24;       // longest solution
    int slots = 256;      // draws evaluated at once; the cache has room for so many contexts
    int top_k = 0;        // of all draws (sampling.h); 0: all tokens
    float top_p = 1;      // of all draws; 1: all tokens
    bool keep = true;     // what was evaluated, for later calls; changes no result
};

// One draw: the steps it has ended, and the one it is writing.
struct Draw {
    int request = 0;
    int first_step = 0; // steps the path had before
    Random random;
    int next = 0;            // the token it has just drawn
    float next_log_prob = 0; // its log-probability
    std::string text;        // of the open step
    int text_tokens = 0;     // in the open step
    float log_prob = 0;      // of the open step
    int64_t tokens = 0;      // that went into the model after the prefix
    std::vector<int> read;   // what went into the model, the prefix included
    bool finished = false;   // ended in the answer token
    std::vector<std::string> steps;
    std::vector<float> log_probs;
};

// What all draws of a proposer obey.
struct DrawRules {
    const tokenizer::Tokenizer& tokenizer;
    const tokenizer::FormReader& form;
    const ProposerLimits& limits;
    bool for_heads; // all that is drawn is kept, for heads that rate it on the same trunk
};

// The draws of one lane, on one decoder. Not thread-safe; lanes with decoders of their own are
// independent of each other.
class DrawBatch {
  public:
    // So many slots of the trunk are the batch's; a draw ends after max_steps steps. What it is
    // given must outlive it.
    DrawBatch(const DrawRules& rules, std::span<const ProposeRequest> requests,
              engine::CachedDecoder& trunk, int slots, int max_steps);

    // Draws of one request, all behind the same prefix.
    void add(int request, std::vector<int> prefix, std::vector<Draw> draws);
    // All of them to their ends.
    void run();
    // In the order in which they were added.
    std::vector<Draw>& draws() { return draws_; }

  private:
    // Draws that have written the same tokens so far.
    struct Branch {
        int slot = 0;
        std::vector<int> tokens; // prefix and what was drawn
        size_t fed = 0;          // of them in the cache
        std::vector<size_t> draws;
    };

    void admit();
    void sample();
    void advance();
    void calculate(Branch& branch);
    bool take(Draw& draw, int token, float log_prob) const;

    DrawRules rules_;
    std::span<const ProposeRequest> requests_;
    engine::CachedDecoder& trunk_;
    int slots_, max_steps_;
    std::map<int, std::vector<int>> prefixes_; // by request
    std::vector<Draw> draws_;
    size_t next_ = 0; // the first draw that has not been admitted
    std::vector<Branch> branches_;
    std::vector<int> free_slots_;
    std::vector<engine::Decoder::Feed> feeds_; // of a step, kept for the next one
    std::vector<engine::TokenDraw> tokens_;
};

// The first `slots` slots, cleared: the first one last.
std::vector<int> cleared_slots(engine::CachedDecoder& trunk, int slots);

// What a calculator writes behind the open text; nothing if it knows nothing, or if the context has
// no room for that behind `written` tokens.
std::vector<int> calculator_tokens(const tokenizer::Tokenizer& tokenizer, std::string_view open,
                                   size_t written, int64_t context);

} // namespace qstar::search
