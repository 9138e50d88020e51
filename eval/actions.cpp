#include "eval/actions.h"

#include "engine/error.h"
#include "train/davi.h"

#include <fmt/format.h>

namespace qstar::eval {

namespace {

search::PuzzleChoice choice_of(const ActionsOptions& options, int set) {
    search::PuzzleChoice choice = options.training.puzzle;
    (choice.world == "lights-out" ? choice.size : choice.compose) = set;
    return choice;
}

// A bar for each set, as long as the ratio.
std::string plot(const std::vector<std::pair<PuzzleRow, PuzzleRow>>& pairs) {
    std::string out;
    for (const auto& [astar, qstar] : pairs) {
        const double nodes = astar.generated / qstar.generated,
                     time = astar.seconds / qstar.seconds;
        out += fmt::format("{:>5} actions  generated {:6.1f} x |", astar.actions, nodes);
        for (double bar = 1; bar <= nodes && bar < 1e6; bar *= 1.25) out += '#';
        out += fmt::format("\n               seconds   {:6.1f} x |", time);
        for (double bar = 1; bar <= time && bar < 1e6; bar *= 1.25) out += '=';
        out += "\n";
    }
    return out;
}

} // namespace

void actions(const ActionsOptions& options) {
    if (options.sets.empty()) fail("--sets: expected at least one, found none");
    std::vector<PuzzleRow> rows;
    std::vector<std::pair<PuzzleRow, PuzzleRow>> pairs;
    std::string name;
    for (const int set : options.sets) {
        train::DeepQOptions training = options.training;
        training.puzzle = choice_of(options, set);
        training.seed = options.seed;
        training.name = fmt::format("davi-{}", set);
        train::davi(training);
        training.name = fmt::format("deep-q-{}", set);
        train::deep_q(training);

        const auto space = search::make_space(training.puzzle);
        name = training.puzzle.world;
        const std::vector<search::State> states =
            fresh_states(*space, options.problems, options.seed);
        std::vector<int64_t> shortest;
        if (const auto length = shortest_length(*space))
            for (const search::State& state : states) shortest.push_back((*length)(state));
        search::PuzzleSearch search;
        search.puzzle = training.puzzle;
        search.options = options.options;
        search.heuristic = "model";
        for (const char* method : {"astar", "qstar"}) {
            search.method = method;
            search.model = train::model_path(
                training.run,
                fmt::format("{}-{}", search.method == "astar" ? "davi" : "deep-q", set));
            rows.push_back(measure(*space, search, states, shortest));
        }
        pairs.emplace_back(rows[rows.size() - 2], rows.back());
    }
    fmt::print("A* against Q* on {}, {} fresh states for each set, seed {}; both networks trained "
               "for {} steps.\n\n{}\nA* by Q*:\n\n{}",
               name, options.problems, options.seed, options.training.steps, puzzle_table(rows),
               plot(pairs));
}

} // namespace qstar::eval
