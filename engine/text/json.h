#pragma once
// A JSON value. The library that reads and writes the text stands behind json.cpp and
// json_events.cpp alone: its header costs more compile time than most files of this house.
//
// An object keeps its names in the order in which they were written. Numbers keep what they
// were: whole, whole and without a sign, or with a point. Asking a value for what it is not is a
// JsonError, a missing name too; files of others are read with the fields of jsonl.h, which
// answer with a place and a sentence. No value is shared between threads without care.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace qstar {

// A value is asked for another type than it has, or an object for a name that it lacks
// (`missing`); sentence_of() makes a sentence of it.
struct JsonError : std::logic_error {
    explicit JsonError(const std::string& what, std::string name = "")
        : std::logic_error(what), missing(std::move(name)) {}
    std::string missing;
};

class Json;

namespace json_types {
template <class T>
concept Text = std::convertible_to<const T&, std::string_view> && !std::same_as<T, std::nullptr_t>;
template <class T>
concept Number = std::is_arithmetic_v<T> && !std::same_as<T, bool> && !std::same_as<T, char>;
template <class T>
concept List = !Text<T> && !std::same_as<T, Json> && requires(const T& list) {
    list.begin();
    list.end();
    list.size();
}
&&std::constructible_from<Json, const typename T::value_type&>;
// What a value turns into without being asked by name.
template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
concept Result =
    Number<T> || std::same_as<T, bool> || std::same_as<T, std::string> || IsVector<T>::value;
} // namespace json_types

class Json {
  public:
    enum class Type { null, boolean, integer, without_sign, number, string, array, object };
    using iterator = std::vector<Json>::iterator;
    using const_iterator = std::vector<Json>::const_iterator;

    Json() noexcept = default;
    Json(const Json& other);
    Json(Json&& other) noexcept;
    Json& operator=(const Json& other);
    Json& operator=(Json&& other) noexcept;
    ~Json();
    Json(std::nullptr_t) {}
    Json(bool value) : value_(value) {}
    template <json_types::Number T>
    Json(T value) {
        if constexpr (std::is_floating_point_v<T>)
            value_ = static_cast<double>(value);
        else if constexpr (std::is_signed_v<T>)
            value_ = static_cast<int64_t>(value);
        else
            value_ = static_cast<uint64_t>(value);
    }
    Json(const char* text);
    Json(std::string_view text);
    Json(const std::string& text);
    Json(std::string&& text) noexcept;
    template <json_types::List T>
    Json(const T& list) : value_(Array()) {
        for (const auto& item : list) values().emplace_back(item);
    }
    // {"a", 1} is a list of two; a list of lists of two that begin with texts is an object.
    Json(std::initializer_list<Json> items);
    static Json array(std::initializer_list<Json> items = {});
    static Json object();

    Type type() const;
    const char* type_name() const; // "null", "boolean", "number", "string", "array", "object"
    bool is_null() const { return type() == Type::null; }
    bool is_boolean() const { return type() == Type::boolean; }
    bool is_number() const { return is_number_integer() || is_number_float(); }
    bool is_number_integer() const {
        return type() == Type::integer || type() == Type::without_sign;
    }
    bool is_number_unsigned() const { return type() == Type::without_sign; }
    bool is_number_float() const { return type() == Type::number; }
    bool is_string() const { return type() == Type::string; }
    bool is_array() const { return type() == Type::array; }
    bool is_object() const { return type() == Type::object; }
    bool is_structured() const { return is_array() || is_object(); }

    // A number is cast; a bool is no number and a number no text. A list of T's.
    template <class T>
    T get() const {
        if constexpr (std::same_as<T, Json>) {
            return *this;
        } else if constexpr (std::same_as<T, bool>) {
            return boolean();
        } else if constexpr (std::same_as<T, std::string>) {
            return text();
        } else if constexpr (json_types::IsVector<T>::value) {
            T list;
            for (const Json& item : elements()) list.push_back(item.get<typename T::value_type>());
            return list;
        } else {
            static_assert(json_types::Number<T>);
            if (const auto* n = std::get_if<int64_t>(&value_)) return static_cast<T>(*n);
            if (const auto* n = std::get_if<uint64_t>(&value_)) return static_cast<T>(*n);
            return static_cast<T>(real());
        }
    }
    template <json_types::Result T>
    operator T() const {
        return get<T>();
    }

    // Of an object; [] makes a missing one, and an object of null.
    Json& operator[](std::string_view name);
    Json& operator[](const char* name) { return (*this)[std::string_view(name)]; }
    const Json& operator[](std::string_view name) const { return at(name); }
    const Json& operator[](const char* name) const { return at(name); }
    Json& at(std::string_view name);
    const Json& at(std::string_view name) const;
    bool contains(std::string_view name) const;
    size_t count(std::string_view name) const { return contains(name) ? 1 : 0; }
    const_iterator find(std::string_view name) const;
    template <class T>
    T value(std::string_view name, T other) const {
        const Json* const found = field(name);
        return found ? found->get<T>() : other;
    }
    std::string value(std::string_view name, const char* other) const {
        return value(name, std::string(other));
    }
    // A field of an object for a name that it lacks, which is not checked: objects of a hundred
    // thousand names are built in a moment.
    Json& append(std::string name);
    void erase(std::string_view name);
    void update(const Json& object); // its names replace those that are there

    // Of an array.
    template <std::integral I>
    Json& operator[](I i) {
        return at(static_cast<size_t>(i));
    }
    template <std::integral I>
    const Json& operator[](I i) const {
        return at(static_cast<size_t>(i));
    }
    template <std::integral I>
    Json& at(I i) {
        return element(static_cast<size_t>(i));
    }
    template <std::integral I>
    const Json& at(I i) const {
        return element(static_cast<size_t>(i));
    }
    void push_back(Json item); // null becomes an array
    template <class... Args>
    void emplace_back(Args&&... args) {
        push_back(Json(std::forward<Args>(args)...));
    }
    Json& back();
    const Json& back() const;
    Json& front() { return at(0); }
    const Json& front() const { return at(0); }

    // The values of an array or object, in order; nothing of others.
    size_t size() const; // 1 of a number, text or bool, 0 of null
    bool empty() const { return size() == 0; }
    void clear(); // keeps the type
    iterator begin();
    iterator end();
    const_iterator begin() const;
    const_iterator end() const;
    // Names with values: for (const auto& [name, value] : object.items())
    struct Item {
        const std::string& name;
        const Json& value;
    };
    class Items;
    Items items() const&;
    Items items() &&; // keeps the value as long as the loop

    // The value at "/ladder/0/solved"; null if there is none.
    const Json* at_path(std::string_view path) const;

    // One line, or indented by so many spaces. A byte that is not UTF-8 is written as U+FFFD,
    // a number that is not finite as null.
    std::string dump(int indent = -1) const;

    // Numbers are equal if their values are.
    friend bool operator==(const Json& a, const Json& b);
    template <class T>
    requires(!std::same_as<T, Json> && std::constructible_from<Json, const T&>) friend bool
    operator==(const Json& a, const T& b) {
        return a == Json(b);
    }
    friend std::ostream& operator<<(std::ostream& out, const Json& value); // for tests' messages

  private:
    using Array = std::vector<Json>;
    struct Object {
        std::vector<std::string> names;
        std::vector<Json> values;
    };

    [[noreturn]] void wrong(const char* wanted) const;
    bool boolean() const;
    const std::string& text() const;
    double real() const;
    Json& element(size_t i);
    const Json& element(size_t i) const;
    const std::vector<Json>& elements() const; // of an array
    const Json* field(std::string_view name) const;
    std::vector<Json>& values();

    std::variant<std::nullptr_t, bool, int64_t, uint64_t, double, std::string, Array, Object>
        value_ = nullptr;
};

class Json::Items {
  public:
    explicit Items(const Json& json) : json_(&json) {}
    explicit Items(Json&& json) : owned_(std::move(json)), json_(&owned_) {}
    Items(const Items&) = delete;
    Items& operator=(const Items&) = delete;
    struct iterator {
        const Json* json;
        size_t at;
        Item operator*() const;
        iterator& operator++() {
            ++at;
            return *this;
        }
        bool operator==(const iterator& other) const { return at == other.at; }
    };
    iterator begin() const { return {json_, 0}; }
    iterator end() const { return {json_, json_->is_object() ? json_->size() : 0}; }

  private:
    Json owned_;
    const Json* json_;
};
inline Json::Items Json::items() const& { return Items(*this); }
inline Json::Items Json::items() && { return Items(std::move(*this)); }

} // namespace qstar
