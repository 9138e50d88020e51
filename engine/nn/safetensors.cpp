#include "engine/nn/safetensors.h"

#include "engine/base/error.h"
#include "engine/device/device.h"
#include "engine/io/stand_in.h"
#include "engine/nn/safetensors_header.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <functional>
#include <set>
#include <utility>
#include <vector>

namespace qstar::engine {
namespace {

constexpr int64_t kPiece = 1 << 15; // numbers that pass through a buffer at once

// Hands the file's bytes to `write`, in order. The numbers may lie on a device: they pass
// through a buffer that stays in the caches.
void write_to(const SafeTensors& contents, const std::string& file,
              const std::function<void(std::string_view)>& write) {
    std::vector<std::pair<std::string, Shape>> shapes;
    for (const auto& [name, tensor] : contents.tensors) {
        if (tensor.empty()) fail("tensor \"{}\" has no storage to write", name);
        shapes.emplace_back(name, tensor.shape());
    }
    write(safetensors_header(shapes, contents.metadata));
    std::vector<float> buffer(kPiece);
    for (const auto& [name, tensor] : contents.tensors) {
        for (int64_t at = 0; at < tensor.size(); at += kPiece) {
            const int64_t count = std::min(kPiece, tensor.size() - at);
            tensor.device().download(count, tensor.data() + at, buffer.data());
            check_finite({buffer.data(), static_cast<size_t>(count)}, at, name, file);
            write({reinterpret_cast<const char*>(buffer.data()),
                   static_cast<size_t>(count) * sizeof(float)});
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

void SafeTensorsReader::read(const std::string& tensor, const Tensor& to) const {
    check_shape(tensor, to.shape());
    const Place& from = place(tensor);
    const auto most = static_cast<size_t>(std::min(kPiece, to.size()));
    std::vector<char> bytes(most * static_cast<size_t>(from.type->bytes));
    std::vector<float> numbers(most);
    for (int64_t at = 0; at < to.size(); at += kPiece) {
        const int64_t count = std::min(kPiece, to.size() - at);
        read_at(from.begin + static_cast<uint64_t>(at * from.type->bytes), bytes.data(),
                static_cast<size_t>(count * from.type->bytes));
        from.type->to_fp32(count, bytes.data(), numbers.data());
        check_finite({numbers.data(), static_cast<size_t>(count)}, at, tensor, name_);
        std::copy_n(numbers.data(), count, to.data() + at);
    }
}

SafeTensors read_safetensors(const std::string& path) {
    return everything(SafeTensorsReader(path));
}

SafeTensors parse_safetensors(std::string_view bytes, const std::string& name) {
    return everything(SafeTensorsReader(bytes, name));
}

void write_safetensors(const std::string& path, const SafeTensors& contents) {
    FileWriter file(path);
    write_to(contents, path, [&](std::string_view bytes) { file.write(bytes); });
    file.commit();
}

std::string safetensors_bytes(const SafeTensors& contents) {
    std::string all;
    write_to(contents, "safetensors", [&](std::string_view bytes) { all += bytes; });
    return all;
}

} // namespace qstar::engine
