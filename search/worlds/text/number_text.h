#pragma once
// Numbers as people write them: one reading for the worlds of word problems.
//
// A number is written in digits, with a point before decimals, or as a fraction in lowest
// terms: "72", "-3", "+3", ".5", "2.50", "7/2". What else may stand with it counts for nothing:
//   commas        only between groups of three: "1,080,000"; "24,00" and "1,2" are no numbers
//   a currency    $, a pound, euro, yen or cent sign before or behind it: "-$5", "5 EUR-SIGN"
//   a per cent    sign behind it: "30%" is 30
//   a unit        of at most three words of letters behind it: "10 apples", "5 km/h"; no word
//                 that changes the number ("2 million", "3 dozen", "10 or 11")
//   a point       at the end: "18."
// An answer is a number, not a calculation: "20/2", "12-2", "--3", "2:30", "1e3", "1 000" and
// "ten" are none. The typographic minus and the en dash are a minus, no-break spaces blanks.
//
// Numbers beyond 64 bits are none. Nothing here throws; bytes may be any.

#include "search/problem/rational.h"

#include <optional>
#include <string>
#include <string_view>

namespace qstar::search {

struct WrittenNumber {
    Rational value;
    int decimals = 0; // digits behind the point
};

// The whole text is one number.
std::optional<WrittenNumber> read_number(std::string_view text);

// The number that a text begins with, as copies of results stand in sentences: "2,400 for all
// of them." With `fraction` "7/2" is one number, else 7.
std::optional<WrittenNumber> leading_number(std::string_view text, bool fraction);
// Does it begin with one, if only a wrong one as "24,00"?
bool begins_number(std::string_view text);

// An answer as files hold it: the number behind the last "####", or the whole text.
std::optional<Rational> read_answer(std::string_view text);
// An answer as a model may write it (tokenizer/form.h): behind "\\boxed{", up to its bracket, or
// behind "The answer is", too.
std::optional<Rational> read_written_answer(std::string_view text);

// Is `value` what was written? To as many decimals as were written, halves away from zero:
// 1/8 is 0.125, 0.13 and 0.1. A number without decimals is meant exactly: 7/2 is not 4.
bool written_as(Rational value, const WrittenNumber& written);

// In digits: 7/2 is "3.5", and a value that has no end in decimals, or none of six, is rounded to
// two: 1/3 is "0.33". written_as() agrees.
std::string decimal_text(Rational value);

// An expression for parse_expression(): its numbers without what counts for nothing, and - * /
// for their typographic signs and for "//", which must come out even. Nothing for a number that is
// none by the rules above, and for a per cent sign in a product or quotient, where it would count.
std::optional<std::string> plain_expression(std::string_view text);

std::string_view trim_blanks(std::string_view text); // no-break spaces, too

} // namespace qstar::search
