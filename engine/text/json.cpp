#include "engine/text/json.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <ostream>

namespace qstar {

namespace {

// The library's form of a value, for writing.
nlohmann::ordered_json library_form(const Json& value) {
    switch (value.type()) {
    case Json::Type::null:
        return nullptr;
    case Json::Type::boolean:
        return value.get<bool>();
    case Json::Type::integer:
        return value.get<int64_t>();
    case Json::Type::without_sign:
        return value.get<uint64_t>();
    case Json::Type::number:
        return value.get<double>();
    case Json::Type::string:
        return value.get<std::string>();
    case Json::Type::array: {
        auto array = nlohmann::ordered_json::array();
        for (const Json& item : value) array.push_back(library_form(item));
        return array;
    }
    case Json::Type::object:
        break;
    }
    auto object = nlohmann::ordered_json::object();
    // Names are known to differ: the library's search for one that is there would cost its square.
    auto& fields = object.get_ref<nlohmann::ordered_json::object_t&>();
    fields.reserve(value.size());
    for (const auto& [name, inner] : value.items())
        fields.Container::emplace_back(name, library_form(inner));
    return object;
}

// A part of a path between two '/': "~1" stands for '/', "~0" for '~' (RFC 6901).
std::string unescaped(std::string_view part) {
    std::string out;
    for (size_t i = 0; i < part.size(); ++i) {
        const bool escape = part[i] == '~' && i + 1 < part.size();
        out += !escape ? part[i] : part[i + 1] == '1' ? '/' : '~';
        i += escape;
    }
    return out;
}

} // namespace

// Not in the header: every file that holds a value would compile them anew.
Json::Json(const Json& other) = default;
Json::Json(Json&& other) noexcept = default;
Json& Json::operator=(const Json& other) = default;
Json& Json::operator=(Json&& other) noexcept = default;
Json::~Json() = default;
Json::Json(const char* text) : value_(std::string(text)) {}
Json::Json(std::string_view text) : value_(std::string(text)) {}
Json::Json(const std::string& text) : value_(text) {}
Json::Json(std::string&& text) noexcept : value_(std::move(text)) {}

Json::Json(std::initializer_list<Json> items) {
    const bool is_object = std::all_of(items.begin(), items.end(), [](const Json& item) {
        return item.is_array() && item.size() == 2 && item.at(0).is_string();
    });
    if (!is_object || items.size() == 0) {
        value_ = Array(items);
        return;
    }
    value_ = Object();
    for (const Json& item : items) (*this)[item.at(0).text()] = item.at(1);
}

Json Json::array(std::initializer_list<Json> items) {
    Json json;
    json.value_ = Array(items);
    return json;
}

Json Json::object() {
    Json json;
    json.value_ = Object();
    return json;
}

Json::Type Json::type() const { return static_cast<Type>(value_.index()); }

const char* Json::type_name() const {
    constexpr const char* kNames[] = {"null",   "boolean", "number", "number",
                                      "number", "string",  "array",  "object"};
    return kNames[value_.index()];
}

void Json::wrong(const char* wanted) const {
    throw JsonError(std::string("expected ") + wanted + ", found " + type_name());
}

bool Json::boolean() const {
    if (const bool* value = std::get_if<bool>(&value_)) return *value;
    wrong("a boolean");
}

const std::string& Json::text() const {
    if (const auto* value = std::get_if<std::string>(&value_)) return *value;
    wrong("a string");
}

double Json::real() const {
    if (const double* value = std::get_if<double>(&value_)) return *value;
    wrong("a number");
}

const std::vector<Json>& Json::elements() const {
    if (const auto* array = std::get_if<Array>(&value_)) return *array;
    wrong("an array");
}

std::vector<Json>& Json::values() {
    if (auto* object = std::get_if<Object>(&value_)) return object->values;
    if (auto* array = std::get_if<Array>(&value_)) return *array;
    wrong("an array or object");
}

const Json* Json::field(std::string_view name) const {
    const auto* object = std::get_if<Object>(&value_);
    if (object == nullptr) wrong("an object");
    const auto found = std::find(object->names.begin(), object->names.end(), name);
    if (found == object->names.end()) return nullptr;
    return &object->values[static_cast<size_t>(found - object->names.begin())];
}

Json& Json::operator[](std::string_view name) {
    if (is_null()) value_ = Object();
    if (const Json* found = field(name)) return const_cast<Json&>(*found);
    auto& object = std::get<Object>(value_);
    object.names.emplace_back(name);
    return object.values.emplace_back();
}

Json& Json::append(std::string name) {
    auto& object = std::get<Object>(value_);
    object.names.push_back(std::move(name));
    return object.values.emplace_back();
}

const Json& Json::at(std::string_view name) const {
    if (const Json* found = field(name)) return *found;
    throw JsonError("no field \"" + std::string(name) + "\"", std::string(name));
}

Json& Json::at(std::string_view name) {
    return const_cast<Json&>(static_cast<const Json&>(*this).at(name));
}

bool Json::contains(std::string_view name) const { return is_object() && field(name) != nullptr; }

Json::const_iterator Json::find(std::string_view name) const {
    const Json* const found = is_object() ? field(name) : nullptr;
    return found == nullptr ? end() : begin() + (found - &*begin());
}

void Json::erase(std::string_view name) {
    auto& object = std::get<Object>(value_);
    const auto found = std::find(object.names.begin(), object.names.end(), name);
    if (found == object.names.end()) return;
    object.values.erase(object.values.begin() + (found - object.names.begin()));
    object.names.erase(found);
}

void Json::update(const Json& object) {
    for (const auto& [name, value] : object.items()) (*this)[name] = value;
}

Json& Json::element(size_t i) {
    return const_cast<Json&>(static_cast<const Json&>(*this).element(i));
}

const Json& Json::element(size_t i) const {
    if (i >= elements().size())
        throw JsonError("no item " + std::to_string(i) + " of " + std::to_string(size()));
    return elements()[i];
}

void Json::push_back(Json item) {
    if (is_null()) value_ = Array();
    if (!is_array()) wrong("an array");
    std::get<Array>(value_).push_back(std::move(item));
}

Json& Json::back() { return at(elements().size() - 1); }
const Json& Json::back() const { return at(elements().size() - 1); }

size_t Json::size() const {
    if (is_null()) return 0;
    return is_structured() ? static_cast<size_t>(end() - begin()) : 1;
}

void Json::clear() {
    if (is_array()) value_ = Array();
    if (is_object()) value_ = Object();
}

Json::iterator Json::begin() { return values().begin(); }
Json::iterator Json::end() { return values().end(); }

Json::const_iterator Json::begin() const {
    static const Array nothing;
    if (const auto* object = std::get_if<Object>(&value_)) return object->values.begin();
    return is_array() ? elements().begin() : nothing.begin();
}

Json::const_iterator Json::end() const {
    static const Array nothing;
    if (const auto* object = std::get_if<Object>(&value_)) return object->values.end();
    return is_array() ? elements().end() : nothing.begin();
}

Json::Item Json::Items::iterator::operator*() const {
    const auto& object = std::get<Object>(json->value_);
    return {object.names[at], object.values[at]};
}

const Json* Json::at_path(std::string_view path) const {
    const Json* found = this;
    while (!path.empty()) {
        path.remove_prefix(1); // '/'
        const std::string_view part = path.substr(0, path.find('/'));
        path.remove_prefix(part.size());
        if (found->is_object()) {
            found = found->field(unescaped(part));
        } else if (found->is_array()) {
            size_t i = 0;
            const auto [end, error] = std::from_chars(part.begin(), part.end(), i);
            const bool there = error == std::errc() && end == part.end() && i < found->size();
            found = there ? &found->at(i) : nullptr;
        } else {
            return nullptr;
        }
        if (found == nullptr) return nullptr;
    }
    return found;
}

std::string Json::dump(int indent) const {
    return library_form(*this).dump(indent, ' ', false,
                                    nlohmann::ordered_json::error_handler_t::replace);
}

bool operator==(const Json& a, const Json& b) {
    if (a.is_number_integer() && b.is_number_integer()) {
        // An integer below 0 equals none without a sign.
        const auto negative = [](const Json& x) {
            return !x.is_number_unsigned() && x.get<int64_t>() < 0;
        };
        return negative(a) == negative(b) && a.get<uint64_t>() == b.get<uint64_t>();
    }
    if (a.is_number() && b.is_number()) return a.get<double>() == b.get<double>();
    if (a.type() != b.type()) return false;
    if (a.is_object()) {
        const auto &x = std::get<Json::Object>(a.value_), &y = std::get<Json::Object>(b.value_);
        return x.names == y.names && x.values == y.values;
    }
    return a.value_.index() == 0 || (a.is_array()    ? a.elements() == b.elements()
                                     : a.is_string() ? a.text() == b.text()
                                                     : a.boolean() == b.boolean());
}

std::ostream& operator<<(std::ostream& out, const Json& value) { return out << value.dump(); }

} // namespace qstar
