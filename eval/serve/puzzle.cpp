#include "eval/serve/puzzle.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/run/run_folder.h"
#include "search/puzzles/cube.h"
#include "search/puzzles/lights_out.h"
#include "search/puzzles/pocket_cube.h"
#include "search/puzzles/puzzles.h"
#include "search/puzzles/value_model.h"
#include "search/solve.h"

#include <cmath>
#include <fmt/core.h>
#include <memory>
#include <string>
#include <vector>

namespace qstar::eval {

namespace {

struct PuzzleTitle {
    const char *title, *world;
    int size;
};
constexpr PuzzleTitle kPuzzleTitles[] = {{"8-puzzle", "sliding", 3},
                                         {"15-puzzle", "sliding", 4},
                                         {"Lights Out 5x5", "lights-out", 5},
                                         {"Cube 2x2x2", "cube2", 0},
                                         {"Cube 3x3x3", "cube3", 0}};

constexpr int kPageBeam = 4096;            // states
constexpr double kPageSeconds = 60;        // of a search
constexpr int64_t kPageStates = 3'000'000; // kept

const PuzzleTitle& puzzle_asked(const std::map<std::string, std::string>& query) {
    const auto field = [&](const char* name) {
        const auto given = query.find(name);
        return given == query.end() ? std::string() : given->second;
    };
    for (const PuzzleTitle& puzzle : kPuzzleTitles)
        if (field("world") == puzzle.world && field("size") == std::to_string(puzzle.size))
            return puzzle;
    fail("there is no puzzle \"{}\" of the size \"{}\" here", field("world").substr(0, 40),
         field("size").substr(0, 40));
}

search::PuzzleChoice choice_of(const PuzzleTitle& puzzle) {
    search::PuzzleChoice choice;
    choice.world = puzzle.world;
    choice.size = puzzle.size;
    return choice;
}

// How a state was solved.
struct PuzzleSolution {
    std::string method;
    std::vector<int> actions;
    int64_t expanded = 0;
    double seconds = 0;
};

PuzzleSolution searched(const std::string& method, const search::PuzzleResult& result) {
    if (!result.solved)
        fail("not solved by {}: {} states were expanded, and the budget of {} was spent", method,
             result.expanded, result.ended);
    return {method, result.actions, result.expanded, result.seconds};
}

// A network of the run that is one of this puzzle; null: there is none.
std::unique_ptr<search::ValueModel> network_of(const std::string& run, const search::Space& space,
                                               std::string& stage) {
    for (const char* name : {"walk", "davi", "deep-q"}) {
        const std::string path = join_path(join_path(run, name), "model.safetensors");
        if (!exists(path)) continue;
        try {
            stage = name;
            return std::make_unique<search::ValueModel>(space, path);
        } catch (const Error&) { // of another puzzle
        }
    }
    return nullptr;
}

// Down the table, a step at a time.
PuzzleSolution by_table(const search::Space& space, search::State state) {
    const search::PocketCube table;
    PuzzleSolution solution{"the table of all 3,674,160 states", {}};
    while (!space.solved(state.data())) {
        const int here = table.distance(state.data());
        for (int action = 0; action < space.actions(); ++action) {
            search::State next = state;
            space.apply(next.data(), action);
            if (table.distance(next.data()) >= here) continue;
            state = next;
            solution.actions.push_back(action);
            break;
        }
    }
    return solution;
}

PuzzleSolution solution_of(const std::string& run, const PuzzleTitle& puzzle,
                           const search::Space& space, const search::State& state) {
    search::PuzzleOptions options;
    options.shared.seconds = kPageSeconds;
    options.nodes = kPageStates;
    std::string stage;
    if (const auto network = network_of(run, space, stage)) {
        options.shared.width = kPageBeam;
        options.hashed = true;
        search::QFunction* q = network->is_q() ? network.get() : nullptr;
        return searched(
            fmt::format("a beam of {} with the network of {}", kPageBeam, stage),
            search::solve(space, search::Method::beam, network.get(), q, state, options));
    }
    if (const auto* lights = dynamic_cast<const search::LightsOut*>(&space))
        return {"linear algebra", lights->shortest(state.data()).value()};
    if (std::string(puzzle.world) == "cube2") return by_table(space, state);
    if (std::string(puzzle.world) == "cube3")
        fail("the run has no network of the 3x3x3: `qstar train walk --world cube3 --q --run {}` "
             "makes one",
             run);
    options.shared.weight = puzzle.size > 3 ? 1.5 : 1;
    const auto bound = search::make_bound(space, search::best_bound(space));
    return searched(
        puzzle.size > 3 ? "A* with 1.5 times the walking distance" : "A* with the walking distance",
        search::solve(space, search::Method::astar, bound.get(), nullptr, state, options));
}

} // namespace

Json puzzles_json() {
    Json all = Json::array();
    for (const PuzzleTitle& puzzle : kPuzzleTitles) {
        const auto space = search::make_space(choice_of(puzzle));
        Json json{{"title", puzzle.title}, {"world", puzzle.world}, {"size", puzzle.size}};
        json["goal"] = space->text(space->goal().data());
        if (const auto* cube = dynamic_cast<const search::PermutationPuzzle*>(space.get()))
            for (const search::PermutationMove& move : cube->moves())
                json["moves"][move.name] = move.from;
        all.push_back(std::move(json));
    }
    return all;
}

Json solve_puzzle_json(const std::string& run, const std::map<std::string, std::string>& query) {
    const PuzzleTitle& puzzle = puzzle_asked(query);
    const auto space = search::make_space(choice_of(puzzle));
    const auto line = query.find("state");
    search::State state = space->read(line == query.end() ? "" : line->second);
    const PuzzleSolution solution = solution_of(run, puzzle, *space, state);
    Json steps = Json::array(), states = Json::array();
    for (const int action : solution.actions) {
        steps.push_back(space->action_name(state.data(), action));
        space->apply(state.data(), action);
        states.push_back(space->text(state.data()));
    }
    return {{"method", solution.method},
            {"steps", steps},
            {"states", states},
            {"expanded", solution.expanded},
            {"seconds", std::round(solution.seconds * 1e6) / 1e6}};
}

} // namespace qstar::eval
