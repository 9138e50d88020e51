#pragma once
// The corpus: what the class hands in, and a small curated set.
//
//   DIR/corpus/worksheets.jsonl  {"pupil": "slipper", "warm": false, "text": "<|endoftext|>..."}
//   DIR/corpus/curated.jsonl     {"problem": "3*(4+5)-2", "solution": ["3*9-2", "27-2", "25"],
//                                 "text": "<|endoftext|><|problem|>..."}
// A worksheet is some items in a row by one pupil. No line of any of them is a
// held-out expression (split.h): such items are thrown away and drawn again.

#include "engine/text/bad_lines.h"
#include "train/data/corpus_options.h"

#include <string>
#include <vector>

namespace qstar::train {

struct ProblemSource;
struct Pupil;

// Writes both files, and DIR/tokenizer (256 bytes, 4 special tokens, no merges) if
// there is none.
void corpus(const CorpusOptions& options);

// The flags --experts and --pupil that make the class on a corpus's record; {} without one.
Json class_flags(const Json& record);

// One item of the training side: a problem and its lines, none of them held out.
struct Item {
    std::string problem;
    std::vector<std::string> lines;
};
Item draw_item(const ProblemSource& room, const Pupil& pupil, Random& random);

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
// Of this form, or of GSM8K's (search/worlds/words/gsm8k.h), by the fields that a line has. Error
// FILE:LINE; or bad lines go to `bad`, for the caller to settle.
std::vector<CuratedItem> read_curated(const std::string& path, BadLines& bad);
std::vector<CuratedItem> read_curated(const std::string& path);

} // namespace qstar::train
