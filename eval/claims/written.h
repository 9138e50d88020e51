#pragma once
// Greedy writing after any tokens at all: what a model makes of a worksheet that was begun
// by others, or of a line that does not end as it should. (search/models/gpt_proposer.h only ever
// shows a model whole and well-formed paths.)

#include "engine/nn/gpt.h"
#include "search/problem/path.h"
#include "search/problem/world.h"
#include "tokenizer/bpe.h"
#include "train/data/problem_source.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace qstar::eval {

// One path a prompt: the steps that the likeliest tokens make, until the answer token,
// another special token, max_tokens, or the end of the context. `step_as`: what the model is
// fed when it has written the step token; -1: that token.
std::vector<search::Path> write_greedily(const engine::Gpt& model,
                                         const tokenizer::Tokenizer& tokenizer,
                                         std::span<const std::vector<int>> prompts,
                                         std::span<const std::string> problems, int max_tokens = 64,
                                         int step_as = -1);

// The pupil with the largest share of the class who is no expert; null if there is none.
const train::Pupil* usual_pupil(const train::ProblemSource& source); // imitation.cpp

// A worksheet that others have begun, all of its items ending in a right or all in a wrong answer.
struct WorksheetItem {
    std::string problem;
    std::vector<std::string> lines;
    std::vector<int> tokens;
};
inline constexpr int kMostItems = 3;
// The first `items` of at most three, the same ones whether one, two or three are asked for; from
// the training side, short enough to leave room for the others and for a solution of `problem`.
// Error if the class writes none that are.
std::vector<WorksheetItem> items_before(const search::World& world,
                                        const train::ProblemSource& source,
                                        const tokenizer::Tokenizer& tokenizer,
                                        const std::string& problem, int items, bool right,
                                        int64_t context, uint64_t seed);
// kMostItems of them before each problem.
using BegunSheets = std::vector<std::vector<WorksheetItem>>;
BegunSheets begun_sheets(const search::World& world, const train::ProblemSource& source,
                         const tokenizer::Tokenizer& tokenizer,
                         std::span<const std::string> problems, bool right, int64_t context,
                         uint64_t seed);
// The tokens of these items and of the problem after them.
std::vector<int> worksheet_prompt(const tokenizer::Tokenizer& tokenizer,
                                  std::span<const WorksheetItem> items, const std::string& problem);
// The same of each problem, after the first `items` of its sheet.
std::vector<std::vector<int>> worksheet_prompts(const tokenizer::Tokenizer& tokenizer,
                                                const BegunSheets& sheets, int items,
                                                std::span<const std::string> problems);

} // namespace qstar::eval
