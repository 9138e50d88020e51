#include "search/worlds/countdown/search_stream.h"

#include "search/worlds/countdown/countdown.h"

#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::search;

using Lines = std::vector<std::string>;

namespace {

const std::string problem = "1 5 8 11 24";
const Lines searched = {"8*5=40 1 11 40", "40-11=29 1 29", "40+1=41 11 41",
                        "11+8=19 1 5 19", "19+5=24 1 24",  "24*1=24"};
const Lines right_way = {"11+8=19 1 5 19", "19+5=24 1 24", "24*1=24"};

// The text with one line changed; "" takes it out.
Lines with(size_t at, const std::string& line) {
    Lines lines = searched;
    lines[at] = line;
    if (line.empty()) lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(at));
    return lines;
}

bool solved(const Lines& lines, bool finished = true) {
    return Countdown().solved({problem, lines, finished});
}

} // namespace

TEST_CASE("a line says by its list how many numbers it leaves") {
    CHECK(numbers_left("8*5=40 1 11 40") == 3);
    CHECK(numbers_left("40-11=29 1 29") == 2);
    CHECK(numbers_left("24*1=24") == 1);
    CHECK(numbers_left("8/3=8/3 1 8/3") == 2);
    CHECK(numbers_left("no line") == 0);
    CHECK(numbers_left("") == 0);
}

TEST_CASE("the solution of a text is what its last line goes on from") {
    CHECK(solution_lines(4, searched) == right_way);
    CHECK(solution_lines(4, right_way) == right_way);
    CHECK(solution_lines(4, Lines{}).empty());
    CHECK(solution_lines(4, with(5, "19-5=14 1 14")).empty()); // its last line leaves two
    CHECK(solution_lines(5, searched).empty());                // nothing leaves four
    // A detour of two lines between a line and what goes on from it changes nothing.
    CHECK(solution_lines(3, Lines{"5+1=6 4 6", "4+1=5 5 5", "5*5=25"}) ==
          Lines{"4+1=5 5 5", "5*5=25"});
}

TEST_CASE("countdown: a text that contains its search is solved if its solution is legal") {
    CHECK(solved(searched));
    CHECK(solved(right_way));
    CHECK(!solved(searched, false));
    CHECK(Countdown().answer_of({problem, searched, true}) ==
          Countdown().answer_of({problem, right_way, true}));
    CHECK(Countdown().check_answer(problem, Countdown().answer_of({problem, searched, true})));

    CHECK(!solved(with(5, "")));                 // the target is not reached
    CHECK(!solved(with(5, "24-1=23")));          // another number is reached
    CHECK(!solved(with(5, "24+0=24")));          // a number that is not there
    CHECK(!solved(with(5, "24*1=25")));          // wrong arithmetic
    CHECK(!solved(with(4, "")));                 // it would go on from 11 41
    CHECK(!solved(with(4, "19+5=24 5 24")));     // 5 is used twice
    CHECK(!solved(with(3, "")));                 // back to nowhere: 19 is not there
    CHECK(!solved(with(3, "11+8=19 1 8 19")));   // 8 is used twice
    CHECK(!solved(with(3, "11+8=19 1 5 8 19"))); // nothing struck out
    CHECK(!solved({"24*1=24"}));
    CHECK(!solved({}));

    // What was given up does not count, be it right or wrong, but a line that goes on from there
    // does not lead to the end either.
    CHECK(solved(with(1, "40-11=30 1 30")));
    CHECK(solved(with(0, "")));
    Lines late = searched;
    late.insert(late.begin() + 4, "8*5=40 1 11 40"); // the last start is another one
    CHECK(!solved(late));
}
