#pragma once
// The sizes that an MLP may have, and what its training takes.

#include <cstdint>
#include <string>

namespace qstar::engine {

struct MlpConfig {
    int64_t inputs = 1;
    int64_t width = 256; // C
    int64_t blocks = 2;
    int64_t outputs = 1;
    bool operator==(const MlpConfig&) const = default;
};

// Error naming the first size that is out of its range; `where` begins the sentence.
void check_sizes(const MlpConfig& config, const std::string& where = "an MLP's ");

// Numbers in an MLP of sizes that check_sizes() lets pass.
int64_t parameter_count(const MlpConfig& config);

// Bytes of tensors that a step on `batch` rows takes at least: weights, a target network's,
// gradients, AdamW's two moments, and what the tape keeps of the rows.
int64_t training_bytes(const MlpConfig& config, int64_t batch);

} // namespace qstar::engine
