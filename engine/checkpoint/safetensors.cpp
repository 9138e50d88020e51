#include "engine/checkpoint/safetensors.h"

#include "engine/device/device.h"
#include "engine/error.h"
#include "engine/io/files.h"

#include <algorithm>
#include <bit>
#include <cstring>
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
    if (dtype == entry.end() || *dtype != "F32") {
        const auto found = dtype == entry.end() ? "nothing" : dtype->dump(-1, ' ', true);
        fail("{}: tensor \"{}\": expected dtype \"F32\", found {}", file, name, found);
    }

    Entry result;
    result.name = name;
    const auto dims = numbers(entry, "shape", name, file);
    if (dims.size() > result.shape.dim.size()) {
        fail("{}: tensor \"{}\" has {} dimensions; at most 4 are allowed", file, name, dims.size());
    }
    int64_t bytes = sizeof(float);
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

SafeTensors parse_safetensors(std::string_view bytes, const std::string& name) {
    uint64_t length = 0;
    if (bytes.size() < sizeof length) {
        fail("{}: expected a safetensors file, found only {} bytes", name, bytes.size());
    }
    std::memcpy(&length, bytes.data(), sizeof length);
    bytes.remove_prefix(sizeof length);
    if (length > header_limit) {
        fail("{}: not a safetensors file: the header would be {} bytes long", name, length);
    }
    if (length > bytes.size()) {
        fail("{}: the file is cut off: its header is {} bytes long, but only {} follow", name,
             length, bytes.size());
    }
    const json header = parse_header(bytes.substr(0, length), name);
    bytes.remove_prefix(length);

    SafeTensors result;
    std::vector<Entry> entries;
    for (const auto& [key, value] : header.items()) {
        if (key == metadata_key) {
            result.metadata = parse_metadata(value, name);
        } else {
            entries.push_back(parse_entry(key, value, name));
        }
    }
    check_cover(entries, bytes.size(), name); // before any memory is asked for
    for (const Entry& entry : entries) {
        const HostMemory here; // the models copy from it
        const Tensor tensor = Tensor::zeros(entry.shape);
        if (entry.end > entry.begin) {
            std::memcpy(tensor.data(), bytes.data() + entry.begin, entry.end - entry.begin);
        }
        result.tensors[entry.name] = tensor;
    }
    return result;
}

SafeTensors read_safetensors(const std::string& path) {
    return parse_safetensors(read_file(path), path);
}

std::string safetensors_bytes(const SafeTensors& contents) {
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
    std::string bytes;
    bytes.reserve(sizeof length + length + offset);
    bytes.append(reinterpret_cast<const char*>(&length), sizeof length).append(text);
    const HostMemory here;
    for (const auto& [name, tensor] : contents.tensors) {
        const Tensor copy = tensor.clone();
        bytes.append(reinterpret_cast<const char*>(copy.data()),
                     static_cast<size_t>(copy.size()) * sizeof(float));
    }
    return bytes;
}

void write_safetensors(const std::string& path, const SafeTensors& contents) {
    write_file_atomic(path, safetensors_bytes(contents));
}

} // namespace qstar::engine
