#pragma once
// Ranks as a file: which of two solutions of a problem somebody likes better.
//
// One line a pair, TRL's "preference" form, which most data sets of preferences come in
// (a solution is its lines, joined by line feeds; the last line is its answer):
//   {"prompt": "3*(4+5)-2", "chosen": "3*9-2\n27-2\n25", "rejected": "7-2\n5"}
// and "chosen_steps", "rejected_steps" besides where reading a text would not give its steps (an
// empty line). Each may be a chat (texts.h). Without a prompt, as TRL has it by default, both
// begin with it: with the same user's message, or, as texts, with the same first line.
//
// Annotators disagree: a pair may stand there in both orders, and both count.
//
// An order of K solutions is K(K-1)/2 such lines, one after the other. They come back as one
// ranking: Ouyang et al. (2022, section 3.5) found that a model overfits when it sees the
// pairs of one prompt in different batches, so they stay together.

#include "engine/text/bad_lines.h"
#include "engine/text/json.h"

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace qstar::train {

struct RankedPair {
    std::string problem;
    std::vector<std::string> chosen, rejected; // lines of the solutions
    std::string where = {};                    // FILE:LINE
};
Json json_of(const RankedPair& pair);

// Error FILE:LINE for a line that is no such object, for an empty solution, and for a
// solution that is said to be better than itself; or bad lines go to `bad`.
std::vector<RankedPair> read_ranks(const std::string& path, BadLines& bad);
std::vector<RankedPair> read_ranks(const std::string& path);

// All pairs of one problem that stand side by side in a file.
struct Ranking {
    std::string problem;
    std::vector<std::vector<std::string>> outputs; // different ones, as they appear
    std::vector<std::pair<size_t, size_t>> pairs;  // (better, worse), of outputs
    std::string where = {};                        // FILE:LINE of the first
};
std::vector<Ranking> rankings_of(std::span<const RankedPair> pairs);

// What is said by an order: places[i] is the place of output i, 1 the best; equal places are
// equally good and give no pair. In the order of the outputs' places, best first.
std::vector<RankedPair> pairs_of(const std::string& problem,
                                 std::span<const std::vector<std::string>> outputs,
                                 std::span<const int> places);

} // namespace qstar::train
