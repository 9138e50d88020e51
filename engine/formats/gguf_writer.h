#pragma once
// A GGUF file (gguf.h), version 3, written tensor by tensor. The bytes depend only on the contents.

#include "engine/formats/gguf.h"
#include "engine/tensor/number_type.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace qstar::engine {

struct GgufTensor {
    std::string name;
    Shape shape; // the fastest dimension last
    WeightType type = WeightType::f32;
    std::function<Tensor()> make; // its numbers, when they are to be written
};

struct GgufContents {
    std::vector<std::pair<std::string, GgufValue>> keys; // in this order
    std::vector<GgufTensor> tensors;

    void whole(const std::string& key, int64_t value); // u32
    void number(const std::string& key, double value); // f32
    void truth(const std::string& key, bool value);
    void text(const std::string& key, const std::string& value);
    void texts(const std::string& key, std::vector<std::string> values);
    void numbers(const std::string& key, std::vector<double> values); // f32
    void wholes(const std::string& key, std::vector<int64_t> values); // i32
};

// Atomic. Error naming a number that is not finite, or too large for its type.
void write_gguf(const std::string& path, const GgufContents& contents);

} // namespace qstar::engine
