#include "engine/nn/gpt_config.h"

#include "engine/base/error.h"

namespace qstar::engine {

std::string_view family_name(Family family) {
    switch (family) {
    case Family::llama:
        return "llama";
    case Family::qwen2:
        return "qwen2";
    case Family::qwen3:
        return "qwen3";
    default:
        return "gpt2";
    }
}

Family family_named(std::string_view name, const std::string& where) {
    for (const Family family : kFamilies)
        if (family_name(family) == name) return family;
    fail("{}expected one of the families gpt2, llama, qwen2 and qwen3, found \"{}\"", where, name);
}

int64_t hidden_width(const GptConfig& c) {
    if (c.hidden > 0) return c.hidden;
    return c.family == Family::gpt2 ? 4 * c.width : (8 * c.width + 47) / 48 * 16;
}

int64_t kv_heads(const GptConfig& c) { return c.kv_heads > 0 ? c.kv_heads : c.heads; }

int64_t head_size(const GptConfig& c) { return c.head_size > 0 ? c.head_size : c.width / c.heads; }

float norm_epsilon(const GptConfig& c) {
    if (c.norm_epsilon > 0) return static_cast<float>(c.norm_epsilon);
    return c.family == Family::gpt2 ? 1e-5f : 1e-6f;
}

int64_t query_width(const GptConfig& c) { return c.heads * head_size(c); }

int64_t kv_width(const GptConfig& c) { return kv_heads(c) * head_size(c); }

namespace {

// What GPT-2 has one way only: there is no name for it otherwise in its files.
void check_gpt2(const GptConfig& c, const std::string& where) {
    const auto only = [&](const char* what, int64_t is, int64_t found) {
        if (found != is)
            fail("{}{} must be {} in the family gpt2, found {}", where, what, is, found);
    };
    if (c.hidden != 0 && c.hidden != 4 * c.width)
        fail("{}hidden width must be four times the width {} in the family gpt2, found {}", where,
             c.width, c.hidden);
    only("kv_heads", c.heads, kv_heads(c));
    only("head_size", c.width / c.heads, head_size(c));
    if (c.rope_base < 10'000 || c.rope_base > 10'000)
        fail("{}rope_base is {}, but the family gpt2 has no rotary positions", where, c.rope_base);
    if (!c.tied)
        fail("{}family gpt2 has no head of its own for the next token: it must be tied", where);
}

} // namespace

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
    if (c.hidden != 0) within("hidden", c.hidden, 400'000);
    if ((c.head_size == 0 || c.family == Family::gpt2) && c.width % c.heads != 0)
        fail("{}width of {} cannot be cut into {} heads", where, c.width, c.heads);
    if (c.kv_heads != 0) {
        within("kv_heads", c.kv_heads, c.heads);
        if (c.heads % c.kv_heads != 0)
            fail("{}{} heads of keys and values cannot be shared by {} heads", where, c.kv_heads,
                 c.heads);
    }
    if (c.head_size != 0) {
        within("head_size", c.head_size, 100'000);
        within("heads times head_size", query_width(c), 400'000);
    }
    if (!(c.norm_epsilon >= 0 && c.norm_epsilon <= 1))
        fail("{}norm_epsilon must be within 0 to 1, found {}", where, c.norm_epsilon);
    if (!(c.rope_base >= 1 && c.rope_base <= 1e12))
        fail("{}rope_base must be within 1 to 1e12, found {}", where, c.rope_base);
    if (c.family == Family::gpt2) return check_gpt2(c, where);
    if (head_size(c) % 2 != 0)
        fail("{}heads of {} numbers cannot be turned in pairs: a rotary family wants an even "
             "width of a head",
             where, head_size(c));
}

int64_t hidden_count(const GptConfig& c) {
    const int64_t mlp = (c.family == Family::gpt2 ? 2 : 3) * c.width * hidden_width(c);
    return c.layers * (2 * c.width * (query_width(c) + kv_width(c)) + mlp);
}

double head_multiply_adds(const GptConfig& c) {
    return static_cast<double>(c.width * (c.scalar_head ? 1 : c.vocab));
}

double multiply_adds(const GptConfig& c) {
    return static_cast<double>(hidden_count(c)) + head_multiply_adds(c);
}

int64_t parameter_count(const GptConfig& c) {
    const int64_t head = c.scalar_head ? c.width + 1 : 0;
    if (c.family == Family::gpt2) {
        const int64_t block = 12 * c.width * c.width + 13 * c.width;
        return (c.vocab + c.context) * c.width + c.layers * block + 2 * c.width + head;
    }
    const int64_t norms = 2 * c.width + (c.family == Family::qwen3 ? 2 * head_size(c) : 0);
    const int64_t biases = c.family == Family::qwen2 ? query_width(c) + 2 * kv_width(c) : 0;
    const int64_t tables = c.tied ? 1 : 2;
    return tables * c.vocab * c.width + hidden_count(c) + c.layers * (norms + biases) + c.width +
           head;
}

} // namespace qstar::engine
