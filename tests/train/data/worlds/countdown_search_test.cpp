#include "engine/text/json.h"
#include "train/data/worlds/countdown/countdown_search.h"
#include "train/data/worlds/countdown/countdown_teaching.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "search/worlds/countdown/countdown.h"
#include "search/worlds/countdown/countdown_solver.h"
#include "search/worlds/countdown/search_stream.h"
#include "tests/sanitized.h"
#include "tests/temporary.h"
#include "train/data/corpus.h"
#include "train/data/problem_source.h"
#include "train/run/corpus_format.h"
#include "train/run/stage.h"

#include <algorithm>

#include <doctest/doctest.h>
#include <set>

using namespace qstar;
using namespace qstar::train;
using search::Rational;
using Numbers = std::vector<Rational>;

namespace {

CorpusOptions searching(const std::string& run) {
    CorpusOptions options;
    options.stage.run = run;
    options.stage.quiet = true;
    options.world = "countdown";
    options.of<CountdownTeaching>().form = "search";
    options.tokens = 30'000;
    options.items = 1;
    options.warm = 0;
    options.curated = 20;
    return options;
}

Numbers numbers(std::initializer_list<int64_t> values) {
    Numbers out;
    for (const int64_t value : values) out.push_back(search::rational(value));
    return out;
}

// Characters, and the marks around the problem and behind each line.
size_t length(const Item& item) {
    size_t sum = item.problem.size() + 3;
    for (const std::string& line : item.lines) sum += line.size() + 1;
    return sum;
}

// The rules of the text, line by line and by themselves: every line is a legal step of the numbers
// that it goes on from, none is tried twice, and where two numbers make the target, that ends the
// text. Empty, or what is wrong.
std::string fault(const std::string& problem, const std::vector<std::string>& lines) {
    const search::Hand hand = search::parse_hand(problem);
    const size_t n = hand.numbers.size();
    std::map<size_t, Numbers> open{{n, hand.numbers}};
    std::map<size_t, std::set<std::string>> tried;
    for (size_t i = 0; i < lines.size(); ++i) {
        const size_t left = search::numbers_left(lines[i]);
        if (left == 0 || left >= n || !open.contains(left + 1)) return "goes on from nothing";
        const auto move = search::read_step(lines[i], open[left + 1]);
        if (!move) return "illegal: " + lines[i];
        if (!tried[left].insert(lines[i]).second) return "tried twice: " + lines[i];
        open[left] = *search::after(open[left + 1], *move);
        for (size_t k = 1; k < left; ++k) {
            open.erase(k);
            tried.erase(k);
        }
        for (const Rational number : open[left])
            if (!number.is_integer() || number.num < 1 || number.num > 100) return "too large";
        const bool last = i + 1 == lines.size();
        const bool reached = left == 1 && open[1].front() == hand.target;
        if (reached != last) return last ? "no end: " + lines[i] : "goes on behind its end";
        if (left == 2 && search::CountdownSolver(hand.target).solvable(open[2])) {
            bool plain = false;
            for (const KnownMove& known : plain_moves(open[2]))
                plain |= known.move.result == hand.target;
            if (plain && i + 2 != lines.size()) return "overlooked: " + lines[i];
        }
    }
    return "";
}

} // namespace

TEST_CASE("searching aloud: plain moves are to integers, each once") {
    const auto all = plain_moves(numbers({2, 2, 6}));
    std::vector<std::string> texts;
    for (const KnownMove& known : all) texts.push_back(print(known.move, numbers({0})));
    CHECK(texts ==
          std::vector<std::string>{"6+2=8", "6-2=4", "6*2=12", "6/2=3", "2+2=4", "2*2=4", "2/2=1"});
    for (const KnownMove& known : plain_moves(numbers({1, 60, 90})))
        CHECK(known.move.result <= search::rational(100));
}

TEST_CASE("searching aloud: every text keeps the rules and ends in the target") {
    const ProblemSource room = problem_source_of(searching(""));
    const search::Countdown world;
    Random random(4, "tests/search");
    std::set<size_t> lengths;
    int detours = 0;
    std::map<std::string, int> missed; // by pupil, lines that reach another number
    for (int i = 0; i < 300; ++i) {
        const Pupil& pupil = room.pupils[size_t(i) % room.pupils.size()];
        const Item item = draw_item(room, pupil, random);
        for (size_t k = 0; k + 1 < item.lines.size(); ++k)
            missed[pupil.name] += search::numbers_left(item.lines[k]) == 1;
        CHECK_MESSAGE(fault(item.problem, item.lines).empty(), fault(item.problem, item.lines));
        CHECK(world.solved({item.problem, item.lines, true}));
        const auto kept = search::solution_lines(4, item.lines);
        CHECK(kept.size() == 3);
        for (size_t k = 0; k < kept.size(); ++k) // the solution alone: each step is right
            CHECK(world.check_step({item.problem, {kept.begin(), kept.begin() + long(k)}, false},
                                   kept[k], k == 2) == search::Label::right);
        CHECK(length(item) <= 630);
        CHECK(split_of(item.problem) == Split::train);
        detours += item.lines.size() > 3;
        lengths.insert(item.lines.size());
    }
    CHECK(missed["searcher"] == 0);
    CHECK(missed["hopeful"] > 50);
    CHECK(detours > 150);
    CHECK(detours < 300);
    CHECK(lengths.size() > 10);
}

TEST_CASE("searching aloud: how good first moves are and how long a text gets is asked for" *
          doctest::skip(tests::kSanitized)) {
    // Texts that try two or more first moves, and the longest, of so many.
    const auto look = [](double first_move_accuracy, int64_t longest) {
        CorpusOptions options = searching("");
        options.of<CountdownTeaching>().texts = {first_move_accuracy, longest};
        const ProblemSource room = problem_source_of(options);
        Random random(7, "tests/search");
        std::pair<int, size_t> found{0, 0};
        for (int i = 0; i < 200; ++i) {
            const Item item = draw_item(room, room.pupils[1], random);
            CHECK_MESSAGE(fault(item.problem, item.lines).empty(), fault(item.problem, item.lines));
            found.first +=
                std::count_if(item.lines.begin(), item.lines.end(),
                              [](const auto& line) { return search::numbers_left(line) == 3; }) > 1;
            found.second = std::max(found.second, length(item));
        }
        return found;
    };
    const auto usual = look(0.5, 630), unlucky = look(0.1, 630), patient = look(0.1, 2000);
    CHECK(look(1, 630).first == 0);
    CHECK(usual.first > 20);
    CHECK(unlucky.first > usual.first);
    CHECK(unlucky.second <= 630);
    CHECK(patient.first > unlucky.first);
    CHECK(patient.second > 630);
    CHECK(patient.second <= 2000);
}

TEST_CASE("searching aloud: a class of three numbers has no first moves to learn of") {
    CorpusOptions options = searching("");
    options.of<CountdownTeaching>().problems.count = 3;
    const ProblemSource room = problem_source_of(options);
    Random random(6, "tests/search");
    for (int i = 0; i < 2000; ++i) { // what there is to learn is looked for once, not each time
        const Item item = draw_item(room, room.pupils[size_t(i) % room.pupils.size()], random);
        CHECK_MESSAGE(fault(item.problem, item.lines).empty(), fault(item.problem, item.lines));
        CHECK(search::solution_lines(3, item.lines).size() == 2);
    }
}

TEST_CASE("searching aloud: a patient pupil finds whatever plain moves can reach") {
    SearchPupil pupil;
    const Pupil patient{"searcher", 0, 1, 0};
    const std::vector<std::string> problems = {"1 5 8 11 24", "2 3 4 5 60", "1 2 3 4 50"};
    pupil.order = SearchPupil::experience(problems);
    CHECK(!pupil.order.empty());
    CHECK(std::set(pupil.order.begin(), pupil.order.end()).size() == pupil.order.size());
    for (const std::string& problem : problems)
        for (uint64_t seed = 1; seed < 20; ++seed) {
            Random random(seed, "tests/search");
            const auto lines = pupil.solve(patient, problem, random);
            CHECK_MESSAGE(fault(problem, lines).empty(), fault(problem, lines));
            Random again(seed, "tests/search");
            CHECK(pupil.solve(patient, problem, again) == lines);
        }
    Random random(1, "tests/search");
    CHECK(pupil.solve(patient, "1 5 5 5 24", random).empty()); // 5*(5-1/5): not without fractions
    CHECK(fault("1 2 4 6", pupil.solve(patient, "1 2 4 6", random)).empty()); // three numbers
    CHECK_THROWS_AS(pupil.solve(patient, "1 2 6", random), Error);
}

TEST_CASE("corpus --form search: the same seed, the same bytes; what does not fit is refused") {
    const Temporary a, b;
    corpus(searching(a.path));
    corpus(searching(b.path));
    const std::string text = read_file(a.path + "/corpus/worksheets.jsonl");
    CHECK(text == read_file(b.path + "/corpus/worksheets.jsonl"));
    CHECK(contains_search(a.path));
    CHECK(!contains_search(b.path + "/none"));
    CHECK(limits_of(a.path).steps > 1000);
    for (const Worksheet& sheet : read_worksheets(a.path + "/corpus/worksheets.jsonl"))
        CHECK((sheet.pupil == "searcher" || sheet.pupil == "hopeful"));
    for (const CuratedItem& item : read_curated(a.path + "/corpus/curated.jsonl"))
        CHECK(fault(item.problem, item.solution).empty());
    CHECK(problem_source_of(a.path).pupils[0].name == "searcher"); // the run remembers its form

    CorpusOptions other = searching(b.path);
    other.of<CountdownTeaching>().texts.first_move_accuracy = 1.5;
    CHECK_THROWS_WITH_AS(check(other),
                         doctest::Contains("--first-move-accuracy must be within 0 to 1"), Error);
    other.of<CountdownTeaching>().texts.first_move_accuracy = 0.5;
    other.of<CountdownTeaching>().texts.longest = 0;
    CHECK_THROWS_WITH_AS(check(other), doctest::Contains("--longest must be 1 or more"), Error);
    other = searching(b.path);
    other.of<CountdownTeaching>().problems.count = 5;
    CHECK_THROWS_WITH_AS(check(other), doctest::Contains("3 or 4 numbers, found 5"), Error);
    other.of<CountdownTeaching>().form = "aloud";
    CHECK_THROWS_WITH_AS(check(other), doctest::Contains("must be plain or search"), Error);
    CHECK_THROWS_WITH_AS(require_steps(a.path, "it"), doctest::Contains("form plain"), Error);
    StageOptions stage;
    stage.run = a.path;
    stage.quiet = true;
    CHECK_THROWS_WITH_AS(Stage(stage, "label", Json::object()), doctest::Contains("single steps"),
                         Error);
}
