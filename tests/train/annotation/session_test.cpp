// What a person types, line by line.
#include "train/annotation/session.h"

#include "tests/refusal.h"

#include <doctest/doctest.h>
#include <sstream>
#include <string>

using namespace qstar;
using namespace qstar::train;

TEST_CASE("a reply is a line without blanks at its ends; the end of the input is none") {
    std::istringstream in("  2 1 \r\n\nlast");
    CHECK(typed(in) == "2 1");
    CHECK(typed(in) == "");
    CHECK(typed(in) == "last");
    CHECK(!typed(in));
}

TEST_CASE("an input without line ends is no reply") {
    std::istringstream in(std::string(1 << 20, 'x'));
    CHECK(tests::refusal_of([&] { typed(in); }) ==
          "expected a reply of a few words, found a line of more than 65536 characters");
}
