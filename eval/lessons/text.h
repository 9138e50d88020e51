#pragma once
// A lesson's text: a little Markdown with the run's values in it, for a terminal and for a page.
//
//   Of {wrong} wrong answers {copies} are the usual pupil's.    values stand in braces
//   ?(copies_low > 50) Most of its mistakes are not its own.    only if that is so in this run
//   ?(else) Most of them are its own.                           if none of those before it was
//   - a line of a list
//   {table}                                                     alone: a table or a plot
//   ```                                                         lines as they stand, values filled
//
// What stands behind a condition is one line. A condition is values and numbers compared by < <= >
// >= = !=, joined by `and`; a name alone asks whether the value is there and neither 0 nor empty,
// `no name` the contrary. "`code`" and "**strong**" are marked in the page. What comes from a value
// is text and never markup.

#include "eval/lessons/experiments/values.h"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace qstar::eval::lessons {

struct Block {
    enum class Kind { paragraph, item, code, value };
    Kind kind = Kind::paragraph;
    std::string text;      // of a value its name
    std::string condition; // without its brackets; empty: always
};

// What is shown. In a text of markup values stand between two marks that no text has.
inline constexpr char kValueBegins = '\x02', kValueEnds = '\x03';
struct Markup {
    Block::Kind kind = Block::Kind::paragraph;
    std::string text;
};
using Shown = std::variant<Markup, Grid, Plot>;

std::vector<Block> read_blocks(std::string_view text, const std::string& where);
// Error naming what the values lack.
std::vector<Shown> fill(const std::vector<Block>& blocks, const Values& values);
bool holds(const std::string& condition, const Values& values);
Shown plain(std::string_view text); // a paragraph in which nothing is markup

std::string terminal_text(const std::vector<Shown>& shown, size_t width = 88);
std::string html(const std::vector<Shown>& shown);
std::string plot_text(const Plot& plot, size_t width = 64, size_t height = 14);

} // namespace qstar::eval::lessons
