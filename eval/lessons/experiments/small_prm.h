#pragma once
// A small PRM from a few labels, and how well any PRM tells right steps from wrong ones (lesson 6).

#include "eval/lessons/experiments/lesson_run.h"
#include "search/models/gpt_scorer.h"
#include "train/data/labels.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace qstar::eval::lessons {

// How the run's PRM was made, and the small ones are: by a scalar head, or as a language model that
// goes on being one (train/supervised/text_judge.h), from which policy.
struct PrmKind {
    bool text = false;
    std::string from = "sft";
};
PrmKind prm_kind(LessonRun& run);

// The file of the model that learns from a file of labels, of the run's kind; `who` names it, and
// `from` is the share of the experiment that is over. Killed, it goes on when it is called again.
std::string train_prm(LessonRun& run, const std::string& who, const std::string& labels,
                      double from);

struct Telling {
    double auc = 0, agreed = 0; // right before wrong; on the right side of 1/2
};
Telling tells(search::GptScorer& scorer, std::span<const train::StepLabels> held_out);

} // namespace qstar::eval::lessons
