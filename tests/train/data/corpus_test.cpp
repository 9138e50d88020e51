#include "search/worlds/make_world.h"
#include "train/data/class/pupils.h"
#include "train/data/corpus.h"
#include "train/data/worlds/arithmetic/arithmetic_class.h"
#include "train/data/worlds/arithmetic/problems.h"
#include "train/data/worlds/split.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "search/worlds/arithmetic/arithmetic.h"
#include "tests/temporary.h"
#include "tokenizer/special.h"
#include "train/data/packed_sequences.h"
#include "train/data/worlds/arithmetic/line.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <map>
#include <set>

using namespace qstar;
using namespace qstar::train;

namespace {

CorpusOptions small(const std::string& run) {
    CorpusOptions options;
    options.stage.run = run;
    options.stage.quiet = true;
    options.tokens = 40'000;
    options.curated = 50;
    return options;
}

} // namespace

TEST_CASE("the split takes a sixteenth each, by canonical text") {
    std::map<Split, int> count;
    Random random(1, "test");
    ProblemConfig config;
    config.min_operands = 4;
    for (int i = 0; i < 8000; ++i) ++count[split_of(draw_problem(config, random))];
    CHECK(count[Split::dev] == doctest::Approx(500).epsilon(0.2));
    CHECK(count[Split::test] == doctest::Approx(500).epsilon(0.2));
    CHECK(split_of("1+2") == Split::train);
    CHECK(split_of("no expression") == Split::train);
    for (int i = 0; i < 100; ++i) {
        const std::string problem = draw_problem(config, random);
        CHECK(split_of(problem) == split_of("(" + problem + ")"));
    }
}

TEST_CASE("problems keep to their configuration") {
    ProblemConfig config;
    config.min_operands = 3;
    config.max_operands = 4;
    config.bound = 40;
    const auto problems = draw_problems(config, Split::test, 500, 5);
    CHECK(std::set<std::string>(problems.begin(), problems.end()).size() == 500);
    CHECK(problems == draw_problems(config, Split::test, 500, 5));
    int brackets = 0;
    for (const std::string& problem : problems) {
        CHECK(split_of(problem) == Split::test);
        CHECK(problem == search::print(search::parse_expression(problem))); // canonical
        const int operators = operator_count(line_of(problem));
        CHECK(operators >= 2);
        CHECK(operators <= 3);
        brackets += problem.find('(') != problem.npos;
        Random random(1, "test");
        for (const std::string& line : solve({"expert", 0, 1, 0}, problem, random))
            for (const Symbol& symbol : line_of(line)) CHECK(std::abs(symbol.value.num) <= 40);
    }
    CHECK(brackets > 50);
    config.max_operands = config.min_operands = 2;
    CHECK_THROWS_WITH_AS(draw_problems(config, Split::test, 1, 5), doctest::Contains("3 operands"),
                         Error);
    config.operators = "+/";
    CHECK_THROWS_AS(check(config), Error);
}

TEST_CASE("no training text shows a held-out line") {
    const Temporary folder;
    corpus(small(folder.path));
    int64_t lines = 0;
    for (const Worksheet& sheet : read_worksheets(folder.path + "/corpus/worksheets.jsonl"))
        for (const std::string& line : shown_lines(sheet.text)) {
            CHECK_MESSAGE(!held_out(line), line);
            ++lines;
        }
    CHECK(lines > 3000);
    const auto curated = read_curated(folder.path + "/corpus/curated.jsonl");
    CHECK(curated.size() == 50);
    for (const CuratedItem& item : curated) {
        CHECK(!held_out(item.problem));
        CHECK(!any_held_out(item.solution));
    }
}

TEST_CASE("a held-out line is found within a text") {
    std::string line;
    for (int i = 0; line.empty(); ++i)
        if (const std::string text = fmt::format("9-{}*2", i); held_out(text)) line = text;
    CHECK(any_held_out(std::vector<std::string>{"5", line}));
    CHECK(any_held_out(std::vector<std::string>{line + "\n5"}));
    CHECK(any_held_out(std::vector<std::string>{"5<|step|>" + line}));
    CHECK(!any_held_out(std::vector<std::string>{"5\n7", ""}));
    CHECK(shown_lines("a\n\nb<|answer|>c") == std::vector<std::string>{"a", "b", "c"});
}

TEST_CASE("the curated set: right answers by anyone, or experts only") {
    const auto world = search::make_world("arithmetic");
    const auto share_of_experts = [&](const std::string& curate) {
        const Temporary folder;
        CorpusOptions options = small(folder.path);
        options.curate = curate;
        options.curated = 200;
        corpus(options);
        int64_t as_experts = 0;
        for (const CuratedItem& item : read_curated(folder.path + "/corpus/curated.jsonl")) {
            CHECK(world->check_answer(item.problem, item.solution.back()));
            as_experts += item.solution == search::derivation(item.problem);
        }
        return static_cast<double>(as_experts) / 200;
    };
    CHECK(share_of_experts("experts") == 1);
    const double among_answers = share_of_experts("answers");
    CHECK(among_answers > 0.5); // in easy problems nobody differs from an expert
    CHECK(among_answers < 0.95);
    CHECK_THROWS_AS(share_of_experts("everybody"), Error);
}

TEST_CASE("the corpus is the same for the same seed and short at first") {
    const Temporary one, two, other;
    corpus(small(one.path));
    corpus(small(two.path));
    CorpusOptions options = small(other.path);
    options.stage.seed = 2;
    corpus(options);
    const std::string name = "/corpus/worksheets.jsonl";
    CHECK(read_file(one.path + name) == read_file(two.path + name));
    CHECK(read_file(one.path + name) != read_file(other.path + name));
    const auto sheets = read_worksheets(one.path + name);
    CHECK(sheets.front().warm);
    CHECK(!sheets.back().warm);
    for (const Worksheet& sheet : sheets) {
        if (!sheet.warm) continue;
        for (const std::string& line : shown_lines(sheet.text))
            CHECK(operator_count(line_of(line)) <= 2);
    }
}

TEST_CASE("a finished stage does nothing again and refuses other flags") {
    const Temporary folder;
    corpus(small(folder.path));
    const std::string path = folder.path + "/corpus/worksheets.jsonl";
    const std::string before = read_file(path);
    corpus(small(folder.path));
    CHECK(read_file(path) == before);
    CorpusOptions options = small(folder.path);
    options.items = 3;
    CHECK_THROWS_WITH_AS(corpus(options), doctest::Contains("items was 4, now 3"), Error);
    CHECK(read_file(path) == before);
    options.stage.force = true;
    corpus(options);
    CHECK(read_file(path) != before);
}

TEST_CASE("rows begin where a worksheet begins") {
    const Temporary folder;
    corpus(small(folder.path));
    const auto sheets = read_worksheets(folder.path + "/corpus/worksheets.jsonl");
    const tokenizer::Tokenizer tokenizer;
    const Rows rows = pack_sequences(sheets, tokenizer, 64);
    CHECK(rows.length == 65);
    CHECK(rows.count() > 200);
    CHECK(rows.warm > 10);
    const int end = tokenizer.special(tokenizer::kEndOfText);
    std::set<std::string> starts;
    for (const Worksheet& sheet : sheets) starts.insert(sheet.text);
    for (int64_t i = 0; i < rows.count(); ++i) {
        const auto row = rows.row(i);
        CHECK(row[0] == end);
        size_t second = 1;
        while (second < row.size() && row[second] != end) ++second;
        if (second < row.size()) // a worksheet that is whole
            CHECK(starts.count(
                tokenizer.decode({row.begin(), row.begin() + static_cast<long>(second)})));
    }
    // Each training row once an epoch; the warm ones first and in order in the first.
    const auto first = row_order(rows, 1, 0), later = row_order(rows, 1, 1);
    CHECK(std::set<int64_t>(first.begin(), first.end()).size() == first.size());
    CHECK(std::set<int64_t>(first.begin(), first.end()) ==
          std::set<int64_t>(later.begin(), later.end()));
    for (int64_t i = 0; i < rows.warm; ++i) CHECK(first[static_cast<size_t>(i)] == i);
    CHECK(first != later);
    for (const int64_t i : first) CHECK(!validation_row(rows, i));
    CHECK(static_cast<int64_t>(first.size()) < rows.count());
    CHECK_THROWS_AS(pack_sequences({}, tokenizer, 64), Error);
}
