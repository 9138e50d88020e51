#pragma once
// A path as token ids, for the models: in the form that the tokenizer's texts have (form.h).
//
// In ours the ids are those of text_of(path), except that a problem or a step that contains
// "<|answer|>" and the like has it as plain characters: nothing that a user or a model wrote
// becomes a mark.

#include "search/problem/path.h"
#include "tokenizer/form_reader.h"

#include <vector>

namespace qstar::search {

struct EncodedPath {
    std::vector<int> tokens;
    std::vector<int> ends; // for each step, where in `tokens` its end token stands
    size_t prompt = 0;     // tokens of the problem, before the first step

    // Where step `step` (from 0) begins; of as many steps as there are, where the next would.
    size_t begin_of(size_t step) const {
        return step == 0 ? prompt : static_cast<size_t>(ends[step - 1]) + 1;
    }
};

EncodedPath encode(const tokenizer::FormReader& form, const Path& path);
EncodedPath encode(const tokenizer::Tokenizer& tokenizer, const Path& path);

} // namespace qstar::search
