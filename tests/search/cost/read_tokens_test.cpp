#include "search/cost/read_tokens.h"

#include <doctest/doctest.h>
#include <vector>

using namespace qstar::search;

TEST_CASE("a token counts once after each different beginning") {
    ReadTokens tokens;
    const std::vector<int> text{1, 2, 3}, longer{1, 2, 3, 4, 5}, fork{1, 2, 4}, other{2, 3};
    CHECK(tokens.unread(text) == 3);
    CHECK(tokens.read(text) == 3);
    CHECK(tokens.read(text) == 0);
    CHECK(tokens.unread(longer) == 2);
    CHECK(tokens.read(longer) == 2);
    CHECK(tokens.read(fork) == 1);  // 4 after 1, 2 is another than after 1, 2, 3
    CHECK(tokens.read(other) == 2); // so are 2 and 3 at the beginning
    CHECK(tokens.read({}) == 0);
    CHECK(tokens.unread(longer) == 0);
}
