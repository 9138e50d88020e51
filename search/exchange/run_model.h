#pragma once
// A run's model and the tokenizer that it was made with.

#include "engine/nn/gpt.h"
#include "tokenizer/bpe.h"

#include <string>

namespace qstar::search {

struct RunModel {
    engine::Gpt gpt;
    tokenizer::Tokenizer tokenizer;
    std::string file;
};

// Of a file, or where none is named of the stage. Of the stage sft in a run without one the base
// model is taken. Error if there is no such run or model, or if it was made for another tokenizer.
RunModel load_run_model(const std::string& run, const std::string& file, const std::string& stage);

} // namespace qstar::search
