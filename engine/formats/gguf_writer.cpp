#include "engine/formats/gguf_writer.h"

#include "engine/base/error.h"
#include "engine/tensor/number_type.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <variant>

namespace qstar::engine {

namespace {

constexpr uint64_t kGgufAlignment = 32;

uint64_t aligned(uint64_t bytes) {
    return (bytes + kGgufAlignment - 1) / kGgufAlignment * kGgufAlignment;
}

template <class T>
void put(std::string& out, T value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_text(std::string& out, std::string_view text) {
    put<uint64_t>(out, text.size());
    out += text;
}

void put_scalar(std::string& out, GgufType type, int64_t value) {
    if (type == GgufType::boolean)
        put(out, static_cast<uint8_t>(value != 0));
    else
        put(out, static_cast<uint32_t>(value)); // u32 and i32
}
void put_scalar(std::string& out, GgufType, double value) { put(out, static_cast<float>(value)); }
void put_scalar(std::string& out, GgufType, const std::string& value) { put_text(out, value); }

template <class T>
void put_scalar(std::string& out, GgufType type, const std::vector<T>& values) {
    put(out, static_cast<uint32_t>(type));
    put<uint64_t>(out, values.size());
    for (const T& value : values) put_scalar(out, type, value);
}

uint64_t bytes_of(const GgufTensor& tensor) {
    return static_cast<uint64_t>(tensor.shape.size() * number_type(tensor.type).bytes);
}

std::string gguf_header(const GgufContents& contents) {
    std::string out = "GGUF";
    put<uint32_t>(out, 3);
    put<uint64_t>(out, contents.tensors.size());
    put<uint64_t>(out, contents.keys.size());
    for (const auto& [key, value] : contents.keys) {
        put_text(out, key);
        put(out, static_cast<uint32_t>(value.is_array() ? GgufType::array : value.type));
        std::visit([&, type = value.type](const auto& held) { put_scalar(out, type, held); },
                   value.value);
    }
    uint64_t offset = 0;
    for (const GgufTensor& tensor : contents.tensors) {
        put_text(out, tensor.name);
        put(out, static_cast<uint32_t>(tensor.shape.rank));
        for (int d = tensor.shape.rank; d-- > 0;) put(out, tensor.shape[d]);
        put(out, gguf_numbers(number_type(tensor.type).name)->id);
        put(out, offset);
        offset += aligned(bytes_of(tensor));
    }
    out.resize(static_cast<size_t>(aligned(out.size())), '\0');
    return out;
}

void write_tensor(FileWriter& file, const GgufTensor& tensor, const std::string& path) {
    const Tensor values = tensor.make();
    constexpr int64_t kPieceSize = 1 << 15;
    std::vector<float> buffer(static_cast<size_t>(kPieceSize));
    std::vector<uint16_t> rounded;
    for (int64_t at = 0; at < values.size(); at += kPieceSize) {
        const int64_t count = std::min(kPieceSize, values.size() - at);
        const std::span<const float> numbers(buffer.data(), static_cast<size_t>(count));
        values.device().download(count, values.data() + at, buffer.data());
        file.write(written_bytes(numbers, at, tensor.type, rounded, tensor.name, path));
    }
    const uint64_t bytes = bytes_of(tensor);
    file.write(std::string(static_cast<size_t>(aligned(bytes) - bytes), '\0'));
}

} // namespace

void GgufContents::whole(const std::string& key, int64_t value) {
    keys.push_back({key, {GgufType::u32, value}});
}
void GgufContents::number(const std::string& key, double value) {
    keys.push_back({key, {GgufType::f32, value}});
}
void GgufContents::truth(const std::string& key, bool value) {
    keys.push_back({key, {GgufType::boolean, int64_t{value}}});
}
void GgufContents::text(const std::string& key, const std::string& value) {
    keys.push_back({key, {GgufType::string, value}});
}
void GgufContents::texts(const std::string& key, std::vector<std::string> values) {
    keys.push_back({key, {GgufType::string, std::move(values)}});
}
void GgufContents::numbers(const std::string& key, std::vector<double> values) {
    keys.push_back({key, {GgufType::f32, std::move(values)}});
}
void GgufContents::wholes(const std::string& key, std::vector<int64_t> values) {
    keys.push_back({key, {GgufType::i32, std::move(values)}});
}

void write_gguf(const std::string& path, const GgufContents& contents) {
    FileWriter file(path);
    file.write(gguf_header(contents));
    for (const GgufTensor& tensor : contents.tensors) write_tensor(file, tensor, path);
    file.commit();
}

} // namespace qstar::engine
