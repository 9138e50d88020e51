#pragma once
// What a lesson needs and its run lacks, made live: small stages of the lesson's own, in
// RUN/lessons/STAGE, from the run's tuned model. The run's own stages stay as they are, and are
// taken as soon as they are there. Base and tuned model are not made so: they are asked for by
// their commands.

#include "engine/base/error.h"
#include "eval/lessons/experiments/lesson_run.h"
#include "train/run/trainer.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::eval::lessons {

// Those of the stages, and of what they are made from, that the run itself does not have, in the
// order in which they are made.
std::vector<std::string> lacking(const LessonRun& run, std::span<const std::string_view> needs);

// Makes them, and tells how far it is; those that are finished take no time. Killed, it goes on
// when it is called again.
void make_lacking(LessonRun& run, std::span<const std::string_view> needs);

// A small training: killed, it goes on when it is called again; of another input than this, it is
// made anew.
template <class Options>
void train_small(Options options, train::StageOptions& (*stage_of)(Options&),
                 train::Outcome (*train)(const Options&)) {
    try {
        train(options);
    } catch (const Error&) {
        stage_of(options).force = true;
        train(options);
    }
}

} // namespace qstar::eval::lessons
