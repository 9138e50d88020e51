#include "engine/formats/gguf.h"

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/formats/header_cursor.h"
#include "engine/io/stand_in.h"
#include "engine/tensor/number_type.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <fmt/core.h>
#include <type_traits>

namespace qstar::engine {

namespace {

constexpr uint64_t kLongestName = 65'535;   // the format's own limit of keys
constexpr int64_t kNumbersAtOnce = 1 << 16; // that pass through a buffer at once, whole blocks

// A float as the number that was meant: 1e-5, not 9.99999974738e-06.
double as_written(float value) { return std::stod(fmt::format("{}", value)); }

} // namespace

GgufReader::GgufReader(const std::string& path) : name_(path), file_(path) {
    read_header(file_->size());
}

GgufReader::GgufReader(std::string_view bytes, const std::string& name)
    : name_(name), bytes_(bytes) {
    read_header(bytes.size());
}

void GgufReader::read_at(uint64_t offset, void* to, size_t count) const {
    if (file_) return file_->read_at(offset, to, count);
    std::memcpy(to, bytes_.data() + offset, count);
}

void GgufReader::read_header(uint64_t size) {
    std::string head(static_cast<size_t>(std::min<uint64_t>(size, 512)), '\0');
    if (!head.empty()) read_at(0, head.data(), head.size());
    if (!head.starts_with("GGUF")) {
        const std::string_view instead = stand_in(head);
        if (!instead.empty()) fail("{}: expected a GGUF file, found {}", name_, instead);
        fail("{}: expected a GGUF file, which begins with \"GGUF\"", name_);
    }
    HeaderCursor in(name_, size,
                    [this](uint64_t at, void* to, size_t count) { read_at(at, to, count); });
    in.take<uint32_t>("the header");
    const auto version = in.take<uint32_t>("the header");
    if (version != 2 && version != 3)
        fail("{}: expected GGUF of the versions 2 or 3, little-endian, found version {}", name_,
             version);
    const uint64_t tensors = in.count(24, "tensors"); // a name's length, dimensions, type, offset
    const uint64_t keys = in.count(13, "keys");       // a name's length, type, a byte
    for (uint64_t i = 0; i < keys; ++i) {
        std::string key = in.text(kLongestName, "a key's name");
        if (keys_.contains(key)) fail("{}: the key \"{}\" stands there twice", name_, key);
        GgufValue value = read_value(in, key);
        keys_.emplace(std::move(key), std::move(value));
    }
    read_tensors(in, tensors);
}

GgufValue GgufReader::read_value(HeaderCursor& in, const std::string& key) const {
    constexpr const char* kWhat = "a key's value";
    const auto scalar = [&](GgufType type, auto take_whole, auto take_real, auto take_text) {
        switch (type) {
        case GgufType::u8:
            return take_whole(in.take<uint8_t>(kWhat));
        case GgufType::i8:
            return take_whole(in.take<int8_t>(kWhat));
        case GgufType::u16:
            return take_whole(in.take<uint16_t>(kWhat));
        case GgufType::i16:
            return take_whole(in.take<int16_t>(kWhat));
        case GgufType::u32:
            return take_whole(in.take<uint32_t>(kWhat));
        case GgufType::i32:
            return take_whole(in.take<int32_t>(kWhat));
        case GgufType::u64:
        case GgufType::i64:
            return take_whole(in.take<int64_t>(kWhat));
        case GgufType::boolean:
            return take_whole(in.take<uint8_t>(kWhat) != 0 ? 1 : 0);
        case GgufType::f32:
            return take_real(as_written(in.take<float>(kWhat)));
        case GgufType::f64:
            return take_real(in.take<double>(kWhat));
        default:
            return take_text(in.text(UINT64_MAX, kWhat));
        }
    };
    const auto known = [&](uint32_t type) {
        if (type > static_cast<uint32_t>(GgufType::f64))
            fail("{}: the key \"{}\" is of an unknown type, {}", name_, key, type);
        return static_cast<GgufType>(type);
    };
    GgufValue result{known(in.take<uint32_t>(kWhat)), {}};
    if (result.type != GgufType::array) {
        scalar(
            result.type, [&](int64_t n) { result.value = n; }, [&](double n) { result.value = n; },
            [&](std::string text) { result.value = std::move(text); });
        return result;
    }
    result.type = known(in.take<uint32_t>(kWhat));
    if (result.type == GgufType::array)
        fail("{}: the key \"{}\": an array of arrays, which no model needs", name_, key);
    constexpr uint64_t kSizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 8, 0, 8, 8, 8};
    const uint64_t count =
        in.count(kSizes[static_cast<size_t>(result.type)], "elements of an array");
    std::vector<int64_t> wholes;
    std::vector<double> reals;
    std::vector<std::string> texts;
    for (uint64_t i = 0; i < count; ++i)
        scalar(
            result.type, [&](int64_t n) { wholes.push_back(n); },
            [&](double n) { reals.push_back(n); },
            [&](std::string text) { texts.push_back(std::move(text)); });
    if (result.type == GgufType::string)
        result.value = std::move(texts);
    else if (result.type == GgufType::f32 || result.type == GgufType::f64)
        result.value = std::move(reals);
    else
        result.value = std::move(wholes);
    return result;
}

void GgufReader::read_tensors(HeaderCursor& in, uint64_t count) {
    for (uint64_t i = 0; i < count; ++i) {
        const std::string tensor = in.text(kLongestName, "a tensor's name");
        const auto rank = in.take<uint32_t>("a tensor's description");
        if (rank > 4)
            fail("{}: tensor \"{}\" has {} dimensions; at most 4 are allowed", name_, tensor, rank);
        Place place;
        int64_t size = 1;
        place.shape.rank = static_cast<int>(rank);
        for (uint32_t d = 0; d < rank; ++d) {
            const auto dim = in.take<int64_t>("a tensor's description");
            if (dim < 0 || __builtin_mul_overflow(size, dim, &size))
                fail("{}: tensor \"{}\": the shape is too large", name_, tensor);
            place.shape.dim[rank - 1 - d] = dim;
        }
        const auto type = in.take<uint32_t>("a tensor's description");
        place.begin = in.take<uint64_t>("a tensor's description");
        place.numbers = gguf_numbers(type);
        if (place.numbers == nullptr)
            fail("{}: tensor \"{}\": expected numbers of {}, found {}", name_, tensor,
                 gguf_number_names(), name_of_gguf_numbers(type));
        if (place.shape.last() % place.numbers->block != 0)
            fail("{}: tensor \"{}\": rows of {} numbers are no whole blocks of {}", name_, tensor,
                 place.shape.last(), place.numbers->name);
        int64_t bytes = 0;
        if (__builtin_mul_overflow(size / place.numbers->block, place.numbers->bytes, &bytes))
            fail("{}: tensor \"{}\": the shape is too large", name_, tensor);
        place.bytes = static_cast<uint64_t>(bytes);
        if (!tensors_.emplace(tensor, place).second)
            fail("{}: tensor \"{}\" stands there twice", name_, tensor);
    }

    const std::string aligned = "general.alignment";
    const int64_t alignment = has(aligned) ? whole(aligned) : 32;
    if (alignment < 1 || alignment > 1 << 20 || (alignment & (alignment - 1)) != 0)
        fail("{}: the key \"{}\": expected a power of 2, found {}", name_, aligned, alignment);
    const auto step = static_cast<uint64_t>(alignment);
    const auto padded = [&](uint64_t bytes) { return (bytes + step - 1) / step * step; };
    const uint64_t end = in.at() + in.left(), data = padded(in.at());
    if (data > end && count > 0)
        fail("{}: the file is cut off: its tensors would begin at byte {}, but it ends at {}",
             name_, data, end);
    std::vector<std::pair<const std::string, Place>*> order;
    for (auto& entry : tensors_) order.push_back(&entry);
    std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
        return std::pair(a->second.begin, a->second.bytes) <
               std::pair(b->second.begin, b->second.bytes);
    });
    uint64_t covered = 0; // from `data` on
    for (auto* entry : order) {
        auto& [tensor, place] = *entry;
        if (place.begin % step != 0)
            fail("{}: tensor \"{}\" begins at {}, which is no multiple of the alignment {}", name_,
                 tensor, place.begin, step);
        if (place.begin < covered)
            fail(
                "{}: tensor \"{}\" overlaps another: it begins at {}, but one before it ends at {}",
                name_, tensor, place.begin, covered);
        if (place.begin > end - data || place.bytes > end - data - place.begin)
            fail("{}: the file is cut off or tensor \"{}\" lies: it takes {} bytes from {} on, but "
                 "{} follow the header",
                 name_, tensor, place.bytes, place.begin, end - data);
        covered = place.begin + place.bytes;
        place.begin += data;
    }
    if (count > 0 && end - data > padded(covered))
        fail("{}: the tensors take {} bytes, but the file holds {} after its header", name_,
             covered, end - data);
}

const GgufReader::Place& GgufReader::place(const std::string& tensor) const {
    const auto at = tensors_.find(tensor);
    if (at == tensors_.end()) fail("{}: there is no tensor \"{}\"", name_, tensor);
    return at->second;
}

const GgufValue& GgufReader::value(const std::string& key) const {
    const auto at = keys_.find(key);
    if (at == keys_.end()) fail("{}: there is no key \"{}\"", name_, key);
    return at->second;
}

template <class T>
const T& GgufReader::value_as(const std::string& key, const char* what) const {
    const T* const found = std::get_if<T>(&value(key).value);
    if (found == nullptr) fail("{}: the key \"{}\": expected {}", name_, key, what);
    return *found;
}

int64_t GgufReader::whole(const std::string& key) const {
    if (value(key).type == GgufType::boolean)
        fail("{}: the key \"{}\": expected a whole number, found a truth", name_, key);
    return value_as<int64_t>(key, "a whole number");
}

double GgufReader::number(const std::string& key) const {
    if (const auto* n = std::get_if<int64_t>(&value(key).value)) return static_cast<double>(*n);
    return value_as<double>(key, "a number");
}

bool GgufReader::truth(const std::string& key) const {
    if (value(key).type != GgufType::boolean || value(key).is_array())
        fail("{}: the key \"{}\": expected true or false", name_, key);
    return std::get<int64_t>(value(key).value) != 0;
}

const std::string& GgufReader::text(const std::string& key) const {
    return value_as<std::string>(key, "a text");
}

const std::vector<std::string>& GgufReader::texts(const std::string& key) const {
    return value_as<std::vector<std::string>>(key, "an array of texts");
}

const std::vector<double>& GgufReader::numbers(const std::string& key) const {
    return value_as<std::vector<double>>(key, "an array of numbers with a point");
}

const std::vector<int64_t>& GgufReader::wholes(const std::string& key) const {
    return value_as<std::vector<int64_t>>(key, "an array of whole numbers");
}

void GgufReader::check_shape(const std::string& tensor, const Shape& expected) const {
    const Shape& found = place(tensor).shape;
    if (found != expected)
        fail("{}: tensor \"{}\": expected the shape {}, found {}", name_, tensor, expected.text(),
             found.text());
}

void GgufReader::read(const std::string& tensor, const Tensor& to) const {
    check_shape(tensor, to.shape());
    const Place& from = place(tensor);
    std::atomic<bool> finite = true;
    parallel_for(to.size(), kNumbersAtOnce, [&](int64_t at, int64_t end) {
        thread_local std::vector<char> bytes;
        const auto bytes_of = [&](int64_t numbers) {
            return static_cast<uint64_t>(numbers / from.numbers->block * from.numbers->bytes);
        };
        bytes.resize(bytes_of(end - at));
        read_at(from.begin + bytes_of(at), bytes.data(), bytes.size());
        from.numbers->to_fp32(end - at, bytes.data(), to.data() + at);
        if (!all_finite({to.data() + at, static_cast<size_t>(end - at)})) finite = false;
    });
    if (!finite) check_finite(to.values(), 0, tensor, name_);
}

bool GgufReader::same(const std::string& a, const std::string& b) const {
    const Place &first = place(a), &second = place(b);
    if (first.shape != second.shape || first.numbers != second.numbers) return false;
    std::vector<char> one(1 << 16), other(1 << 16);
    for (uint64_t at = 0; at < first.bytes; at += one.size()) {
        const auto count = static_cast<size_t>(std::min<uint64_t>(one.size(), first.bytes - at));
        read_at(first.begin + at, one.data(), count);
        read_at(second.begin + at, other.data(), count);
        if (std::memcmp(one.data(), other.data(), count) != 0) return false;
    }
    return true;
}

} // namespace qstar::engine
