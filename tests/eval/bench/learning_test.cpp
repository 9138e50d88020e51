#include "eval/bench/learning.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "eval/bench/peers/child.h"
#include "eval/bench/row.h"
#include "tests/paths.h"
#include "tests/temporary.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <set>
#include <string>

using namespace qstar;
using namespace qstar::eval;

namespace {

constexpr engine::GptConfig kSmall{.layers = 1, .heads = 1, .width = 16, .context = 8};

// A tenth of it has capitals, which the rest has not.
std::string text() {
    std::string s;
    for (int i = 0; i < 90; ++i) s += "the cat. ";
    for (int i = 0; i < 10; ++i) s += "THE CAT. ";
    return s;
}

} // namespace

TEST_CASE("a text's characters are its tokens, and its last tenth is never trained on") {
    const Lesson lesson = lesson_of_text(text(), kSmall, 3, 7);
    CHECK(lesson.config.vocab == 7 + 5); // "the ca." and "THECA"
    CHECK(lesson.count() == 7 * 3);
    CHECK(lesson.rows.size() == 7 * 3 * 9);
    const std::set<int> capitals(lesson.validation.begin(), lesson.validation.end());
    const std::set<int> small(lesson.rows.begin(), lesson.rows.end());
    CHECK(small.size() == 7);
    CHECK(capitals.size() == 7); // "THECA", space and full stop
    CHECK(lesson.validation.size() == 10 * 9);
    CHECK_THROWS_AS(lesson_of_text("too short", kSmall, 3, 7), Error);
}

TEST_CASE("learning comes to the same loss each time, by Muon sooner than by AdamW") {
    Lesson lesson = lesson_of_text(text(), kSmall, 8, 60);
    lesson.validation.assign(lesson.rows.begin(), lesson.rows.begin() + 90);
    const auto loss = [&](const Recipe& recipe) {
        Learning learning(lesson, recipe, engine::Gpt(lesson.config, Random(1, "learning")));
        CHECK(learning.learn(50).seconds > 0);
        const double after = learning.learn(10).loss;
        CHECK_THROWS_AS(learning.learn(1), Error);
        return after;
    };
    const Recipe adamw{"AdamW", {}, 1e-3, 1e-4, 0, 5, 60, 8};
    const Recipe muon{"Muon", {.muon = engine::MuonConfig{}}, 1e-3, 1e-4, 0.02, 5, 60, 8};
    const double by_adamw = loss(adamw), by_muon = loss(muon);
    CHECK(by_adamw == loss(adamw));
    CHECK(by_adamw < 2.3); // log 12 is 2.48
    CHECK(by_muon < by_adamw);
}

TEST_CASE("bench learn gives seconds and tokens, and names a peer that is missing") {
    const Temporary folder;
    std::string letters;
    for (int i = 0; i < 400; ++i) letters += "the cat. ";
    const std::string file = folder.file("letters.txt", letters), json = folder / "rows.json";
    ChildOptions options;
    options.command = {tests::binary, "eval", "bench",  "learn", "--quick",
                       "--text",      file,   "--json", json};
    options.environment = {{"QSTAR_PYTHON", "no-such-python"}};
    Child child(options);
    while (child.read_line()) {
    }
    REQUIRE(child.wait() == 0);
    const JsonLine rows = read_json(json);
    REQUIRE(rows.value.size() == 8);
    for (size_t i = 0; i < 8; ++i) {
        const Row row = row_of({rows.value[i], json});
        CHECK(row.work.starts_with("letters to 3, "));
        CHECK(row.unit == (i % 2 == 0 ? "s" : "tokens"));
        CHECK(row.ours.median > 0);
        CHECK(row.peer_name.starts_with("none: "));
    }
    options.command = {tests::binary, "eval", "bench", "learn"};
    options.silent = true;
    CHECK(Child(options).wait() == 2);
}
