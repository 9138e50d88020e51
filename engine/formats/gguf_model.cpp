#include "engine/formats/gguf_model.h"

#include "engine/base/error.h"
#include "engine/formats/gguf_names.h"
#include "engine/formats/hf_config.h"
#include "engine/formats/parameters.h"

#include <algorithm>
#include <fmt/core.h>
#include <set>

namespace qstar::engine {

namespace {

// "ARCHITECTURE.KEY" of a file.
class Keys {
  public:
    Keys(const GgufReader& file, Family family)
        : file_(file), prefix_(std::string(family_name(family)) + ".") {}

    bool has(const std::string& key) const { return file_.has(prefix_ + key); }
    int64_t whole(const std::string& key) const { return file_.whole(prefix_ + key); }
    int64_t whole_or(const std::string& key, int64_t other) const {
        return has(key) ? whole(key) : other;
    }
    double number_or(const std::string& key, double other) const {
        return has(key) ? file_.number(prefix_ + key) : other;
    }
    [[noreturn]] void refuse(const std::string& key, const std::string& wanted) const {
        fail("{}: the key \"{}{}\": this program computes {} only", file_.name(), prefix_, key,
             wanted);
    }
    // Keys of this architecture that nobody has asked for: what they change is not known.
    void check_known(const std::set<std::string>& known) const {
        for (const auto& [key, value] : file_.keys())
            if (key.starts_with(prefix_) && !known.contains(key.substr(prefix_.size())))
                refuse(key.substr(prefix_.size()), "models without it");
    }

  private:
    const GgufReader& file_;
    std::string prefix_;
};

void check_rope(const Keys& keys, const GptConfig& config) {
    const int64_t size = head_size(config);
    if (keys.whole_or("rope.dimension_count", size) != size)
        keys.refuse("rope.dimension_count", fmt::format("heads of {} numbers, all turned", size));
    if (keys.number_or("rope.scale_linear", 1) < 1 || keys.number_or("rope.scale_linear", 1) > 1)
        keys.refuse("rope.scale_linear", "rotary positions that are not scaled");
}

const std::set<std::string> known_keys = {"context_length",
                                          "embedding_length",
                                          "block_count",
                                          "feed_forward_length",
                                          "vocab_size",
                                          "attention.head_count",
                                          "attention.head_count_kv",
                                          "attention.key_length",
                                          "attention.value_length",
                                          "attention.layer_norm_epsilon",
                                          "attention.layer_norm_rms_epsilon",
                                          "rope.dimension_count",
                                          "rope.freq_base",
                                          "rope.scale_linear",
                                          "rope.scaling.type",
                                          "expert_count",
                                          "expert_used_count",
                                          "attention.sliding_window",
                                          "attention.causal",
                                          "tensor_data_layout"};

void check_kind(const GgufReader& file, const Keys& keys, const std::string& prefix) {
    keys.check_known(known_keys);
    for (const char* key : {"expert_count", "expert_used_count", "attention.sliding_window"})
        if (keys.whole_or(key, 0) != 0) keys.refuse(key, "models without it");
    if (keys.has("rope.scaling.type") && file.text(prefix + "rope.scaling.type") != "none")
        keys.refuse("rope.scaling.type", "rotary positions that are not scaled");
    if (keys.has("attention.causal") && !file.truth(prefix + "attention.causal"))
        keys.refuse("attention.causal", "causal attention");
}

// Rows of each head in pairs -> halves, or back.
Tensor with_rows_moved(const Tensor& from, int64_t heads, bool to_halves) {
    const Tensor to = Tensor::zeros(from.shape(), cpu_device());
    const int64_t half = from.shape()[0] / heads / 2, columns = from.size() / from.shape()[0];
    for (int64_t head = 0; head < heads; ++head) {
        for (int64_t i = 0; i < half; ++i) {
            for (int64_t part = 0; part < 2; ++part) {
                const int64_t first = head * 2 * half;
                const int64_t paired = first + 2 * i + part, halved = first + part * half + i;
                std::copy_n(from.data() + (to_halves ? paired : halved) * columns, columns,
                            to.data() + (to_halves ? halved : paired) * columns);
            }
        }
    }
    return to;
}

Tensor transpose_of(const Tensor& from) {
    const int64_t rows = from.shape()[0], columns = from.shape()[1];
    const Tensor to = Tensor::zeros({columns, rows}, cpu_device());
    for (int64_t r = 0; r < rows; ++r)
        for (int64_t c = 0; c < columns; ++c) to[c * rows + r] = from[r * columns + c];
    return to;
}

void read_parameter(const GgufReader& file, const GgufName& name, const Tensor& to) {
    if (name.transposed) {
        const Tensor there = Tensor::zeros({to.shape()[1], to.shape()[0]}, cpu_device());
        file.read(name.tensor, there);
        std::copy_n(transpose_of(there).data(), to.size(), to.data());
    } else if (name.paired_heads > 0) {
        const Tensor there = Tensor::zeros(to.shape(), cpu_device());
        file.read(name.tensor, there);
        std::copy_n(with_rows_moved(there, name.paired_heads, true).data(), to.size(), to.data());
    } else {
        const auto place = file.tensors().find(name.tensor);
        const bool positions = name.tensor == "position_embd.weight";
        if (positions && place != file.tensors().end())
            return read_first_rows(to, place->second.shape,
                                   [&](const Tensor& all) { file.read(name.tensor, all); });
        file.read(name.tensor, to);
    }
}

// The parameter's numbers as the file has them, in the memory of the processor.
Tensor parameter_there(const Parameter& p, const GgufName& name) {
    if (!name.transposed && name.paired_heads == 0) return p.value;
    const Tensor here = p.value.clone(cpu_device());
    return name.transposed ? transpose_of(here) : with_rows_moved(here, name.paired_heads, false);
}

void put_keys(GgufContents& out, const GptConfig& c) {
    const std::string prefix = std::string(family_name(c.family)) + ".";
    out.whole(prefix + "context_length", c.context);
    out.whole(prefix + "embedding_length", c.width);
    out.whole(prefix + "block_count", c.layers);
    out.whole(prefix + "feed_forward_length", hidden_width(c));
    out.whole(prefix + "attention.head_count", c.heads);
    out.whole(prefix + "vocab_size", c.vocab);
    if (c.family == Family::gpt2) {
        out.number(prefix + "attention.layer_norm_epsilon", norm_epsilon(c));
        return;
    }
    out.whole(prefix + "attention.head_count_kv", kv_heads(c));
    out.whole(prefix + "attention.key_length", head_size(c));
    out.whole(prefix + "attention.value_length", head_size(c));
    out.number(prefix + "attention.layer_norm_rms_epsilon", norm_epsilon(c));
    out.whole(prefix + "rope.dimension_count", head_size(c));
    out.number(prefix + "rope.freq_base", c.rope_base);
}

} // namespace

GptConfig gguf_config(const GgufReader& file, int64_t context) {
    const std::string architecture = file.text("general.architecture");
    const auto known = std::find_if(kFamilies.begin(), kFamilies.end(),
                                    [&](Family f) { return family_name(f) == architecture; });
    if (known == kFamilies.end())
        fail("{}: the key \"general.architecture\" is \"{}\", but this program computes gpt2, "
             "llama, qwen2 and qwen3 only",
             file.name(), architecture);
    const Keys keys(file, *known);
    check_kind(file, keys, architecture + ".");
    GptConfig c;
    c.family = *known;
    c.layers = keys.whole("block_count");
    c.heads = keys.whole("attention.head_count");
    c.width = keys.whole("embedding_length");
    c.context = keys.whole("context_length");
    c.hidden = keys.whole("feed_forward_length");
    if (c.hidden < 1) keys.refuse("feed_forward_length", "models with an MLP");
    const bool gpt2 = *known == Family::gpt2;
    if (!gpt2) {
        c.kv_heads = keys.whole_or("attention.head_count_kv", c.heads);
        c.head_size = keys.whole_or("attention.key_length", 0);
        if (c.kv_heads < 1) keys.refuse("attention.head_count_kv", "models with keys");
        if (keys.whole_or("attention.value_length", c.head_size) != c.head_size)
            keys.refuse("attention.value_length", "heads whose keys and values are as long");
        c.rope_base = keys.number_or("rope.freq_base", 10'000);
    }
    c.norm_epsilon = keys.number_or(
        gpt2 ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon", 1e-5);
    const auto embedding = file.tensors().find("token_embd.weight");
    if (embedding == file.tensors().end() || embedding->second.shape.rank != 2)
        fail("{}: expected a tensor \"token_embd.weight\" of two dimensions", file.name());
    c.vocab = embedding->second.shape[0];
    c.tied = !file.tensors().contains("output.weight") ||
             file.same("output.weight", "token_embd.weight");
    if (gpt2 && !c.tied)
        fail("{}: tensor \"output.weight\": this program computes gpt2 with the embedding as its "
             "head only",
             file.name());
    check_sizes(c, file.name() + ": the model's ");
    if (context > 0) c.context = std::min(c.context, context);
    if (!gpt2) check_rope(keys, c);
    return with_defaults_left_out(c);
}

Gpt read_gguf_model(const GgufReader& file, int64_t context) {
    const GptConfig config = gguf_config(file, context);
    int64_t numbers = 0;
    for (const auto& [tensor, place] : file.tensors()) numbers += place.shape.size();
    check_claims(config, numbers, file.name());
    Gpt gpt(config);
    std::set<std::string> wanted;
    for (const Parameter& p : gpt.parameters) wanted.insert(gguf_name(p.name, config).tensor);
    if (config.tied) wanted.insert("output.weight");
    for (const auto& [tensor, place] : file.tensors())
        if (!wanted.contains(tensor))
            fail("{}: tensor \"{}\": not one of the tensors of a model of this family and shape",
                 file.name(), tensor);
    for (const Parameter& p : gpt.parameters)
        read_parameter(file, gguf_name(p.name, config), p.value);
    return gpt;
}

namespace {

// The scalar head as a reranker's: of the two classes' logits, w h and 0, the softmax is
// sigmoid(w h) and the rest. Its bias has no place among llama.cpp's tensors.
void put_score(GgufContents& out, const Gpt& gpt) {
    constexpr int64_t kRankPooling = 4;
    const std::string prefix = std::string(family_name(gpt.config.family)) + ".";
    out.whole(prefix + "pooling_type", kRankPooling);
    out.texts(prefix + "classifier.output_labels", {"right", "wrong"});
    const Tensor bias = gpt.parameter("score.bias").value.clone(cpu_device());
    out.number("qstar.score.bias", bias.data()[0]);
    const int64_t width = gpt.config.width;
    out.tensors.push_back({"cls.output.weight", Shape{2, width}, WeightType::f32, [&gpt, width] {
                               Tensor rows = Tensor::full(Shape{2, width}, 0, cpu_device());
                               const Tensor weight =
                                   gpt.parameter("score.weight").value.clone(cpu_device());
                               std::copy_n(weight.data(), width, rows.data());
                               return rows;
                           }});
}

} // namespace

GgufContents gguf_model(const Gpt& gpt, const std::string& name, WeightType type) {
    const GptConfig& config = gpt.config;
    if (config.scalar_head && config.family != Family::qwen3)
        fail("a reward model of the family {}: llama.cpp reads the score of the last token in "
             "qwen3 only: write it with --format hf",
             family_name(config.family));
    GgufContents out;
    out.text("general.architecture", std::string(family_name(config.family)));
    out.text("general.name", name);
    constexpr int64_t kFileTypes[] = {0, 1, 32}; // mostly F32, F16, BF16
    out.whole("general.file_type", kFileTypes[static_cast<size_t>(type)]);
    put_keys(out, config);
    if (config.scalar_head) put_score(out, gpt);
    for (const Parameter& p : gpt.parameters) {
        if (p.name.starts_with("score.")) continue;
        const GgufName there = gguf_name(p.name, config);
        Shape shape = p.value.shape();
        if (there.transposed) std::swap(shape.dim[0], shape.dim[1]);
        out.tensors.push_back({there.tensor, shape, shape.rank == 2 ? type : WeightType::f32,
                               [&p, there] { return parameter_there(p, there); }});
    }
    return out;
}

} // namespace qstar::engine
