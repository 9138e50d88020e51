// Problems, steps and answers of every world.
#include "search/problem/world.h"
#include "search/worlds/arithmetic/arithmetic.h"
#include "search/worlds/countdown/countdown.h"
#include "search/worlds/countdown/hand.h"
#include "search/worlds/equations/equations.h"
#include "search/worlds/powers/powers.h"
#include "search/worlds/problems.h"
#include "search/worlds/words/gsm8k.h"
#include "search/worlds/words/words.h"
#include "tests/campaigns/fuzz/target.h"

namespace qstar::campaign {

using namespace search;

namespace {

// The first line is a problem, those after it are steps of a solution; the last is an answer, too.
struct Written {
    std::string_view problem;
    std::vector<std::string> steps;
};

Written written(std::string_view bytes) {
    bytes = first_lines(bytes);
    const size_t first = std::min(bytes.find('\n'), bytes.size());
    Written result{bytes.substr(0, first), {}};
    for (size_t at = first + 1; at < bytes.size();) {
        const size_t end = std::min(bytes.find('\n', at), bytes.size());
        result.steps.emplace_back(bytes.substr(at, end - at));
        at = end + 1;
    }
    return result;
}

// A verifier never throws for what a model wrote, and a canonical answer is canonical.
void judges(const World& world, const std::string& problem, const std::vector<std::string>& steps) {
    Path path{problem, {}, false};
    for (const std::string& step : steps) {
        world.check_step(path, step, true);
        if (world.check_step(path, step, false) == Label::wrong) return;
        const std::string canonical = world.canonical_answer(step);
        holds(world.canonical_answer(canonical) == canonical,
              "the canonical answer \"{}\" of \"{}\" has another one, \"{}\"", canonical, step,
              world.canonical_answer(canonical));
        world.check_answer(problem, step);
        path.steps.push_back(step);
        world.state(path);
        world.legal(path);
        world.plain_step(step);
    }
    path.finished = true;
    world.solved(path);
    world.answer_of(path);
}

// A problem that reads is, in its canonical form, read as it is; its answer is right.
void world_reads(const World& world, std::string_view bytes, bool cheap = true) {
    const Written input = written(bytes);
    std::string problem;
    if (!accepts([&] { problem = world.read(input.problem); })) return;
    std::string again;
    holds(accepts([&] { again = world.read(problem); }),
          "\"{}\" is refused in its own form, \"{}\"", input.problem, problem);
    holds(again == problem, "\"{}\" is read as \"{}\"", problem, again);
    if (cheap && accepts([&] { again = world.answer(problem); }))
        holds(world.check_answer(problem, again), "the answer \"{}\" to \"{}\" is called wrong",
              again, problem);
    judges(world, problem, input.steps);
}

} // namespace

void fuzz_arithmetic(std::string_view bytes) { world_reads(Arithmetic(), bytes); }

void fuzz_equations(std::string_view bytes) { world_reads(Equations(), bytes); }

void fuzz_powers(std::string_view bytes) { world_reads(Powers(), bytes); }

void fuzz_countdown(std::string_view bytes) {
    const Written input = written(bytes);
    const Hand hand = parse_hand(input.problem);
    holds(print(parse_hand(print(hand))) == print(hand), "\"{}\" is read otherwise", print(hand));
    // What a problem of more numbers costs is no matter of its text.
    if (hand.numbers.size() <= 3) return world_reads(Countdown(), bytes);
    for (const std::string& step : input.steps)
        if (const auto move = read_step(step, hand.numbers)) {
            const auto left = after(hand.numbers, *move);
            holds(left && read_step(print(*move, *left), hand.numbers) == move,
                  "\"{}\" is read as another move", step);
        }
}

void fuzz_words(std::string_view bytes) {
    static const Words world;
    world_reads(world, bytes);
    // A text of others, known by its answer alone.
    const Written input = written(bytes);
    if (input.steps.empty()) return;
    std::string problem;
    if (!accepts([&] { problem = world.read_answered(input.problem, input.steps.back()); })) return;
    judges(world, problem, input.steps);
}

// JSON lines, or else a text that a model wrote.
void fuzz_gsm8k(std::string_view bytes) {
    if (bytes.starts_with('{')) {
        const std::string path = file_holding("words.jsonl", first_lines(bytes));
        for (const WordProblem& problem : read_word_problems(path)) {
            holds(!problem.solution.empty(), "a problem without a solution");
            const Gsm8k own({problem}, "own");
            holds(own.check_answer(problem.question, problem.solution.back()),
                  "the file's answer \"{}\" is called wrong", problem.solution.back());
        }
        return;
    }
    static const Gsm8k world({{"How many?", {"6*7=<<6*7=42>>42", "42"}}}, "known");
    check_annotations(bytes);
    judges(world, "How many?", written(bytes).steps);
    const std::string canonical = world.canonical_answer(bytes);
    holds(world.canonical_answer(canonical) == canonical,
          "the canonical answer \"{}\" has another one", canonical);
    holds(world.check_answer("How many?", bytes) == (canonical == "42"),
          "\"{}\" means \"{}\", but is judged otherwise", bytes, canonical);
}

void fuzz_problem_files(std::string_view bytes) {
    static const Arithmetic arithmetic;
    static const Words words;
    static const Equations equations;
    const World* worlds[] = {&arithmetic, &words, &equations};
    const char* formats[] = {"lines", "jsonl", "pairs"};
    const auto [text, reader] = chosen_reader(bytes, 9); // a world, and a form
    const auto problems =
        read_problems(*worlds[reader % 3], file_holding("problems.txt", first_lines(text)),
                      {formats[reader / 3], {}, false});
    holds(!problems.empty(), "a file without problems");
    for (const ProblemLine& line : problems) holds(!line.problem.empty(), "no problem");
}

} // namespace qstar::campaign
