#pragma once
// Learning from given rows by a recipe until the loss on rows that are never trained on is low:
// our side, and what both sides learn from.

#include "engine/nn/gpt.h"
#include "engine/optim/optimiser.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace qstar::eval {

// What there is to learn. Rows of T + 1 tokens, one behind another; target t is token t + 1.
struct Lesson {
    std::string name;
    engine::GptConfig config;    // its context is T
    int64_t batch = 1;           // rows a step of the plain recipe
    std::vector<int> rows;       // as many as all its steps take
    std::vector<int> validation; // rows that are never trained on
    double goal = 0;             // mean loss on them

    int64_t count() const; // rows
};

// How it is learned: AdamW, or Muon for the hidden matrices, along a cosine over `steps`.
struct Recipe {
    std::string name;
    engine::OptimiserConfig optimiser;
    double lr = 1e-3, floor = 1e-4, muon_lr = 0.02; // floor: where lr ends
    int64_t warmup = 100, steps = 1;
    int64_t batch = 1; // rows a step
};

// Characters of `text`, each byte that occurs one token; the last tenth of it is for validation.
// Windows at random, as many as the steps take, and at most 512 of validation, evenly spread.
// Error if the text is too short for its windows.
Lesson lesson_of_text(const std::string& text, engine::GptConfig config, int64_t batch,
                      int64_t steps);
// The run's worksheets, packed as `train pretrain` packs them. Error if it has none.
Lesson lesson_of_run(const std::string& run, engine::GptConfig config, int64_t batch,
                     int64_t steps);

struct Progressed {
    double seconds = 0; // of the steps alone
    double loss = 0;    // then, on the validation rows
};

class Learning {
  public:
    // The lesson must outlive it.
    Learning(const Lesson& lesson, const Recipe& recipe, engine::Gpt model);
    Progressed learn(int64_t steps); // Error if there are no rows for so many more
  private:
    double validation_loss();

    const Lesson& lesson_;
    Recipe recipe_;
    engine::Gpt model_;
    engine::Optimiser optimiser_;
    engine::Tape tape_;
    int64_t step_ = 0;
};

} // namespace qstar::eval
