#pragma once
// `qstar engine import`: a model that others have trained becomes a run's.
//
//   RUN/tokenizer/   its tokenizer.json, the same as we write it, generation_config.json
//   RUN/pretrain/    model.safetensors, done.json: what was imported
//   RUN/sft/         the same model, as the policy that searches and further stages take
//   RUN/problems/    problems.jsonl, where problems were given: what the run's stages solve
//
// An adapter (engine/formats/peft.h) comes with the model it belongs to, which is `base` or lies
// where the adapter says; what goes into the run is both in one.
//
// A classifier of one label becomes a reward model, of the stage orm where none is named. What is
// in the run stays unless `force` is set, and until the new is written: everything is made aside
// and renamed.

#include "engine/run/flags.h"

#include <cstdint>
#include <string>

namespace qstar::search {

struct ImportOptions {
    std::string path; // a folder as Hugging Face has it, a GGUF file, or an adapter's folder
    std::string base; // of an adapter: such a folder or file, or a stage's folder of a run
    std::string run = "runs/import";
    std::string stage;      // empty: pretrain and sft, or orm
    std::string problems;   // a file in GSM8K's form, of which the run is then
    std::string text;       // the form of its texts (tokenizer/form.h); empty: see import_model()
    int64_t context = 4096; // at most; what the caches of searches are made for
    bool force = false, quiet = false;
};
void describe(Flags& f, ImportOptions& o);

// Without --text the form is the run's, where it has one, else ours if the vocabulary has our
// special tokens, and that of GSM8K's solutions if not.
void import_model(const ImportOptions& options);

} // namespace qstar::search
