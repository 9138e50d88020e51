// Weights: the containers, and the models in them.
#include "engine/formats/gguf_model.h"
#include "engine/formats/huggingface.h"
#include "engine/formats/peft.h"
#include "engine/io/files.h"
#include "engine/nn/checkpoint.h"
#include "engine/nn/safetensors.h"
#include "engine/tensor/number_type.h"
#include "tests/campaigns/fuzz/target.h"

namespace qstar::campaign {

using namespace engine;

void fuzz_safetensors(std::string_view bytes) {
    const SafeTensors read = parse_safetensors(bytes, "input");
    const std::string written = safetensors_bytes(read);
    const SafeTensors again = parse_safetensors(written, "written");
    holds(again.metadata == read.metadata, "other metadata after writing");
    holds(again.tensors.size() == read.tensors.size(), "other tensors after writing");
    holds(safetensors_bytes(again) == written, "other bytes after writing twice");
}

std::string tiny_model_bytes() {
    const std::string path = join_path(memory_folder(), "tiny.safetensors");
    save_gpt(path, Gpt({1, 1, 2, 4, 5, false}, Random(1, "init")));
    return read_file(path);
}

void fuzz_model(std::string_view bytes) {
    const Gpt model = load_gpt(file_holding("model.safetensors", bytes));
    holds(model.config.layers >= 0 && model.config.width > 0, "a model without a width");
}

std::string tiny_gguf_bytes() {
    const std::string path = join_path(memory_folder(), "tiny.gguf");
    const Gpt gpt({1, 1, 2, 4, 5, false, Family::llama}, Random(1, "init"));
    write_gguf(path, gguf_model(gpt, "tiny"));
    return read_file(path);
}

void fuzz_gguf(std::string_view bytes) {
    const GgufReader file(bytes, "input");
    for (const auto& entry : file.tensors())
        accepts([&] { file.read(entry.first, Tensor::zeros(entry.second.shape, cpu_device())); });
    const Gpt model = read_gguf_model(file, 64);
    const std::string path = join_path(memory_folder(), "written.gguf");
    write_gguf(path, gguf_model(model, "written"));
    const Gpt again = read_gguf_model(GgufReader(path));
    holds(again.config == model.config, "another configuration after writing");
}

void fuzz_model_config(std::string_view bytes) {
    const HfConfig config = read_hf_config({parse_json(bytes, "input"), "input"}, 64);
    const HfConfig again = read_hf_config({hf_config_json(config), "written"});
    holds(again.gpt == config.gpt, "another configuration after writing");
}

void fuzz_weight_map(std::string_view bytes) {
    for (const auto& [tensor, file] : read_weight_map({parse_json(bytes, "input"), "input"}))
        holds(file.find('/') == file.npos, "a file outside the folder");
}

// In a folder with an adapter of one map.
void fuzz_adapter_config(std::string_view bytes) {
    static const Gpt base({1, 1, 2, 4, 5, false}, Random(1, "init"));
    static const std::string file = [] {
        SafeTensors adapter;
        for (const char* half : {"lora_A.weight", "lora_B.weight"}) {
            const std::string name = "base_model.model.transformer.h.0.attn.c_proj.";
            const bool first = std::string_view(half).starts_with("lora_A");
            adapter.tensors[name + half] = Tensor::full(first ? Shape{1, 2} : Shape{2, 1}, 0.5f);
        }
        return file_holding("adapter/adapter_model.safetensors", safetensors_bytes(adapter));
    }();
    const std::string config = file_holding("adapter/adapter_config.json", bytes);
    const std::string folder = config.substr(0, config.rfind('/'));
    accepts([&] { holds(!base_of_adapter(folder, "say where").empty(), "a base without a path"); });
    const Gpt model = with_adapter(base, folder);
    for (const Parameter& p : model.parameters)
        holds(all_finite(p.value.values()), "{}: numbers that are not finite", p.name);
}

} // namespace qstar::campaign
