#include "engine/nn/mlp_config.h"

#include "engine/base/error.h"

namespace qstar::engine {

void check_sizes(const MlpConfig& c, const std::string& where) {
    const auto within = [&](const char* name, int64_t size, int64_t least, int64_t most) {
        if (size < least || size > most)
            fail("{}{} must be within {} to {}, found {}", where, name, least, most, size);
    };
    within("inputs", c.inputs, 1, 1'000'000);
    within("width", c.width, 1, 100'000);
    within("blocks", c.blocks, 0, 1000);
    within("outputs", c.outputs, 1, 1'000'000);
}

int64_t parameter_count(const MlpConfig& c) {
    const int64_t block = 2 * c.width * c.width + 4 * c.width;
    return (c.inputs + 3) * c.width + c.blocks * block + (c.width + 1) * c.outputs;
}

int64_t training_bytes(const MlpConfig& c, int64_t batch) {
    // A row: the first product; in each block norm, hidden layer, its ReLU, projection, sum.
    const int64_t row = c.width + c.blocks * 5 * c.width + c.width + c.outputs;
    return (5 * parameter_count(c) + batch * row) * 4;
}

} // namespace qstar::engine
