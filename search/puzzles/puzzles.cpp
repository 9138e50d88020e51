#include "search/puzzles/puzzles.h"

#include "engine/error.h"
#include "engine/io/bad_lines.h"
#include "engine/io/text.h"
#include "engine/io/text_lines.h"
#include "engine/parallel.h"
#include "search/puzzles/cube.h"
#include "search/puzzles/lights_out.h"
#include "search/puzzles/walking_distance.h"

#include <algorithm>

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

} // namespace

bool is_puzzle(std::string_view world) {
    return world == "sliding" || world == "lights-out" || world == "cube2" || world == "cube3";
}

std::unique_ptr<Space> make_space(const PuzzleChoice& choice) {
    const bool cube = choice.world == "cube2" || choice.world == "cube3";
    if (!cube && choice.compose != 1)
        fail("--compose is for the cubes, found with {}", choice.world);
    if (!cube && !choice.moves.empty())
        fail("--moves is for the cubes, found with {}", choice.world);
    if (choice.world == "sliding")
        return std::make_unique<Sliding>(choice.size == 0 ? 4 : choice.size);
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

std::vector<StateLine> read_states(const Space& space, const std::string& path, bool skip_bad) {
    const std::string text = read_text_file(path);
    std::vector<StateLine> states;
    BadLines bad(skip_bad);
    for (const auto& [line, number] : text_lines(text)) {
        if (is_blank(line)) continue;
        bad.read([&, line = line, number = number] {
            try {
                states.push_back({std::string(line), space.read(line)});
            } catch (const Error& error) {
                fail("{}:{}: {}", path, number, error.what());
            }
        });
    }
    bad.settle(path);
    if (bad.count() > 0) fmt::print(stderr, "{}\n", bad.left_out(path));
    if (states.empty()) fail("{}: expected at least one state, found none", path);
    return states;
}

std::unique_ptr<Space> make_space_of_file(const PuzzleChoice& choice, const std::string& path,
                                          bool skip_bad) {
    const std::string text = read_text_file(path);
    std::string first; // what is wrong with the first line
    for (const auto& [line, number] : text_lines(text)) {
        if (is_blank(line)) continue;
        std::unique_ptr<Space> space;
        try {
            space = make_space(choice, line);
            if (skip_bad) space->read(line);
            return space;
        } catch (const Error& error) {
            if (first.empty()) first = fmt::format("{}:{}: {}", path, number, error.what());
            if (!skip_bad) break;
        }
    }
    if (first.empty()) fail("{}: expected at least one state, found none", path);
    fail("{}", first);
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
