#pragma once
// What a run's folder says of itself: which world it is of, which tokenizer and world a model file
// in it was made with, and how a reward model of it is read.

#include "engine/nn/gpt_config.h"
#include "engine/text/jsonl.h"
#include "search/models/scorer.h"
#include "tokenizer/bpe.h"

#include <map>
#include <optional>
#include <string>

namespace qstar::search {

// The flags that the run's corpus was made with; none without a corpus.
std::optional<JsonLine> corpus_flags(const std::string& run);

// Of a run that has no corpus of its own, but problems that people wrote, in GSM8K's form: the file
// of them. `engine import --problems` puts it there.
std::string problems_file(const std::string& run);
bool has_problems(const std::string& run);

std::string stage_model_file(const std::string& run, const std::string& stage);

// The words behind `qstar train` that make a stage of this name: "prm", "prm --name prm-soft", and
// "self-play" for the Q that it leaves.
std::string stage_command(const std::string& stage);

// The name of a run's world: that of its corpus or of its problems, or else the one asked for, or
// else arithmetic. A file of word problems, "gsm8k:FILE", may be asked for in a run of the world
// words. Error if another one is asked for than the corpus has.
std::string world_of(const std::string& run, const std::string& asked = "");

// What a model of the run says of itself in its file's metadata: "tokenizer", the tokenizer's
// fingerprint, and "world", that of the run's corpus, if it has one.
std::map<std::string, std::string> model_metadata(const std::string& run,
                                                  const tokenizer::Tokenizer& tokenizer);

// How a reward model's scores are read, by its file's metadata, "reading": "each step" or "whole
// solution", as the stage that trained it wrote. Of a file that does not say so, by the name of its
// stage's folder: those that begin with "prm" rate each step. Error for another word.
Reading reading_of(const std::string& model_file);
// Whether a model without a scalar head was trained to judge (gpt_scorer.h): its file says so by
// the metadata's "reading". No policy's does.
bool judges_by_text(const std::string& model_file);
// Whether a model is a judge: by a scalar head or by its text.
bool is_judge(const engine::GptConfig& config, const std::string& model_file);
std::string_view name_of(Reading reading);

// Error if the model file says that it was trained with another tokenizer than this one, whose
// ids would mean other texts, or for another world than the run's. A file that says nothing
// passes.
void check_made_for(const std::string& model_file, const std::string& run,
                    const tokenizer::Tokenizer& tokenizer);

} // namespace qstar::search
