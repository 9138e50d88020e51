#include "search/exchange/run_model.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/nn/checkpoint.h"
#include "engine/run/run_folder.h"
#include "search/models/run.h"
#include "tokenizer/files.h"

namespace qstar::search {

RunModel load_run_model(const std::string& run, const std::string& file, const std::string& stage) {
    std::string path = !file.empty() ? file : stage_model_file(run, stage);
    if (file.empty() && !exists(path)) {
        require_run(run);
        if (stage == "sft" && exists(stage_model_file(run, "pretrain")))
            path = stage_model_file(run, "pretrain");
        else
            fail("{} is missing: run `qstar train {} --run {}` or `qstar engine import PATH --run "
                 "{}` first",
                 path, stage_command(stage), run, run);
    }
    tokenizer::Tokenizer tokenizer = tokenizer::load_tokenizer(join_path(run, "tokenizer"));
    check_made_for(path, run, tokenizer);
    engine::Gpt gpt = engine::load_gpt(path);
    if (tokenizer.size() > gpt.config.vocab)
        fail("{}: the model knows {} tokens, but {}/tokenizer has {}", path, gpt.config.vocab, run,
             tokenizer.size());
    return {std::move(gpt), std::move(tokenizer), path};
}

} // namespace qstar::search
