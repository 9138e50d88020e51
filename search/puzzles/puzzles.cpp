#include "search/puzzles/puzzles.h"

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/base/range.h"
#include "engine/io/input.h"
#include "engine/text/bad_lines.h"
#include "engine/text/text.h"
#include "engine/text/text_lines.h"
#include "search/puzzles/cube.h"
#include "search/puzzles/lights_out.h"
#include "search/puzzles/moves/moves.h"
#include "search/puzzles/walking_distance.h"

#include <algorithm>
#include <fmt/core.h>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::search {

namespace {

struct NoBound : Heuristic {
    void cost_to_go(const uint8_t*, int64_t n, float* h) override { std::fill_n(h, n, 0.0f); }
};

struct WalkingBound : Heuristic {
    WalkingDistance distance;
    size_t bytes;
    explicit WalkingBound(const Sliding& puzzle)
        : distance(puzzle.width()), bytes(puzzle.state_bytes()) {}
    void cost_to_go(const uint8_t* states, int64_t n, float* h) override {
        engine::parallel_for(n, 256, [&](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end; ++i)
                h[i] = static_cast<float>(distance(states + static_cast<size_t>(i) * bytes));
        });
    }
};

const Sliding* walking_puzzle(const Space& space) {
    const auto* puzzle = dynamic_cast<const Sliding*>(&space);
    return puzzle != nullptr && puzzle->width() <= 4 ? puzzle : nullptr;
}

bool is_cube(const PuzzleChoice& choice) {
    return choice.world == "cube2" || choice.world == "cube3";
}

void check_choice(const PuzzleChoice& choice) {
    if (choice.goal != "blank-last" && choice.goal != "blank-first")
        fail("unknown goal \"{}\": expected blank-last or blank-first", choice.goal);
    if (choice.goal != "blank-last" && choice.world != "sliding")
        fail("--goal is for sliding, found with {}", choice.world);
    if (is_cube(choice)) return;
    if (choice.compose != 1) fail("--compose is for the cubes, found with {}", choice.world);
    if (!choice.moves.empty()) fail("--moves is for the cubes, found with {}", choice.world);
}

// The puzzle of the size that the first state has; with `skip_bad` the first good one.
std::unique_ptr<Space> space_of(const PuzzleChoice& choice, const std::vector<TextLine>& lines,
                                const std::string& name, bool skip_bad) {
    std::string first; // what is wrong with the first line
    for (const auto& [line, number] : lines) {
        if (is_blank(line)) continue;
        try {
            std::unique_ptr<Space> space = make_space(choice, line);
            if (skip_bad) space->read(line);
            return space;
        } catch (const Error& error) {
            if (first.empty()) first = fmt::format("{}:{}: {}", name, number, error.what());
            if (!skip_bad) break;
        }
    }
    if (first.empty()) fail("{}: expected at least one state, found none", name);
    fail("{}", first);
}

} // namespace

Flag& describe_cubes(Flags& f, PuzzleChoice& choice) {
    f.number("compose", choice.compose, 1, 4, "cubes: products of up to so many turns are actions");
    return f.text("moves", choice.moves,
                  "cubes: a file of move tables instead of the turns, or deepcubea: that "
                  "numbering");
}

std::string moves_file(const PuzzleChoice& choice) {
    return built_in_moves(choice.moves).empty() ? choice.moves : "";
}

std::vector<std::string> puzzle_names() { return {"sliding", "lights-out", "cube2", "cube3"}; }

bool is_puzzle(std::string_view world) {
    const std::vector<std::string> names = puzzle_names();
    return std::find(names.begin(), names.end(), world) != names.end();
}

void check(const PuzzleChoice& choice) {
    check_range("size", choice.size, 0, 40);
    check_range("compose", choice.compose, 1, 4);
}

std::unique_ptr<Space> make_space(const PuzzleChoice& choice) {
    check(choice);
    check_choice(choice);
    const bool cube = is_cube(choice);
    if (choice.world == "sliding")
        return std::make_unique<Sliding>(choice.size == 0 ? 4 : choice.size,
                                         choice.goal == "blank-first");
    if (choice.world == "lights-out")
        return std::make_unique<LightsOut>(choice.size == 0 ? 7 : choice.size);
    if (cube && choice.moves.empty())
        return std::make_unique<PermutationPuzzle>(
            make_cube(choice.world == "cube2" ? 2 : 3, choice.compose));
    if (cube)
        return std::make_unique<PermutationPuzzle>(
            choice.world + " by " + choice.moves,
            composed(read_moves(choice.moves), choice.compose));
    fail("unknown puzzle \"{}\": expected one of sliding, lights-out, cube2, cube3", choice.world);
}

std::unique_ptr<Space> make_space(PuzzleChoice choice, std::string_view first_line) {
    if (choice.size == 0 && choice.world == "sliding") choice.size = sliding_width(first_line);
    if (choice.size == 0 && choice.world == "lights-out")
        choice.size = lights_out_width(first_line);
    return make_space(choice);
}

PuzzleFile read_puzzle(const PuzzleChoice& choice, const std::string& path, bool skip_bad) {
    const std::string text = read_text_file(path), name = input_name(path);
    check_choice(choice);
    const std::vector<TextLine> lines = text_lines(text);
    PuzzleFile file{space_of(choice, lines, name, skip_bad), {}};
    BadLines bad(skip_bad);
    for (const auto& [line, number] : lines) {
        if (is_blank(line)) continue;
        bad.read([&, line = line, number = number] {
            try {
                file.states.push_back({std::string(line), file.space->read(line)});
            } catch (const Error& error) {
                fail("{}:{}: {}", name, number, error.what());
            }
        });
    }
    bad.settle(name);
    if (bad.count() > 0) fmt::print(stderr, "{}\n", bad.left_out(name));
    return file;
}

std::unique_ptr<Heuristic> make_bound(const Space& space, std::string_view name) {
    if (name == "none") return std::make_unique<NoBound>();
    if (name == space.lower_bound_name()) return std::make_unique<LowerBound>(space);
    const Sliding* puzzle = walking_puzzle(space);
    if (name == "walking-distance" && puzzle != nullptr)
        return std::make_unique<WalkingBound>(*puzzle);
    fail("unknown bound \"{}\": expected none, {}{} for {}", name, space.lower_bound_name(),
         puzzle != nullptr ? " or walking-distance" : "", space.name());
}

std::string best_bound(const Space& space) {
    return walking_puzzle(space) != nullptr ? "walking-distance" : space.lower_bound_name();
}

} // namespace qstar::search
