#include "engine/nn/safetensors.h"

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/device/device.h"
#include "engine/io/stand_in.h"
#include "engine/nn/safetensors_header.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstring>
#include <fmt/core.h>
#include <functional>
#include <set>
#include <utility>
#include <vector>

namespace qstar::engine {
namespace {

constexpr int64_t kPiece = 1 << 15; // numbers that pass through a buffer at once

// Hands the file's bytes to `write`, in order. The numbers may lie on a device: they pass
// through a buffer that stays in the caches.
void write_to(const SafeTensors& contents, WeightType type, const std::string& file,
              const std::function<void(std::string_view)>& write) {
    std::vector<std::pair<std::string, Shape>> shapes;
    for (const auto& [name, tensor] : contents.tensors) {
        if (tensor.empty()) fail("tensor \"{}\" has no storage to write", name);
        shapes.emplace_back(name, tensor.shape());
    }
    write(safetensors_header(shapes, type, contents.metadata));
    std::vector<float> buffer(kPiece);
    std::vector<uint16_t> rounded;
    for (const auto& [name, tensor] : contents.tensors) {
        const bool here = tensor.device().is_host();
        for (int64_t at = 0; at < tensor.size(); at += kPiece) {
            const auto count = std::min(kPiece, tensor.size() - at);
            const float* numbers = tensor.data() + at;
            if (!here) {
                tensor.device().download(count, numbers, buffer.data());
                numbers = buffer.data();
            }
            write(written_bytes({numbers, static_cast<size_t>(count)}, at, type, rounded, name,
                                file));
        }
    }
}

SafeTensors everything(const SafeTensorsReader& file) {
    SafeTensors result;
    result.metadata = file.metadata();
    for (const auto& [name, place] : file.tensors()) {
        const Tensor tensor =
            Tensor::zeros(place.shape, cpu_device()); // copied by who wants it elsewhere
        file.read(name, tensor);
        result.tensors[name] = tensor;
    }
    return result;
}

} // namespace

const Tensor& SafeTensors::tensor(const std::string& name, const std::string& file) const {
    const auto at = tensors.find(name);
    if (at == tensors.end()) fail("{}: there is no tensor \"{}\"", file, name);
    return at->second;
}

const std::string& SafeTensors::text(const std::string& name, const std::string& file) const {
    const auto at = metadata.find(name);
    if (at == metadata.end()) fail("{}: there is no \"{}\" in its metadata", file, name);
    return at->second;
}

SafeTensorsReader::SafeTensorsReader(const std::string& path) : name_(path), file_(path) {
    read_header(file_->size());
}

SafeTensorsReader::SafeTensorsReader(std::string_view bytes, const std::string& name)
    : name_(name), bytes_(bytes) {
    read_header(bytes.size());
}

void SafeTensorsReader::read_at(uint64_t offset, void* to, size_t count) const {
    if (file_) return file_->read_at(offset, to, count);
    std::memcpy(to, bytes_.data() + offset, count);
}

// A header longer than the limit: as a rule the file is another kind of file.
void SafeTensorsReader::refuse_header(uint64_t length, uint64_t size) const {
    std::string head(std::min<uint64_t>(size, 512), '\0');
    read_at(0, head.data(), head.size());
    const std::string_view instead = stand_in(head);
    if (!instead.empty()) fail("{}: expected a safetensors file, found {}", name_, instead);
    fail("{}: not a safetensors file: the header would be {} bytes long", name_, length);
}

void SafeTensorsReader::read_header(uint64_t size) {
    uint64_t length = 0;
    if (size < sizeof length) {
        fail("{}: expected a safetensors file, found only {} bytes", name_, size);
    }
    read_at(0, &length, sizeof length);
    if (length > kSafetensorsHeaderLimit) refuse_header(length, size);
    if (length > size - sizeof length) {
        fail("{}: the file is cut off: its header is {} bytes long, but only {} follow", name_,
             length, size - sizeof length);
    }
    std::string text(length, ' ');
    if (length > 0) read_at(sizeof length, text.data(), length);
    const uint64_t data = sizeof length + length; // where the numbers begin
    SafeTensorsHeader header = parse_safetensors_header(text, size - data, name_);
    metadata_ = std::move(header.metadata);
    for (const SafeTensorsHeader::Entry& entry : header.entries)
        tensors_[entry.name] = {entry.shape, entry.type, data + entry.begin};
}

const SafeTensorsReader::Place& SafeTensorsReader::place(const std::string& tensor) const {
    const auto at = tensors_.find(tensor);
    if (at == tensors_.end()) fail("{}: there is no tensor \"{}\"", name_, tensor);
    return at->second;
}

const std::string& SafeTensorsReader::text(const std::string& key) const {
    const auto at = metadata_.find(key);
    if (at == metadata_.end()) fail("{}: there is no \"{}\" in its metadata", name_, key);
    return at->second;
}

uint64_t SafeTensorsReader::number(const std::string& key, uint64_t limit) const {
    const std::string& digits = text(key);
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size() || value > limit) {
        fail("{}: metadata \"{}\": expected a whole number up to {}, found \"{}\"", name_, key,
             limit, digits);
    }
    return value;
}

void SafeTensorsReader::check_format(std::string_view format, std::string_view what) const {
    const auto at = metadata_.find("format");
    if (at != metadata_.end() && at->second == format) return;
    fail("{}: expected {} that this program has trained, with its sizes and \"format\": \"{}\" in "
         "the metadata, found {}",
         name_, what, format,
         at == metadata_.end() ? "no \"format\"" : fmt::format("\"format\": \"{}\"", at->second));
}

void SafeTensorsReader::check_nothing_else(std::span<const Parameter> parameters,
                                           std::string_view what) const {
    std::set<std::string_view> known;
    for (const Parameter& p : parameters) known.insert(p.name);
    for (const auto& [name, from] : tensors_) {
        if (!known.contains(name)) {
            fail("{}: tensor \"{}\": not one of the {} tensors of {} of this shape", name_, name,
                 known.size(), what);
        }
    }
}

void SafeTensorsReader::check_shape(const std::string& tensor, const Shape& expected) const {
    const Shape& found = place(tensor).shape;
    if (found != expected) {
        fail("{}: tensor \"{}\": expected the shape {}, found {}", name_, tensor, expected.text(),
             found.text());
    }
}

void SafeTensorsReader::check_weight(const std::string& tensor) const {
    const std::string_view type = place(tensor).type->name;
    if (type != "F32" && type != "F16" && type != "BF16" && type != "F64")
        fail("{}: tensor \"{}\": expected numbers of F32, F16, BF16 or F64, found {}", name_,
             tensor, type);
}

void SafeTensorsReader::read(const std::string& tensor, const Tensor& to) const {
    check_shape(tensor, to.shape());
    const Place& from = place(tensor);
    std::atomic<bool> finite = true;
    parallel_for(to.size(), kPiece, [&](int64_t at, int64_t end) {
        thread_local std::vector<char> bytes;
        thread_local std::vector<float> numbers;
        bytes.resize(static_cast<size_t>((end - at) * from.type->bytes));
        numbers.resize(static_cast<size_t>(end - at));
        read_at(from.begin + static_cast<uint64_t>(at * from.type->bytes), bytes.data(),
                bytes.size());
        from.type->to_fp32(end - at, bytes.data(), numbers.data());
        if (!all_finite(numbers)) finite = false;
        std::copy(numbers.begin(), numbers.end(), to.data() + at);
    });
    if (!finite) check_finite(to.values(), 0, tensor, name_);
}

Tensor SafeTensorsReader::mapped(const std::string& name) const {
    constexpr uint64_t kMappedFrom = 1 << 20; // bytes
    const Place& from = place(name);
    const auto bytes = static_cast<uint64_t>(from.shape.size()) * sizeof(float);
    if (!file_ || from.type != number_type("F32") || from.begin % sizeof(float) != 0 ||
        bytes < kMappedFrom)
        return {};
    if (!map_) map_ = file_->map();
    if (!map_) return {};
    float* const numbers = reinterpret_cast<float*>(map_.get() + from.begin);
    return Tensor::owning(from.shape, std::shared_ptr<float>(map_, numbers));
}

Tensor SafeTensorsReader::tensor(const std::string& name, const Shape& shape) const {
    check_shape(name, shape);
    const Tensor there = mapped(name);
    if (there.empty()) {
        const Tensor copy = Tensor::unwritten(shape, cpu_device());
        read(name, copy);
        return copy;
    }
    std::atomic<bool> finite = true;
    const auto part = [&](int64_t at, int64_t end) {
        return std::span<const float>(there.data() + at, static_cast<size_t>(end - at));
    };
    parallel_for(there.size(), 8 * kPiece, [&](int64_t at, int64_t end) {
        if (!all_finite(part(at, end))) finite = false;
    });
    if (!finite) check_finite(part(0, there.size()), 0, name, name_);
    return there;
}

SafeTensors read_safetensors(const std::string& path) {
    return everything(SafeTensorsReader(path));
}

SafeTensors parse_safetensors(std::string_view bytes, const std::string& name) {
    return everything(SafeTensorsReader(bytes, name));
}

void write_safetensors(const std::string& path, const SafeTensors& contents, WeightType type) {
    FileWriter file(path);
    write_to(contents, type, path, [&](std::string_view bytes) { file.write(bytes); });
    file.commit();
}

std::string safetensors_bytes(const SafeTensors& contents) {
    std::string all;
    write_to(contents, WeightType::f32, "safetensors",
             [&](std::string_view bytes) { all += bytes; });
    return all;
}

} // namespace qstar::engine
