#pragma once
// What a run's folder says of itself: which world it is of, and which tokenizer and world a
// model file in it was made with.

#include "engine/text/jsonl.h"
#include "tokenizer/bpe.h"

#include <map>
#include <optional>
#include <string>

namespace qstar::search {

// The flags that the run's corpus was made with; none without a corpus.
std::optional<JsonLine> corpus_flags(const std::string& run);

// The name of a run's world: that of its corpus, or else the one asked for, or else
// arithmetic. A file of word problems, "gsm8k:FILE", may be asked for in a run of the world
// words. Error if another one is asked for than the corpus has.
std::string world_of(const std::string& run, const std::string& asked = "");

// What a model of the run says of itself in its file's metadata: "tokenizer", the tokenizer's
// fingerprint, and "world", that of the run's corpus, if it has one.
std::map<std::string, std::string> model_metadata(const std::string& run,
                                                  const tokenizer::Tokenizer& tokenizer);

// Error if the model file says that it was trained with another tokenizer than this one, whose
// ids would mean other texts, or for another world than the run's. A file that says nothing
// passes.
void check_made_for(const std::string& model_file, const std::string& run,
                    const tokenizer::Tokenizer& tokenizer);

} // namespace qstar::search
