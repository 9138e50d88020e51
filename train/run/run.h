#pragma once
// A run: one folder that holds everything a road of training makes.
//
//   DIR/config.json            the seed, and every finished stage's flags and inputs (SHA-256)
//   DIR/tokenizer/             vocab.json, merges.txt, pretokenizer.json
//   DIR/corpus/                worksheets.jsonl, curated.jsonl
//   DIR/samples/, DIR/labels/  solutions and their labels
//   DIR/STAGE/                 model.safetensors, state.safetensors, metrics.jsonl
//   .../done.json              the stage is finished; what came out
//
// A stage that is finished with the same flags and inputs does nothing when called
// again; one that was interrupted goes on; one that was run otherwise is refused
// unless `force` is set, which makes it anew (stage.h).

#include "engine/nn/gpt.h"
#include "engine/run/flags.h"
#include "engine/run/record.h"
#include "engine/text/json.h"
#include "tokenizer/bpe.h"

#include <cstdint>
#include <optional>
#include <string>

namespace qstar::train {

// What every stage has besides its own flags.
struct StageOptions {
    std::string run = "runs/demo";
    std::optional<uint64_t> seed = {}; // none: the run's, or 1 in a new run
    bool force = false;                // do the stage again, whatever was there
    bool skip_bad = false;             // leave out bad lines of a file that it reads (left_out.h)
    bool quiet = false;                // no progress and no messages (tests)
    std::string study = {};            // a folder of the run in which a study has its own stages
};

void describe(Flags& f, StageOptions& o);
// --skip-bad, of the stages that read a file of others. On record only where it is given, so that
// records of before stay equal.
void describe_skip_bad(Flags& f, StageOptions& o);

uint64_t seed_of(const StageOptions& options);

// The record of a stage that was called so, for Stage: its seed is that of the run where none
// was given.
Json record_with_seed(Flags flags);
template <class Options>
Json stage_record(Options options) {
    return record_with_seed(flags_of(options));
}

// Paths. The folders of `sample`, `label` and `rank` are samples/, labels/ and ranks/.
std::string stage_folder(const std::string& run, const std::string& stage);
std::string stage_file(const std::string& run, const std::string& stage, const std::string& name);
std::string model_path(const std::string& run, const std::string& stage);

// "runs/x/sft/model.safetensors is missing: run `qstar train sft --run runs/x` first"
void require(const std::string& run, const std::string& stage, const std::string& path);
// The file that was given, or else the one of a stage of the run, which is required.
std::string given_or_of_stage(const std::string& given, const std::string& run,
                              const std::string& stage, const std::string& name);
engine::Gpt load_model(const std::string& path);
// The stage's; Error if it is missing, or was made with another tokenizer or for another world.
engine::Gpt load_model(const std::string& run, const std::string& stage);
tokenizer::Tokenizer load_tokenizer(const std::string& run);
// Error if the model was made for a smaller vocabulary.
void check_vocab(const engine::Gpt& model, const tokenizer::Tokenizer& tokenizer,
                 const std::string& run);

// The SHA-256 of a file, for the flags' "inputs": a stage whose inputs changed is not
// the same stage.
Json input(const std::string& path);

} // namespace qstar::train
