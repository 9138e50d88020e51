#pragma once
// Problems and solutions as label files of others hold them: a text, or the messages of a chat,
// [{"role": "user", "content": "..."}, {"role": "assistant", "content": "..."}].
//
// Blanks and line ends around a text say nothing and are taken away, CRLF is a line feed. Errors
// name the line; one is a text that holds one of our marks ("<|step|>"), which a model would read
// as plain characters.

#include "engine/text/jsonl.h"

#include <string>
#include <string_view>
#include <vector>

namespace qstar::train {

std::string clean_text(std::string_view text, const std::string& where);

// The steps of a solution that is written as one text: its lines, without blank ones and blanks
// at their ends.
std::vector<std::string> lines_of(std::string_view text);
// Would they, joined by line feeds, be read as the same lines?
bool reads_back(const std::vector<std::string>& lines);

// A problem: a text, or a chat of one user's message; what a system says before is left out.
std::string problem_field(const JsonLine& line, std::string_view name);

// A solution: a text, or a chat that ends in the one message of an assistant. A user's message
// before it is the problem, which is empty otherwise.
struct Answered {
    std::string problem, solution;
};
Answered answered_field(const JsonLine& line, std::string_view name);

// true or false, 1 or 0, "+" or "-".
bool truth_of(const JsonLine& value);
bool truth_field(const JsonLine& line, std::string_view name);

} // namespace qstar::train
