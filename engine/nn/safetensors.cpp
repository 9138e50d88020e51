#include "engine/nn/safetensors.h"

#include "engine/base/error.h"
#include "engine/device/device.h"
#include "engine/io/stand_in.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>
#include <vector>

static_assert(std::endian::native == std::endian::little, "the format is little-endian");

namespace qstar::engine {
namespace {

using nlohmann::json;

constexpr uint64_t header_limit = 100'000'000;
constexpr const char* metadata_key = "__metadata__";

// One entry of the header, with its place among the data bytes.
struct Entry {
    std::string name;
    Shape shape;
    const NumberType* type = nullptr;
    uint64_t begin = 0;
    uint64_t end = 0;
};

// The header as JSON, with no key twice and nothing deeper than the format has.
json parse_header(std::string_view text, const std::string& file) {
    std::vector<std::set<std::string>> keys; // of each object that is open
    const auto watch = [&](int depth, json::parse_event_t event, json& value) {
        if (event == json::parse_event_t::object_start) {
            keys.emplace_back();
        } else if (event == json::parse_event_t::object_end) {
            keys.pop_back();
        } else if (event == json::parse_event_t::key) {
            const auto key = value.get<std::string>();
            if (!keys.back().insert(key).second) {
                fail("{}: the header names \"{}\" twice", file, key);
            }
        }
        if (depth > 3) fail("{}: the header is nested too deeply", file);
        return true;
    };
    if (text.empty() || text[0] != '{') fail("{}: the header is not a JSON object", file);
    try {
        return json::parse(text, watch);
    } catch (const json::exception&) {
        fail("{}: the header is not JSON", file);
    }
}

// A list of whole numbers >= 0 in an entry of the header.
std::vector<uint64_t> numbers(const json& entry, const char* key, const std::string& name,
                              const std::string& file) {
    const auto at = entry.find(key);
    const bool good =
        at != entry.end() && at->is_array() &&
        std::all_of(at->begin(), at->end(), [](const json& v) { return v.is_number_unsigned(); });
    if (!good) fail("{}: tensor \"{}\": {} is not a list of whole numbers", file, name, key);
    return at->get<std::vector<uint64_t>>();
}

Entry parse_entry(const std::string& name, const json& entry, const std::string& file) {
    if (!entry.is_object()) fail("{}: tensor \"{}\" is not a JSON object", file, name);
    for (const auto& [key, value] : entry.items()) {
        if (key != "dtype" && key != "shape" && key != "data_offsets") {
            fail("{}: tensor \"{}\" has an unknown key \"{}\"", file, name, key);
        }
    }
    const auto dtype = entry.find("dtype");
    Entry result;
    result.name = name;
    if (dtype != entry.end() && dtype->is_string()) {
        result.type = number_type(dtype->get_ref<const std::string&>());
    }
    if (result.type == nullptr) {
        const auto found = dtype == entry.end() ? "nothing" : dtype->dump(-1, ' ', true);
        fail("{}: tensor \"{}\": expected a dtype of {}, found {}", file, name, number_type_names(),
             found);
    }
    const auto dims = numbers(entry, "shape", name, file);
    if (dims.size() > result.shape.dim.size()) {
        fail("{}: tensor \"{}\" has {} dimensions; at most 4 are allowed", file, name, dims.size());
    }
    int64_t bytes = result.type->bytes;
    for (const uint64_t dim : dims) {
        if (dim > uint64_t{INT64_MAX} ||
            __builtin_mul_overflow(bytes, static_cast<int64_t>(dim), &bytes)) {
            fail("{}: tensor \"{}\": the shape is too large", file, name);
        }
        result.shape.dim[static_cast<size_t>(result.shape.rank++)] = static_cast<int64_t>(dim);
    }

    const auto offsets = numbers(entry, "data_offsets", name, file);
    if (offsets.size() != 2 || offsets[0] > offsets[1]) {
        fail("{}: tensor \"{}\": data_offsets is not a begin and an end", file, name);
    }
    result.begin = offsets[0];
    result.end = offsets[1];
    if (result.end - result.begin != static_cast<uint64_t>(bytes)) {
        fail("{}: tensor \"{}\": shape {} takes {} bytes, but its data_offsets span {}", file, name,
             result.shape.text(), bytes, result.end - result.begin);
    }
    return result;
}

std::map<std::string, std::string> parse_metadata(const json& value, const std::string& file) {
    if (!value.is_object()) fail("{}: {} is not a JSON object", file, metadata_key);
    std::map<std::string, std::string> metadata;
    for (const auto& [key, text] : value.items()) {
        if (!text.is_string()) fail("{}: {} \"{}\" is not a string", file, metadata_key, key);
        metadata[key] = text.get<std::string>();
    }
    return metadata;
}

// In the order of their bytes, the tensors must cover them all, each byte once.
void check_cover(std::vector<Entry>& entries, uint64_t size, const std::string& file) {
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
        return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
    });
    uint64_t covered = 0;
    for (const Entry& entry : entries) {
        if (entry.begin != covered) {
            fail("{}: tensor \"{}\" {} at byte {}: expected it to begin at {}", file, entry.name,
                 entry.begin > covered ? "leaves a hole" : "overlaps another", entry.begin,
                 covered);
        }
        covered = entry.end;
    }
    if (covered != size) {
        fail("{}: the tensors take {} bytes, but the file holds {} after its header", file, covered,
             size);
    }
}

// The header length, the header and its padding.
std::string header_bytes(const SafeTensors& contents) {
    json header = json::object(); // keeps its keys sorted, as the tensors are
    if (!contents.metadata.empty()) header[metadata_key] = contents.metadata;
    uint64_t offset = 0;
    for (const auto& [name, tensor] : contents.tensors) {
        if (name == metadata_key) fail("a tensor cannot be named {}", metadata_key);
        if (tensor.empty()) fail("tensor \"{}\" has no storage to write", name);
        json shape = json::array();
        for (int i = 0; i < tensor.shape().rank; ++i) shape.push_back(tensor.shape()[i]);
        const uint64_t end = offset + static_cast<uint64_t>(tensor.size()) * sizeof(float);
        header[name] = {{"dtype", "F32"}, {"shape", shape}, {"data_offsets", {offset, end}}};
        offset = end;
    }
    std::string text;
    try {
        text = header.dump();
    } catch (const json::type_error&) {
        fail("a tensor's name or a text of the metadata is not UTF-8");
    }
    text.resize((text.size() + 7) / 8 * 8, ' ');
    const uint64_t length = text.size();
    return std::string(reinterpret_cast<const char*>(&length), sizeof length) + text;
}

constexpr int64_t piece = 1 << 15; // numbers that pass through a buffer at once

// Hands the file's bytes to `write`, in order. The numbers may lie on a device: they pass
// through a buffer that stays in the caches.
void write_to(const SafeTensors& contents, const std::string& file,
              const std::function<void(std::string_view)>& write) {
    write(header_bytes(contents));
    std::vector<float> buffer(piece);
    for (const auto& [name, tensor] : contents.tensors) {
        for (int64_t at = 0; at < tensor.size(); at += piece) {
            const int64_t count = std::min(piece, tensor.size() - at);
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
    if (length > header_limit) refuse_header(length, size);
    if (length > size - sizeof length) {
        fail("{}: the file is cut off: its header is {} bytes long, but only {} follow", name_,
             length, size - sizeof length);
    }
    std::string text(length, ' ');
    if (length > 0) read_at(sizeof length, text.data(), length);
    const json header = parse_header(text, name_);

    std::vector<Entry> entries;
    for (const auto& [key, value] : header.items()) {
        if (key == metadata_key) {
            metadata_ = parse_metadata(value, name_);
        } else {
            entries.push_back(parse_entry(key, value, name_));
        }
    }
    const uint64_t data = sizeof length + length; // where the numbers begin
    check_cover(entries, size - data, name_);
    for (const Entry& entry : entries) {
        tensors_[entry.name] = {entry.shape, entry.type, data + entry.begin};
    }
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
    const auto most = static_cast<size_t>(std::min(piece, to.size()));
    std::vector<char> bytes(most * static_cast<size_t>(from.type->bytes));
    std::vector<float> numbers(most);
    for (int64_t at = 0; at < to.size(); at += piece) {
        const int64_t count = std::min(piece, to.size() - at);
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
