#pragma once
// A training that does not fit in memory is refused before anything of it is written.

#include "engine/nn/gpt.h"
#include "engine/nn/mlp.h"
#include "train/run/run.h"

#include <string>

namespace qstar::train {

// Error naming a size that no model may have, or how much memory the stage takes, how much is
// left and what takes less. A stage that is finished takes none.
// Of next_token_gradient() on `batch` sequences of `time` tokens, and AdamW or Muon:
void require_memory(const StageOptions& options, const std::string& stage,
                    const engine::GptConfig& config, int64_t batch, int64_t time,
                    bool by_muon = false);
// Of a puzzle's network and its target network on `batch` states:
void require_memory(const StageOptions& options, const std::string& stage,
                    const engine::MlpConfig& config, int64_t batch);

} // namespace qstar::train
