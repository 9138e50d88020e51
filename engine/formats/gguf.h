#pragma once
// The GGUF file format of llama.cpp (ggml, docs/gguf.md), versions 2 and 3, little-endian:
//
//   "GGUF"  u32 version  u64 tensors  u64 keys
//   keys    name, u32 type, value: a number, a text, or an array of them
//   tensors name, u32 dimensions, u64 each (the fastest first), u32 type, u64 offset
//   padding to general.alignment (32), then the tensors' numbers, each padded likewise
//
// The reader is strict: every count, length and offset is compared with the file's size before
// anything is allocated by it. Refused, in one sentence that names the file, are keys and tensors
// named twice, arrays of arrays, types of numbers that do not become fp32 here (gguf_numbers.h),
// more than 4 dimensions, tensors that overlap or are not aligned or whole in the file, and bytes
// behind the last one. One thread at a time uses a reader.

#include "engine/formats/gguf_numbers.h"
#include "engine/io/streams.h"
#include "engine/tensor/tensor.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace qstar::engine {

// As numbered in the file; `array` stands before an array's element type only.
enum class GgufType : uint32_t {
    u8,
    i8,
    u16,
    i16,
    u32,
    i32,
    f32,
    boolean,
    string,
    array,
    u64,
    i64,
    f64
};

// Whole numbers and truths are int64_t; of a u64 the same bits, which no model's are negative.
struct GgufValue {
    GgufType type = GgufType::u32; // of an array: of its elements
    std::variant<int64_t, double, std::string, std::vector<int64_t>, std::vector<double>,
                 std::vector<std::string>>
        value;
    bool is_array() const { return value.index() >= 3; }
};

class HeaderCursor;

class GgufReader {
  public:
    explicit GgufReader(const std::string& path);
    // The same on bytes in memory, which must outlive it; `name` stands in the errors.
    GgufReader(std::string_view bytes, const std::string& name);

    const std::string& name() const { return name_; }

    struct Place {
        Shape shape; // the fastest dimension last, as everywhere here
        const GgufNumbers* numbers = nullptr;
        uint64_t begin = 0; // from the beginning of the file
        uint64_t bytes = 0;
    };
    const std::map<std::string, Place>& tensors() const { return tensors_; }
    const std::map<std::string, GgufValue>& keys() const { return keys_; }

    bool has(const std::string& key) const { return keys_.contains(key); }
    // The value of a key, of that type; Error if it is missing or of another.
    int64_t whole(const std::string& key) const;
    double number(const std::string& key) const; // whole ones, too
    bool truth(const std::string& key) const;
    const std::string& text(const std::string& key) const;
    const std::vector<std::string>& texts(const std::string& key) const;
    const std::vector<double>& numbers(const std::string& key) const;
    const std::vector<int64_t>& wholes(const std::string& key) const;

    // Error if there is no such tensor, or it has another shape.
    void check_shape(const std::string& tensor, const Shape& expected) const;
    // check_shape() and the numbers, as fp32. Error naming the first that is not finite.
    void read(const std::string& tensor, const Tensor& to) const;
    // Whether two tensors hold the same bytes.
    bool same(const std::string& a, const std::string& b) const;

  private:
    void read_header(uint64_t size);
    GgufValue read_value(HeaderCursor& in, const std::string& key) const;
    void read_tensors(HeaderCursor& in, uint64_t count);
    const Place& place(const std::string& tensor) const;
    const GgufValue& value(const std::string& key) const;
    template <class T>
    const T& value_as(const std::string& key, const char* what) const;
    void read_at(uint64_t offset, void* to, size_t count) const;

    std::string name_;
    std::optional<FileReader> file_;
    std::string_view bytes_;
    std::map<std::string, Place> tensors_;
    std::map<std::string, GgufValue> keys_;
};

} // namespace qstar::engine
