#pragma once
// How the lines of a file become the lines that a world reads, where others write its problems in
// forms of their own. One reader reads one file, from its first line to its last.

#include "engine/text/jsonl.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace qstar::search {

// As it stands here, each line is a problem.
struct LineReader {
    virtual ~LineReader() = default;
    // Is the first line the head of a table, and no problem?
    virtual bool is_head(std::string_view) { return false; }
    // A line, of this number, as World::read takes it. Error if it may be read in two ways.
    virtual std::string read(std::string_view line, int64_t) { return std::string(line); }
    // The same of an object that has the world's own fields; nothing if it has none of them.
    virtual std::optional<std::string> read_object(const JsonLine&) { return {}; }
    // At the end: Error for what makes all lines doubtful, whichever was read.
    virtual void check(const std::string&) const {}

    // A problem that stands in no file.
    virtual std::string read_alone(std::string_view text) { return std::string(text); }
};

} // namespace qstar::search
