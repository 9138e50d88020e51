#pragma once
// JSON text as events, in its order: json_parse.cpp builds a value of them, and a reader that wants
// the line of each name (tokenizer/vocab_json.cpp) hears them itself. The library that reads stands
// behind json_events.cpp alone.

#include "engine/text/json.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace qstar {

struct JsonEvents {
    size_t line = 1; // up to which the text has been read; the reader may look ahead

    virtual void value(Json value) = 0;    // null, a boolean, a number, a text
    virtual void open(Json container) = 0; // an empty object or array
    virtual void close() = 0;
    virtual void name(std::string text) = 0; // of a field
    // After so many bytes the text is no JSON, or a number is too large for a double; `token` is
    // what was read last.
    virtual void broken(size_t position, const std::string& token, bool too_large) = 0;

  protected:
    ~JsonEvents() = default;
};

// Tells of a text up to its end, or up to what is broken.
void read_events(std::string_view text, JsonEvents& events);

// Whether a text is one JSON value.
bool is_json(std::string_view text);

} // namespace qstar
