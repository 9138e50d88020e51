#pragma once
// The safetensors file format (huggingface/safetensors, README "Format"):
// 8 bytes little-endian header length, a JSON header, the tensors' bytes.
//
//   {"__metadata__": {"step": "100"},
//    "wte.weight": {"dtype": "F32", "shape": [V, C], "data_offsets": [begin, end]}, ...}
//
// The reader is strict. A file is refused, in one sentence that names it, when the
// header is longer than 100 MB or than the file, is not JSON, names a key twice or
// has an unknown one, when a dtype is not known (number_type.h), a shape has more than
// 4 dimensions or overflows, when an extent is out of bounds or not as long as its shape
// says, or when the extents leave a hole, overlap or do not end where the file ends. So is
// a tensor with a number that is not finite, also when it is to be written.
// The bytes written depend only on the contents: F32 or another type for all, names sorted, the
// header padded with spaces to a multiple of 8.

#include "engine/autograd/tape.h"
#include "engine/io/streams.h"
#include "engine/tensor/number_type.h"
#include "engine/tensor/tensor.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace qstar::engine {

struct SafeTensors {
    std::map<std::string, Tensor> tensors;       // fp32; each owns its storage when read
    std::map<std::string, std::string> metadata; // any text (UTF-8)

    // The tensor or the text of that name; an Error names `file` where it is missing.
    const Tensor& tensor(const std::string& name, const std::string& file) const;
    const std::string& text(const std::string& name, const std::string& file) const;
};

// Everything at once, in ordinary memory: for small files.
SafeTensors read_safetensors(const std::string& path);
// Atomic. Written tensor by tensor, so that no second copy of the numbers stands in memory. Error
// naming a number that is too large for the type.
void write_safetensors(const std::string& path, const SafeTensors& contents,
                       WeightType type = WeightType::f32);

// The same on bytes in memory; `name` stands in the errors.
SafeTensors parse_safetensors(std::string_view bytes, const std::string& name);
std::string safetensors_bytes(const SafeTensors& contents);

// A file whose header is read and checked, and whose numbers are read tensor by tensor to
// where they belong. Errors name the file.
class SafeTensorsReader {
  public:
    explicit SafeTensorsReader(const std::string& path);
    // The same on bytes in memory, which must outlive it; `name` stands in the errors.
    SafeTensorsReader(std::string_view bytes, const std::string& name);

    struct Place {
        Shape shape;
        const NumberType* type = nullptr;
        uint64_t begin = 0; // from the beginning of the file
    };
    const std::map<std::string, Place>& tensors() const { return tensors_; }
    const std::map<std::string, std::string>& metadata() const { return metadata_; }

    const std::string& text(const std::string& key) const; // Error if there is none
    // A whole number out of the metadata, at most `limit`, or an Error.
    uint64_t number(const std::string& key, uint64_t limit) const;
    // Error if "format" in the metadata is not this one; `what` it should be: "a GPT".
    void check_format(std::string_view format, std::string_view what) const;
    // Error naming the first tensor that is not a parameter of `what`.
    void check_nothing_else(std::span<const Parameter> parameters, std::string_view what) const;
    // Error if there is no such tensor, or it has another shape.
    void check_shape(const std::string& tensor, const Shape& expected) const;
    // Error unless its numbers are of a type that weights have: F32, F16, BF16 or F64.
    void check_weight(const std::string& tensor) const;
    // check_shape() and the numbers, as fp32. Error naming the first that is not finite.
    void read(const std::string& tensor, const Tensor& to) const;
    // The same in ordinary memory. A large tensor of F32 is the file's own pages (FileReader::map()
    // says what that means), which are read for the check alone.
    Tensor tensor(const std::string& name, const Shape& shape) const;

  private:
    void read_header(uint64_t size);
    Tensor mapped(const std::string& name) const; // empty where it cannot be
    const Place& place(const std::string& tensor) const;
    void read_at(uint64_t offset, void* to, size_t count) const;
    [[noreturn]] void refuse_header(uint64_t length, uint64_t size) const;

    std::string name_;
    std::optional<FileReader> file_;
    std::string_view bytes_;
    mutable std::shared_ptr<char> map_; // once something was asked for that is in it
    std::map<std::string, Place> tensors_;
    std::map<std::string, std::string> metadata_;
};

} // namespace qstar::engine
