// The format of a lesson: its text with a run's values, for a terminal and a page.

#include "engine/base/error.h"
#include "eval/lessons/lesson.h"
#include "eval/lessons/text.h"
#include "search/worlds/make_world.h"
#include "tests/eval/lessons/equations.h"
#include "tests/paths.h"
#include "tests/program.h"
#include "tests/refusal.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

using namespace qstar;
using namespace qstar::eval::lessons;
using qstar::tests::contains;

namespace {

Values some_values() {
    Values values;
    values.set("share", 42.25, 1);
    values.set("none", 0.0);
    values.set("line", std::string("<b>3*4</b> ** `x` {share}"));
    values.set("table", Grid{{"a", "b"}, {{"1", "<i>"}, {"22", "x"}}});
    return values;
}

std::string lesson_text(const std::string& right) {
    return "# Title\nexperiment: predicting\nminutes: 5\n## What you will see\nA.\n"
           "## A guess first\nkind: number\nunit: %\nbeside: share\nHow many?\n"
           "## What happened\nIt is {share}.\n## The formula\n```\nx = {share}\n```\n"
           "## Question\nkind: number\nright: " +
           right +
           "\nwithin: 0.5\nWhat?\n### Why\nSo.\n## Question\nkind: choice\n"
           "choices: yes | no\nright: line\nOr?\n## Read on\n- there\n";
}

} // namespace

TEST_CASE("what stands under a condition is that line alone: none goes on with it") {
    CHECK(tests::refusal_of([] { read_blocks("?(a) One.\n?(else) Two.\nThree.", "f"); }) ==
          "f: expected a blank line or another condition after the line with a condition, found "
          "\"Three.\"");
    CHECK(read_blocks("?(a) One.\n?(else) Two.\n\nThree\ngoes on.", "f").size() == 3);
}

TEST_CASE("an equation's sides are worked out, and words are passed over") {
    const auto found = tests::equations_of("f = g + w h = 0.5 + 4 * 0.1\n  = 0.9\nloss = -ln 0.5 = "
                                           "0.693. More = less.\n1 - (1 - 0.25)^2 = 43.8 %");
    REQUIRE(found.size() == 3);
    CHECK(found[0].left == doctest::Approx(0.9));
    CHECK(found[0].right == 0.9);
    CHECK(found[0].half == doctest::Approx(0.05));
    CHECK(found[1].left == doctest::Approx(0.693147));
    CHECK(found[1].half == doctest::Approx(0.0005));
    CHECK(found[2].left == doctest::Approx(0.4375));
    CHECK(found[2].half == doctest::Approx(0.0005));
    CHECK(tests::equations_of("2 * 3 = 7")[0].left == 6);
    const auto small = tests::equations_of("p = 0.001 * 7.41e-5 = 7.41e-8");
    REQUIRE(small.size() == 1);
    CHECK(small[0].left == doctest::Approx(7.41e-8));
    CHECK(small[0].right == doctest::Approx(7.41e-8));
    CHECK(small[0].half == doctest::Approx(0.5e-10));
    CHECK(written(7.4149e-8, decimals_of(7.4149e-8)) == "7.41e-8");
    CHECK(written(0.04567, decimals_of(0.04567)) == "0.0457");
    CHECK(rounded(0.04567, 3) == 0.046);
    CHECK(decimals_in(2.5) == 1);
    CHECK(decimals_in(4) == 0);
}

TEST_CASE("values stand in the text, and only what is so is shown") {
    const Values values = some_values();
    const auto shown = [&](const std::string& text) {
        return terminal_text(fill(read_blocks(text, "test"), values));
    };
    CHECK(shown("It is {share} %.") == "It is 42.2 %.\n");
    CHECK(shown("?(share > 42) more\n?(else) less") == "more\n");
    CHECK(shown("?(share < 42) less\n?(share > 50) much\n?(else) between") == "between\n");
    CHECK(shown("?(share > 1 and none) no\n?(no none) nothing") == "nothing\n");
    CHECK(shown("?(no other) absent") == "absent\n");
    CHECK(shown("a\nb\n\nc") == "a b\n\nc\n");
    CHECK(shown("- one\n- two") == "- one\n- two\n");
    CHECK(shown("```\n  x = {share}\n```") == "      x = 42.2\n");
    const std::string table = shown("Here:\n{table}\nSo.");
    CHECK(table == "Here:\n\n  a   b\n  --  ---\n  1   <i>\n  22  x\n\nSo.\n");
    CHECK(holds("share >= 42.25 and share != 3", values));
    Values close; // what reads the same is not more
    close.set("a", 99.52, 1);
    close.set("b", 99.48, 1);
    CHECK(holds("a = b", close));
    CHECK_FALSE(holds("a > b", close));
    CHECK(holds("a > 99.5", close));
    CHECK_THROWS_AS(shown("{other}"), Error);
    CHECK_THROWS_AS(shown("{table} within a sentence"), Error);
    CHECK_THROWS_AS(shown("?(share 3) x"), Error);
    CHECK_THROWS_AS(read_blocks("```\nopen", "test"), Error);
}

TEST_CASE("what comes from a run is text in the page, never markup") {
    const Values values = some_values();
    const std::string page = html(fill(read_blocks("A **b** `c` {line}\n\n{table}", "t"), values));
    CHECK(contains(page, "<strong>b</strong> <code>c</code>"));
    CHECK(contains(page, "&lt;b&gt;3*4&lt;/b&gt; ** `x` {share}"));
    CHECK(contains(page, "<td>&lt;i&gt;</td>"));
    CHECK(!contains(page, "<b>"));
    // A model may write any bytes; a page is UTF-8.
    Values bytes;
    bytes.set("line", std::string("\xc3\xa4 \xc7 \x02 \x1b"));
    bytes.set("table", Grid{{"a"}, {{"\xff"}}});
    const std::string shown = html(fill(read_blocks("{line}\n\n{table}", "t"), bytes));
    CHECK(contains(shown, "\xc3\xa4 \\xc7 \\x02 \\x1b"));
    CHECK(contains(shown, "<td>\\xff</td>"));
}

TEST_CASE("a wide table is broken between words, and a plot is drawn in letters") {
    Grid grid{{"n", "text"}, {{"1", std::string(40, 'a') + " " + std::string(60, 'b')}}};
    const std::string text = terminal_text({grid});
    for (size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
        CHECK(text.find('\n', at) - at <= 88);
    eval::Plot plot;
    plot.x_label = "x";
    plot.series = {{.name = "rises", .points = {{0, 0, 0, 0, "", ""}, {1, 1, 0, 0, "", ""}}}};
    const std::string drawn = plot_text(plot, 20, 5);
    CHECK(contains(drawn, "a rises"));
    CHECK(contains(drawn.substr(drawn.find("1.00 |"), 27), "a\n")); // the end, above on the right
    CHECK(contains(drawn, "0.00 |a"));
}

TEST_CASE("ten lessons are in the program, each whole") {
    const auto& lessons = all_lessons();
    REQUIRE(lessons.size() == 10);
    for (const Lesson& lesson : lessons) {
        CAPTURE(lesson.title);
        CHECK(lesson.questions.size() == 2);
        CHECK(lesson.minutes >= 10);
        CHECK(lesson.minutes <= 25);
        for (const Question& question : lesson.questions) CHECK(!question.value.empty());
        // Guess and what is seen are shown before anything ran: they need no values.
        CHECK(!fill(lesson.guess.text, {}).empty());
        CHECK(!fill(lesson.see, {}).empty());
        fill(lesson.by_hand, {});
    }
    CHECK(lesson_of(10).number == 10);
    CHECK_THROWS_AS(lesson_of(0), Error);
    CHECK_THROWS_AS(lesson_of(11), Error);
}

TEST_CASE("where to read on: files that are there, and a paper") {
    for (const Lesson& lesson : all_lessons()) {
        CAPTURE(lesson.title);
        std::string all;
        for (const Block& block : lesson.read_on) all += block.text + " ";
        int files = 0;
        std::istringstream words(all);
        for (std::string word; words >> word;) {
            while (!word.empty() && contains(",;:.`)\"", {&word.back(), 1})) word.pop_back();
            const std::string floor = word.substr(0, word.find('/'));
            const bool is_path = contains(word, "/") && (floor == "eval" || floor == "train" ||
                                                         floor == "search" || floor == "engine");
            if (!is_path) continue;
            CAPTURE(word);
            ++files;
            CHECK(std::filesystem::exists(std::string(tests::source_dir) + "/" + word));
        }
        CHECK(files > 0);
        CHECK((contains(all, "(19") || contains(all, "(20"))); // a year
    }
}

TEST_CASE("a lesson that lacks something is refused by a sentence") {
    const std::string whole = lesson_text("share");
    CHECK(read_lesson("x.md", whole, 1).questions[0].within == 0.5);
    const auto without = [&](const std::string& part, const std::string& instead) {
        std::string text = whole;
        text.replace(text.find(part), part.size(), instead);
        return text;
    };
    for (const std::string& wrong :
         {without("# Title\n", ""), without("experiment: predicting", "experiment: magic"),
          without("minutes: 5", "minutes: soon"), without("kind: number", "kind: essay"),
          without("right: share\n", ""), without("## Read on", "## Read off"),
          without("choices: yes | no", "choices: yes"), without("within: 0.5", "within: near"),
          without("## The formula\n", ""), without("- there\n", "- there\n## By hand\nx\n")})
        CHECK_THROWS_WITH_AS(read_lesson("x.md", wrong, 1), doctest::Contains("x"), Error);
}

TEST_CASE("answers are taken within what the question says, and others refused") {
    const auto world = search::make_world("arithmetic");
    Values values;
    values.set("n", 10.0);
    values.set("word", std::string("it falls"));
    values.set("answer", std::string("7/2"));
    Question number{.kind = Question::Kind::number, .unit = "%", .value = "n", .within = 0.5};
    const auto right = [&](const Question& question, const std::string& typed) {
        return is_right(question, read_reply(question, typed), values, *world);
    };
    CHECK(right(number, "10"));
    CHECK(right(number, " 10,5 % "));
    CHECK(right(number, "9.5"));
    CHECK(!right(number, "10.51"));
    CHECK(!right(number, "-10"));
    for (const char* wrong : {"", "ten", "10x", "nan", "1e999", "10 11"})
        CHECK_THROWS_AS(read_reply(number, wrong), Error);
    number.within = 0.02;
    number.relative = true;
    CHECK(right(number, "10.2"));
    CHECK(!right(number, "10.3"));
    CHECK(contains(how_to_answer(number), "2 % off"));
    Question choice{.kind = Question::Kind::choice,
                    .unit = "",
                    .value = "word",
                    .choices = {"it rises", "it falls"}};
    CHECK(right(choice, "2"));
    CHECK(right(choice, "it falls"));
    CHECK(!right(choice, "1"));
    CHECK_THROWS_AS(read_reply(choice, "3"), Error);
    Question answer{.kind = Question::Kind::answer, .unit = "", .value = "answer"};
    CHECK(right(answer, "7/2"));
    CHECK(right(answer, "3.5"));
    CHECK(!right(answer, "4"));
    CHECK(!right(answer, "<nothing>"));
}
