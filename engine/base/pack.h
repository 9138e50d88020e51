#pragma once
// Numbers, strings and lists of them as bytes and back, to the last bit, from rank to rank
// (ranks.h). Not a file format.

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace qstar::engine {

// Pack{bytes}(a), Pack{bytes}(b): behind what is there.
struct Pack {
    std::string& to;

    template <class T>
    void operator()(const T& value) const {
        if constexpr (std::is_arithmetic_v<T>) {
            to.append(reinterpret_cast<const char*>(&value), sizeof value);
        } else { // a string, or a list
            (*this)(static_cast<uint64_t>(value.size()));
            for (const auto& element : value) (*this)(element);
        }
    }
};

// The same values in the same order, from the front of `from`.
struct Unpack {
    std::string_view& from;

    template <class T>
    void operator()(T& value) const {
        if constexpr (std::is_arithmetic_v<T>) {
            std::memcpy(&value, from.data(), sizeof value);
            from.remove_prefix(sizeof value);
        } else {
            uint64_t size = 0;
            (*this)(size);
            value.resize(size);
            for (auto& element : value) (*this)(element);
        }
    }
};

} // namespace qstar::engine
