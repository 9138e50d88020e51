#include "engine/nn/safetensors_header.h"

#include "engine/base/error.h"
#include "engine/text/json.h"
#include "engine/text/json_parse.h"
#include "engine/text/utf8.h"

#include <algorithm>
#include <bit>
#include <map>
#include <tuple>

static_assert(std::endian::native == std::endian::little, "the format is little-endian");

namespace qstar::engine {

namespace {

constexpr const char* kMetadataKey = "__metadata__";

// A list of whole numbers >= 0 in an entry of the header.
std::vector<uint64_t> numbers(const Json& entry, const char* key, const std::string& name,
                              const std::string& file) {
    const auto at = entry.find(key);
    const bool good =
        at != entry.end() && at->is_array() &&
        std::all_of(at->begin(), at->end(), [](const Json& v) { return v.is_number_unsigned(); });
    if (!good) fail("{}: tensor \"{}\": {} is not a list of whole numbers", file, name, key);
    return at->get<std::vector<uint64_t>>();
}

SafeTensorsHeader::Entry parse_entry(const std::string& name, const Json& entry,
                                     const std::string& file) {
    if (!entry.is_object()) fail("{}: tensor \"{}\" is not a JSON object", file, name);
    for (const auto& [key, value] : entry.items()) {
        if (key != "dtype" && key != "shape" && key != "data_offsets") {
            fail("{}: tensor \"{}\" has an unknown key \"{}\"", file, name, key);
        }
    }
    const auto dtype = entry.find("dtype");
    SafeTensorsHeader::Entry result;
    result.name = name;
    if (dtype != entry.end() && dtype->is_string()) {
        result.type = number_type(dtype->get<std::string>());
    }
    if (result.type == nullptr) {
        const auto found = dtype == entry.end() ? "nothing" : dtype->dump();
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

std::map<std::string, std::string> parse_metadata(const Json& value, const std::string& file) {
    if (!value.is_object()) fail("{}: {} is not a JSON object", file, kMetadataKey);
    std::map<std::string, std::string> metadata;
    for (const auto& [key, text] : value.items()) {
        if (!text.is_string()) fail("{}: {} \"{}\" is not a string", file, kMetadataKey, key);
        metadata[key] = text.get<std::string>();
    }
    return metadata;
}

// In the order of their bytes, the tensors must cover them all, each byte once.
void check_cover(std::vector<SafeTensorsHeader::Entry>& entries, uint64_t size,
                 const std::string& file) {
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
        return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
    });
    uint64_t covered = 0;
    for (const auto& entry : entries) {
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

void check_utf8(const std::string& text) {
    if (utf8_end(text) < text.size())
        fail("a tensor's name or a text of the metadata is not UTF-8");
}

} // namespace

SafeTensorsHeader parse_safetensors_header(std::string_view text, uint64_t size,
                                           const std::string& file) {
    if (text.empty() || text[0] != '{') fail("{}: the header is not a JSON object", file);
    const Json header = parse_json(text, file + ": the header");
    SafeTensorsHeader found;
    for (const auto& [key, value] : header.items()) {
        if (key == kMetadataKey)
            found.metadata = parse_metadata(value, file);
        else
            found.entries.push_back(parse_entry(key, value, file));
    }
    check_cover(found.entries, size, file);
    return found;
}

std::string safetensors_header(const std::vector<std::pair<std::string, Shape>>& tensors,
                               WeightType type,
                               const std::map<std::string, std::string>& metadata) {
    std::map<std::string, Json> fields; // sorted by name
    if (!metadata.empty()) {
        Json& texts = fields[kMetadataKey] = Json::object();
        for (const auto& [name, text] : metadata) {
            check_utf8(name);
            check_utf8(text);
            texts.append(name) = text;
        }
    }
    const NumberType& numbers = number_type(type);
    uint64_t offset = 0;
    for (const auto& [name, shape] : tensors) {
        if (name == kMetadataKey) fail("a tensor cannot be named {}", kMetadataKey);
        check_utf8(name);
        Json sides = Json::array();
        for (int i = 0; i < shape.rank; ++i) sides.push_back(shape[i]);
        const uint64_t end = offset + static_cast<uint64_t>(shape.size() * numbers.bytes);
        Json& field = fields[name] = Json::object();
        field.append("data_offsets") = {offset, end};
        field.append("dtype") = numbers.name;
        field.append("shape") = std::move(sides);
        offset = end;
    }
    Json header = Json::object();
    for (auto& [name, field] : fields) header.append(name) = std::move(field);
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    const uint64_t length = text.size();
    return std::string(reinterpret_cast<const char*>(&length), sizeof length) + text;
}

} // namespace qstar::engine
