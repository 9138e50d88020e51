#include "engine/nn/gpt_config.h"

#include "engine/base/error.h"

namespace qstar::engine {

void check_sizes(const GptConfig& c, const std::string& where) {
    // A laptop does not pass these; within them no plan of a training overflows.
    const auto within = [&](const char* name, int64_t size, int64_t limit) {
        if (size < 1 || size > limit)
            fail("{}{} must be within 1 to {}, found {}", where, name, limit, size);
    };
    within("layers", c.layers, 1000);
    within("heads", c.heads, 10'000);
    within("width", c.width, 100'000);
    within("context", c.context, 1'000'000);
    within("vocab", c.vocab, 10'000'000);
    if (c.width % c.heads != 0)
        fail("{}width of {} cannot be cut into {} heads", where, c.width, c.heads);
}

int64_t parameter_count(const GptConfig& c) {
    const int64_t block = 12 * c.width * c.width + 13 * c.width;
    const int64_t head = c.scalar_head ? c.width + 1 : 0;
    return (c.vocab + c.context) * c.width + c.layers * block + 2 * c.width + head;
}

} // namespace qstar::engine
