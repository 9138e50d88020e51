#include "train/run/old_record.h"

#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::train;

TEST_CASE("records that were made before are read by the flags' names") {
    CHECK(by_flags({{"text", 0.5}, {"batch", 3}}) == Json{{"text-weight", 0.5}, {"batch", 3}});
    CHECK(by_flags({{"text", "a.txt"}, {"fields", {"q", "a"}}}) ==
          Json{{"text", "a.txt"}, {"field", {"q", "a"}}});
    CHECK(by_flags({{"search", "binary"}}) == Json{{"search", "binary"}});
    CHECK(by_flags({{"search", {{"method", "beam"}, {"budget", 300}}}}) ==
          Json{{"method", "beam"}, {"budget", 300}});
    const Json explore{{"samples", 5}, {"proposals", 6}, {"temperature", 0.5}};
    const Json flat{{"samples", 5}, {"next", 6}, {"explore", 0.5}};
    CHECK(by_flags({{"explore", explore}}) == flat);
    Json of_q = flat;
    of_q["q-lr"] = 0.1;
    CHECK(by_flags({{"q", {{"explore", explore}, {"lr", 0.1}}}}) == of_q);
    CHECK(by_flags(of_q) == of_q);
    CHECK(by_flags({{"judge", "me"}}) == Json{{"annotator", "me"}});
    for (const char* today : {"head", "text"}) // of a PRM or Q (train/supervised/text_judge.h)
        CHECK(by_flags({{"judge", today}}) == Json{{"judge", today}});
    CHECK(by_flags({{"hunch", 0.3}}) == Json{{"first-move-accuracy", 0.3}});
    CHECK(by_flags({{"taste", {1, 0.5, 0.25, -2}}}) ==
          Json{{"correct", 1}, {"work", 0.5}, {"brief", 0.25}, {"tidy", -2}});
}
