// Models in the form of others: read, or refused by what they lack or have too much.

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/nn/checkpoint.h"
#include "engine/nn/safetensors.h"
#include "engine/optim/optimiser.h"
#include "engine/text/json.h"
#include "engine/text/json_parse.h"
#include "tests/engine/small_model.h"
#include "tests/refusal.h"
#include "tests/temporary.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <doctest/doctest.h>
#include <functional>
#include <string>

using namespace qstar;
using namespace qstar::engine;

namespace {

std::string why_not_loaded(const std::string& path) {
    return tests::refusal_of([&] { load_gpt(path); });
}

} // namespace

TEST_CASE("models of others are refused by what they lack or have too much") {
    const Temporary folder;
    const std::string path = folder / "model.safetensors";
    const Gpt model({2, 2, 8, 4, 10, false}, Random(1, "init"));
    save_gpt(path, model);
    const SafeTensors ours = read_safetensors(path);
    const auto refused = [&](const std::function<void(SafeTensors&)>& change) {
        SafeTensors other = ours;
        change(other);
        write_safetensors(path, other);
        const std::string sentence = why_not_loaded(path);
        CHECK(sentence.starts_with(path + ": "));
        return sentence.substr(std::min(sentence.size(), path.size() + 2));
    };
    const std::string wanted = "expected a GPT that this program has trained, with its sizes and "
                               "\"format\": \"qstar gpt\" in the metadata, found ";
    CHECK(refused([](SafeTensors& f) { f.metadata.clear(); }) == wanted + "no \"format\"");
    CHECK(refused([](SafeTensors& f) {
              f.metadata = {{"format", "pt"}};
          }) == wanted + "\"format\": \"pt\"");
    CHECK(refused([](SafeTensors& f) { f.metadata["format"] = "qstar mlp"; }) ==
          wanted + "\"format\": \"qstar mlp\"");
    CHECK(refused([](SafeTensors& f) {
              f.tensors["h.0.attn.bias"] = Tensor::zeros({1, 1, 4, 4});
          }) == "tensor \"h.0.attn.bias\": not one of the 28 tensors of a GPT of this shape");
    CHECK(refused([](SafeTensors& f) {
              f.metadata["layers"] = "1";
          }).starts_with("tensor \"h.1.attn.c_attn.bias\": not one of the 16 tensors"));
    CHECK(refused([](SafeTensors& f) { f.metadata["layers"] = "1000"; }) ==
          "there is no tensor \"h.2.mlp.c_fc.weight\"");
    CHECK(refused([](SafeTensors& f) { f.metadata["layers"] = "0"; }) ==
          "the metadata's layers must be within 1 to 1000, found 0");
    CHECK(refused([](SafeTensors& f) { f.metadata["heads"] = "0"; }) ==
          "the metadata's heads must be within 1 to 10000, found 0");
    CHECK(refused([](SafeTensors& f) { f.metadata["heads"] = "3"; }) ==
          "the metadata's width of 8 cannot be cut into 3 heads");
    CHECK(refused([](SafeTensors& f) { f.metadata.erase("width"); }) ==
          "there is no \"width\" in its metadata");
    CHECK(refused([](SafeTensors& f) {
              f.tensors["transformer.wte.weight"] = f.tensors.at("wte.weight");
              f.tensors.erase("wte.weight");
          }) == "there is no tensor \"wte.weight\"");
    CHECK(refused([](SafeTensors& f) { f.tensors.erase("h.1.ln_2.bias"); }) ==
          "there is no tensor \"h.1.ln_2.bias\"");

    Optimiser optimiser(model.parameters, {});
    Gpt copy = model;
    save_training(path, copy, optimiser, {});
    CHECK(why_not_loaded(path).starts_with(
        path + ": tensor \"adamw.first.h.0.attn.c_attn.bias\": not one of"));
}

TEST_CASE("what a model has otherwise than ours is read strictly") {
    const Temporary folder;
    const std::string path = folder / "model.safetensors";
    save_gpt(path, small_model(grouped_config(Family::qwen2)));
    const SafeTensors ours = read_safetensors(path);
    CHECK(ours.metadata.at("rope_base") == "500");
    CHECK(ours.metadata.at("norm_epsilon") == "0.001");
    const auto refused = [&](const std::string& key, const std::string& text) {
        SafeTensors other = ours;
        other.metadata[key] = text;
        write_safetensors(path, other);
        return why_not_loaded(path).substr(path.size() + 2);
    };
    CHECK(refused("kv_heads", "4") ==
          "the metadata's 4 heads of keys and values cannot be shared by 6 heads");
    CHECK(refused("kv_heads", "3") == "tensor \"model.layers.0.self_attn.k_proj.weight\": "
                                      "expected the shape (18, 16), found (12, 16)");
    CHECK(refused("head_size", "60000") == "tensor \"model.layers.0.self_attn.q_proj.weight\": "
                                           "expected the shape (360000, 16), found (36, 16)");
    CHECK(refused("norm_epsilon", "small") ==
          "metadata \"norm_epsilon\": expected a number, found \"small\"");
    CHECK(refused("norm_epsilon", "nan") ==
          "the metadata's norm_epsilon must be within 0 to 1, found nan");
    CHECK(refused("rope_base", "0.5") ==
          "the metadata's rope_base must be within 1 to 1e12, found 0.5");
    CHECK(refused("tied", "2") ==
          "metadata \"tied\": expected a whole number up to 1, found \"2\"");
    CHECK(refused("tied", "1").starts_with("tensor \"lm_head.weight\": not one of the"));
    CHECK(refused("family", "gpt2") == "the metadata's width of 16 cannot be cut into 6 heads");
}

TEST_CASE("a GPT in halves, in bf16 or in doubles is read as one in fp32") {
    const Temporary folder;
    const std::string path = folder / "model.safetensors";
    Gpt model({1, 2, 4, 4, 6, false}, Random(1, "init"));
    for (Parameter& p : model.parameters)
        for (int64_t i = 0; i < p.value.size(); ++i)
            p.value[i] = static_cast<float>((i * 7 + 3) % 64 - 32) / 16; // exact in every type
    save_gpt(path, model);
    const std::string bytes = read_file(path);
    uint64_t length = 0;
    std::memcpy(&length, bytes.data(), sizeof length);
    const Json header = parse_json(bytes.substr(8, length), "test");

    for (const std::string type : {"F16", "BF16", "F64"}) {
        Json changed = header;
        std::string data;
        for (const auto& [name, was] : header.items()) {
            if (name == "__metadata__") continue;
            Json& entry = changed[name];
            const auto begin = entry["data_offsets"][0].get<size_t>();
            const auto end = entry["data_offsets"][1].get<size_t>();
            const size_t from = data.size();
            for (size_t at = begin; at < end; at += 4) {
                float value = 0;
                std::memcpy(&value, bytes.data() + 8 + length + at, sizeof value);
                const auto bits = std::bit_cast<uint32_t>(value);
                const auto put = [&](auto number) {
                    data.append(reinterpret_cast<const char*>(&number), sizeof number);
                };
                const uint32_t sign = bits >> 31 << 15; // no subnormal is among them
                if (type == "F64")
                    put(double{value});
                else if (type == "BF16")
                    put(static_cast<uint16_t>(bits >> 16));
                else if (value == 0)
                    put(uint16_t{0});
                else
                    put(static_cast<uint16_t>(sign | ((bits >> 23 & 255) - 112) << 10 |
                                              (bits >> 13 & 1023)));
            }
            entry["dtype"] = type;
            entry["data_offsets"] = {from, data.size()};
        }
        const std::string text = changed.dump();
        const uint64_t size = text.size();
        write_file_atomic(path, std::string(reinterpret_cast<const char*>(&size), sizeof size) +
                                    text + data);
        const Gpt read = load_gpt(path);
        for (size_t i = 0; i < model.parameters.size(); ++i) {
            const Tensor &a = read.parameters[i].value, &b = model.parameters[i].value;
            CHECK(std::memcmp(a.data(), b.data(), static_cast<size_t>(b.size()) * 4) == 0);
        }
    }
}
