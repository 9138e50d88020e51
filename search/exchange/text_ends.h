#pragma once
// Which tokens begin and end a text of a run's models.
//
// A model of others has said so in its generation_config.json, which lies beside the run's
// tokenizer. The worksheets of ours stand between two <|endoftext|>, and a fine-tuned model knows
// nothing behind <|answer|>.

#include "engine/formats/hf_config.h"
#include "tokenizer/bpe.h"

#include <string>
#include <vector>

namespace qstar::search {

struct RunEnds {
    std::vector<int> begin; // that stand before a text
    std::vector<int> end;   // each of them ends it
    int bos = -1; // what files name as the begin, also where no text begins with it; -1: none
};
// Error for an id that no token has.
RunEnds ends_of(const std::string& run, const tokenizer::Tokenizer& tokenizer);

// As Hugging Face's files have it.
engine::TextEnds as_configured(const RunEnds& ends);

std::string ends_file(const std::string& run); // RUN/tokenizer/generation_config.json

// The id of a token of that name that is special, or -1.
int special_id(const tokenizer::Tokenizer& tokenizer, std::string_view name);

} // namespace qstar::search
