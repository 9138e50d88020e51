#pragma once
// The words of the page: text, commands, and numbers that say where they come from.
//
// A number is written as
//   <data value="0.893" data-at="/ladder/rows/4/low" data-scale="100">89.3</data>
// where data-at is a JSON pointer (RFC 6901) into the data that the page carries
// (data.h), so that anybody, and check_numbers(), can hold one beside the other. A share
// that stands in the data as two counts has data-of, what it is divided by.

#include "engine/text/json.h"

#include <string>
#include <string_view>

namespace qstar::eval {

std::string escaped(std::string_view text); // & < > " '

// `decimals` digits after the point, in groups of three before it ("14 000 029").
std::string digits(double value, int decimals);

// How a number is written.
struct Shown {
    int decimals = 0;
    double scale = 1; // 100: in per cent
};
inline constexpr Shown kPercent{1, 100};

// The number of `data` at a pointer; "-" where there is none.
std::string number(const Json& data, const std::string& at, Shown shown = {});
// number at / number of, in per cent by default.
std::string share(const Json& data, const std::string& at, const std::string& of,
                  Shown shown = kPercent);
// " data-at=... data-value=..." for a mark of a picture.
std::string mark(const Json& data, const std::string& at);

// A command that one may copy, in a line of its own.
std::string command(std::string_view text);

// <section id=ID><h2>TITLE</h2> ... </section>
std::string section(std::string_view id, std::string_view title, std::string_view body);
// What stands in the place of a section whose data the run does not have.
std::string missing(std::string_view what, std::string_view command_text);

// Compares every <data> element and every mark of the page with the JSON that the page
// itself carries. Returns how many there are. Error naming the first that differs.
int64_t check_numbers(const std::string& page);

// The JSON between <script type="application/json" id="data"> and its end. Error if none.
Json embedded_data(const std::string& page);

} // namespace qstar::eval
