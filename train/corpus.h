#pragma once
// The corpus: what the class hands in, and a small curated set.
//
//   DIR/corpus/worksheets.jsonl  {"pupil": "slipper", "warm": false, "text": "<|endoftext|>..."}
//   DIR/corpus/curated.jsonl     {"problem": "3*(4+5)-2", "solution": ["3*9-2", "27-2", "25"],
//                                 "text": "<|endoftext|><|problem|>..."}
// A worksheet is some items in a row by one pupil. No line of any of them is a
// held-out expression (split.h): such items are thrown away and drawn again.

#include "engine/io/bad_lines.h"
#include "search/worlds/equations.h"
#include "search/worlds/story.h"
#include "train/countdown_class.h"
#include "train/countdown_search.h"
#include "train/problems.h"
#include "train/pupils.h"
#include "train/run.h"

#include <string>
#include <vector>

namespace qstar::train {

struct Classroom;

struct CorpusOptions : StageOptions {
    std::string world = "arithmetic"; // or countdown, equations, words (classroom.h)
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

// Writes both files, and DIR/tokenizer (256 bytes, 4 special tokens, no merges) if
// there is none.
void corpus(const CorpusOptions& options);

// The kind of arithmetic problems that the run's corpus was made of, from its config.json.
ProblemConfig problems_of(const std::string& run);

// Error for flags that no corpus can be made with.
void check(const CorpusOptions& options);
// The class that the flags describe, of arithmetic.
std::vector<Pupil> class_of(const CorpusOptions& options);

// One item of the training side: a problem and its lines, none of them held out.
struct Item {
    std::string problem;
    std::vector<std::string> lines;
};
Item draw_item(const Classroom& room, const Pupil& pupil, Random& random);

struct Worksheet {
    std::string pupil, text;
    bool warm = false;
};
std::vector<Worksheet> read_worksheets(const std::string& path);

struct CuratedItem {
    std::string problem;
    std::vector<std::string> solution;
    std::string where = {}; // FILE:LINE
};
// Of this form, or of GSM8K's (search/worlds/gsm8k.h), by the fields that a line has. Error
// FILE:LINE; or bad lines go to `bad`, for the caller to settle.
std::vector<CuratedItem> read_curated(const std::string& path, BadLines& bad);
std::vector<CuratedItem> read_curated(const std::string& path);

} // namespace qstar::train
