#pragma once
// The architecture of a GPT and its sizes: those that a file may claim and that can be made.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace qstar::engine {

// The field's own architectures, by the names that Hugging Face's configurations give them.
enum class Family {
    gpt2,  // learned positions, layer norm, GELU, biases (Radford et al. 2019)
    llama, // rotary positions, RMS norm, SwiGLU, no biases (Touvron et al. 2023)
    qwen2, // llama with biases of queries, keys and values (Yang et al. 2024)
    qwen3, // llama with normalised queries and keys (Yang et al. 2025)
};
inline constexpr std::array kFamilies{Family::gpt2, Family::llama, Family::qwen2, Family::qwen3};
std::string_view family_name(Family family);
// Error listing the families; `where` begins the sentence.
Family family_named(std::string_view name, const std::string& where = "");

struct GptConfig {
    int64_t layers = 4;
    int64_t heads = 4;
    int64_t width = 128;   // C
    int64_t context = 128; // T, the longest sequence
    int64_t vocab = 260;   // V
    bool scalar_head = false;
    Family family = Family::gpt2;
    int64_t hidden = 0; // of the MLP; 0: as the family has it
    // What models of others have otherwise than ours; 0: as it says there. Not of gpt2, but for
    // the epsilon.
    int64_t kv_heads = 0;      // heads of keys and values, a divisor of heads; 0: heads
    int64_t head_size = 0;     // numbers of a head, even in rotary families; 0: width / heads
    double norm_epsilon = 0;   // 0: 1e-5 in gpt2, else 1e-6
    double rope_base = 10'000; // of rotary positions
    bool tied = true;          // the embedding is the head of the next token, too; else lm_head
    bool operator==(const GptConfig&) const = default;
};

// With what the zeros above stand for.
int64_t kv_heads(const GptConfig& config);
int64_t head_size(const GptConfig& config);
float norm_epsilon(const GptConfig& config);

// Numbers of all heads' queries, and of all heads' keys (or values), in a row.
int64_t query_width(const GptConfig& config);
int64_t kv_width(const GptConfig& config);

// The width of the MLP's hidden layer: 4 C; of SwiGLU 8/3 C, in whole sixteens, so that both have
// as many parameters (Shazeer 2020).
int64_t hidden_width(const GptConfig& config);

// Error naming the first size that is out of its range, heads that do not divide the width (or are
// no multiple of those of the keys), or what the family has not; `where` begins the sentence
// ("FILE: the metadata's ").
void check_sizes(const GptConfig& config, const std::string& where = "a GPT's ");

// Numbers in a GPT of sizes that check_sizes() lets pass.
int64_t parameter_count(const GptConfig& config);
// Of these, the ones in hidden matrices: what Muon may train.
int64_t hidden_count(const GptConfig& config);

// Of a token through the model, in its linear maps: the blocks' and the head's, the scalar one if
// there is one. Attention's own, which grow with the text, are left out.
double multiply_adds(const GptConfig& config);
double head_multiply_adds(const GptConfig& config);

} // namespace qstar::engine
