#pragma once
// A model in a GGUF file: llama.cpp's names of keys and tensors, and ours (gpt.h).
//
// Of the architectures gpt2, llama, qwen2 and qwen3. A linear weight is (out, in) there, so gpt2's
// are transposed. The architecture llama turns neighbouring numbers of a head, where Hugging Face
// turns its halves: rows 2 i and 2 i + 1 of a head's queries and keys are rows i and d/2 + i here.
// qwen2 and qwen3 turn halves in both. Without output.weight, or with one that is the embedding's
// bytes, the head is tied.

#include "engine/formats/gguf.h"
#include "engine/formats/gguf_writer.h"
#include "engine/nn/gpt.h"

#include <string>

namespace qstar::engine {

// context: of the model at most so many positions; 0: all. Error naming the key or the tensor that
// says what is computed otherwise here: scaled or partial rotary positions, windows, experts.
GptConfig gguf_config(const GgufReader& file, int64_t context = 0);
Gpt read_gguf_model(const GgufReader& file, int64_t context = 0);

// The model's keys and tensors, its matrices of that type, else F32. The model must outlive it. A
// reward model is a reranker of two classes (pooling type rank): the first one's probability at the
// last token is sigmoid(score.weight h), without the bias, which is the key "qstar.score.bias": the
// order of solutions is the same. llama.cpp has that for qwen3 alone: Error for reward models of
// another family.
GgufContents gguf_model(const Gpt& gpt, const std::string& name, WeightType type = WeightType::f32);

} // namespace qstar::engine
