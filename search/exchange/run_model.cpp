#include "search/exchange/run_model.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/nn/checkpoint.h"
#include "engine/run/run_folder.h"
#include "engine/text/joined.h"
#include "search/models/run.h"
#include "tokenizer/files.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace qstar::search {

namespace {

// Of a run's own stages, "sft" or in a folder of one, "self-play/round-4"; nowhere else.
void check_stage(const std::string& stage) {
    for (size_t begin = 0; begin <= stage.size();) {
        const size_t end = std::min(stage.find('/', begin), stage.size());
        if (!is_folder_name(stage.substr(begin, end - begin)))
            fail("--stage: expected the name of a stage, as sft or prm-2, found \"{}\"", stage);
        begin = end + 1;
    }
}

// "dpo, orm, sft"; empty: none.
std::string stages_with_model(const std::string& run) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(run)) {
        const std::string name = entry.path().filename().string();
        if (is_folder_name(name) && exists(stage_model_file(run, name))) names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return joined(names, ", ");
}

} // namespace

RunModel load_run_model(const std::string& run, const std::string& file, const std::string& stage) {
    if (file.empty()) check_stage(stage);
    std::string path = !file.empty() ? file : stage_model_file(run, stage);
    if (file.empty() && !exists(path)) {
        require_run(run);
        if (stage == "sft" && exists(stage_model_file(run, "pretrain")))
            path = stage_model_file(run, "pretrain");
        else if (const std::string others = stages_with_model(run); !others.empty())
            fail("{} is missing: {} has models of {}", path, run, others);
        else
            fail("{} is missing: run `qstar train sft --run {}` or `qstar engine import PATH --run "
                 "{}` first",
                 path, run, run);
    }
    tokenizer::Tokenizer tokenizer = tokenizer::tokenizer_of_run(run);
    check_made_for(path, run, tokenizer);
    engine::Gpt gpt = engine::load_gpt(path);
    if (tokenizer.size() > gpt.config.vocab)
        fail("{}: the model knows {} tokens, but {}/tokenizer has {}", path, gpt.config.vocab, run,
             tokenizer.size());
    return {std::move(gpt), std::move(tokenizer), path};
}

} // namespace qstar::search
