#pragma once
// What a run's corpus is made of; all stages draw their problems from the same.

#include "search/worlds/equations/equations.h"
#include "search/worlds/words/story.h"
#include "train/data/worlds/countdown_class.h"
#include "train/data/worlds/countdown_search.h"
#include "train/data/worlds/problem_config.h"
#include "train/data/worlds/pupils.h"
#include "train/run/run.h"

#include <string>
#include <vector>

namespace qstar::train {

struct CorpusOptions : StageOptions {
    std::string world = "arithmetic"; // or countdown, equations, words (problem_source.h)
    int64_t tokens = 14'000'000;      // of the worksheets, at least
    int64_t curated = 128;            // items of the curated set
    std::string curate = "answers";   // who is in it: "answers", anyone's work with a right answer,
                                      // or "experts"
    int64_t items = 4;                // a worksheet
    double experts = 0.2;             // their share of the worksheets
    std::vector<std::string> pupils;  // changes to the class: "slipper=0.3:0.5"
    double warm = 0.15;               // share of the tokens, at the beginning, with short problems
    int warm_operands = 3;            // at most, in the warm part
    ProblemConfig problems;           // of arithmetic
    CountdownConfig countdown;
    SearchTexts texts; // of countdown's form search
    search::EquationConfig equations;
    search::StoryConfig stories; // of words
};

// The kind of arithmetic problems that the run's corpus was made of, from its config.json.
ProblemConfig problems_of(const std::string& run);

void describe(Flags& f, CorpusOptions& o);
// Error for flags that no corpus can be made with.
void check(const CorpusOptions& options);
// The class that the flags describe, of arithmetic.
std::vector<Pupil> class_of(const CorpusOptions& options);

} // namespace qstar::train
