#include "engine/text/json_events.h"

#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

namespace qstar {
namespace {

constexpr int kOutOfRange = 406; // the library's number for a number that is too large

// Walks through a text and counts its lines: the library tells none.
struct LineCounter {
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    const char* at;
    size_t* line;

    reference operator*() const { return *at; }
    LineCounter& operator++() {
        if (*at++ == '\n') ++*line;
        return *this;
    }
    LineCounter operator++(int) {
        LineCounter old = *this;
        ++*this;
        return old;
    }
    bool operator==(const LineCounter& other) const { return at == other.at; }
    bool operator!=(const LineCounter& other) const { return at != other.at; }
};

struct Fault {
    size_t position;
    std::string token;
    bool too_large;
};

// The library's events, handed on; what is broken is kept until the library has ended.
class Listener : public nlohmann::json_sax<nlohmann::json> {
  public:
    explicit Listener(JsonEvents& events) : events_(events) {}
    std::optional<Fault> fault;

    bool null() override { return tell(nullptr); }
    bool boolean(bool value) override { return tell(value); }
    bool number_integer(number_integer_t value) override { return tell(value); }
    bool number_unsigned(number_unsigned_t value) override { return tell(value); }
    bool number_float(number_float_t value, const string_t&) override { return tell(value); }
    bool string(string_t& value) override { return tell(std::move(value)); }
    bool binary(binary_t&) override { return false; } // JSON text has none
    bool start_object(std::size_t) override { return open(Json::object()); }
    bool start_array(std::size_t) override { return open(Json::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }
    bool key(string_t& name) override {
        events_.name(std::move(name));
        return true;
    }
    bool parse_error(std::size_t position, const std::string& token,
                     const nlohmann::json::exception& error) override {
        fault = {position, token, error.id == kOutOfRange};
        return false;
    }

  private:
    bool tell(Json value) {
        events_.value(std::move(value));
        return true;
    }
    bool open(Json container) {
        events_.open(std::move(container));
        return true;
    }
    bool close() {
        events_.close();
        return true;
    }

    JsonEvents& events_;
};

// Hears whether anything is wrong, and no more.
struct Judge final : JsonEvents {
    bool good = true;
    void value(Json) override {}
    void open(Json) override {}
    void close() override {}
    void name(std::string) override {}
    void broken(size_t, const std::string&, bool) override { good = false; }
};

} // namespace

void read_events(std::string_view text, JsonEvents& events) {
    Listener listener(events);
    nlohmann::json::sax_parse(LineCounter{text.data(), &events.line},
                              LineCounter{text.data() + text.size(), &events.line}, &listener);
    if (const auto& fault = listener.fault)
        events.broken(fault->position, fault->token, fault->too_large);
}

bool is_json(std::string_view text) {
    Judge judge;
    read_events(text, judge);
    return judge.good;
}

} // namespace qstar
