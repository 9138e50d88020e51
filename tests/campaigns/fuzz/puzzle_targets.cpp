// States of puzzles, and tables of moves.
#include "search/puzzles/cube.h"
#include "search/puzzles/lights_out.h"
#include "search/puzzles/puzzles.h"
#include "search/puzzles/sliding.h"
#include "tests/campaigns/fuzz/target.h"

namespace qstar::campaign {

using namespace search;

namespace {

void space_reads(const Space& space, std::string_view line) {
    State state;
    if (!accepts([&] { state = space.read(line); })) return;
    holds(state.size() == space.state_bytes(), "a state of {} bytes in {}", state.size(),
          space.name());
    State again;
    const std::string text = space.text(state.data());
    holds(accepts([&] { again = space.read(text); }) && again == state,
          "the state \"{}\" of {} is read otherwise", text, space.name());
    for (int action = 0; action < space.actions(); ++action) {
        if (!space.legal(state.data(), action)) continue;
        State there = state;
        space.apply(there.data(), action);
        space.apply(there.data(), space.inverse(action));
        holds(there == state, "action {} of {} is not undone", action, space.name());
    }
    std::vector<int> on(static_cast<size_t>(space.features_on()));
    holds(space.write_features(state.data(), on.data()) <= space.features_on(),
          "too many features");
}

} // namespace

void fuzz_puzzles(std::string_view bytes) {
    static const Sliding three(3), four(4);
    static const LightsOut lights(3), more_lights(7);
    static const PermutationPuzzle small = make_cube(2), large = make_cube(3);
    static const Space* const spaces[] = {&three, &four, &lights, &more_lights, &small, &large};
    const auto [text, reader] = chosen_reader(bytes, 7);
    if (reader < 6) {
        space_reads(*spaces[reader], text);
        if (reader == 1) holds(sliding_width(text) >= 2, "a width below 2");
        if (reader == 3) holds(lights_out_width(text) >= 1, "a width below 1");
    } else {
        PuzzleChoice choice;
        choice.world = "sliding";
        const PuzzleFile file = read_puzzle(choice, file_holding("states.txt", text));
        holds(!file.states.empty(), "a file without states");
    }
}

void fuzz_moves(std::string_view bytes) {
    const PermutationPuzzle puzzle("of a file", read_moves(file_holding("moves.json", bytes)));
    const State goal = puzzle.goal();
    holds(puzzle.solved(goal.data()), "the goal is not solved");
    space_reads(puzzle, puzzle.text(goal.data()));
}

} // namespace qstar::campaign
