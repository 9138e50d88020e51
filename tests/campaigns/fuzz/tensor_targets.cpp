// Weights: the container, and a model in it.
#include "engine/io/files.h"
#include "engine/nn/checkpoint.h"
#include "engine/nn/safetensors.h"
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

} // namespace qstar::campaign
