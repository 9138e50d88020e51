#include "train/run/memory.h"

#include "engine/base/process.h"
#include "engine/device/require_memory.h"
#include "engine/io/files.h"
#include "engine/nn/gpt_config.h"
#include "engine/nn/gpt_memory.h"
#include "engine/nn/mlp_config.h"

#include <fmt/core.h>

namespace qstar::train {

namespace {

bool finished(const StageOptions& options, const std::string& stage) {
    return !options.force && exists(stage_file(options.run, stage, "done.json"));
}

} // namespace

void require_memory(const StageOptions& options, const std::string& stage,
                    const engine::GptConfig& config, int64_t batch, int64_t time, bool by_muon) {
    check_sizes(config, stage + ": the model's ");
    if (finished(options, stage)) return;
    engine::require_memory(
        engine::training_memory(config, batch, time, by_muon).total(),
        fmt::format("{}: training {} layers of width {}", stage, config.layers, config.width),
        "fewer --layers, a smaller --width, --context or --batch take less");
}

void require_memory(const StageOptions& options, const std::string& stage,
                    const engine::MlpConfig& config, int64_t batch) {
    check_sizes(config, stage + ": the network's ");
    if (finished(options, stage)) return;
    engine::require_memory(
        engine::training_bytes(config, batch),
        fmt::format("{}: training {} blocks of width {}", stage, config.blocks, config.width),
        "fewer --blocks, a smaller --width or --batch take less");
}

} // namespace qstar::train
