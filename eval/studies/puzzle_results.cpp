#include "eval/studies/puzzle_results.h"

#include "engine/base/error.h"
#include "engine/text/jsonl.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace qstar::eval {

namespace {

struct Results {
    std::vector<Json> lines;
    std::vector<search::State> states;
};

// Whether the steps of a result lead to the goal.
bool leads_to_goal(const search::Space& space, search::State state, const JsonLine& line) {
    for (const std::string& step : strings_field(line, "steps")) {
        const std::optional<int> action = search::action_named(space, state, step);
        if (!action)
            fail("{}: expected steps that {} allows, found \"{}\"", line.where, space.name(), step);
        space.apply(state.data(), *action);
    }
    return space.solved(state.data());
}

Results read_results(const search::Space& space, const std::string& file) {
    Results results;
    for (const JsonLine& line : read_jsonl(file)) {
        for (const char* number : {"length", "expanded", "generated", "evaluations", "bytes"})
            int_field(line, number);
        number_field(line, "seconds");
        search::State state;
        try {
            state = space.read(string_field(line, "problem"));
        } catch (const Error& error) {
            fail("{}: {}", line.where, error.what());
        }
        const bool solved = leads_to_goal(space, state, line);
        const int64_t steps = std::ssize(strings_field(line, "steps"));
        if (bool_field(line, "correct") != solved || int_field(line, "length") != steps)
            fail("{}: expected what its steps are, found \"correct\": {} and \"length\": {} of {} "
                 "steps that {} to the goal",
                 line.where, bool_field(line, "correct"), int_field(line, "length"), steps,
                 solved ? "lead" : "do not lead");
        results.states.push_back(std::move(state));
        results.lines.push_back(line.value);
    }
    if (results.lines.empty()) fail("{}: expected at least one result, found none", file);
    return results;
}

// Of each state the length of the shortest solution that is found in any of the files; -1: none is.
std::vector<int64_t> best_known(const std::vector<Results>& all) {
    std::vector<int64_t> best(all[0].lines.size(), -1);
    for (const Results& one : all)
        for (size_t i = 0; i < best.size(); ++i) {
            if (!one.lines[i]["correct"].get<bool>()) continue;
            const auto length = one.lines[i]["length"].get<int64_t>();
            if (best[i] < 0 || length < best[i]) best[i] = length;
        }
    return best;
}

} // namespace

PuzzleTable tabulate(const std::vector<std::string>& files, const search::PuzzleChoice& puzzle) {
    const std::string& first = files.at(0);
    const std::vector<JsonLine> lines = read_jsonl(first);
    if (lines.empty()) fail("{}: expected at least one result, found none", first);
    const std::unique_ptr<search::Space> space =
        search::make_space(puzzle, string_field(lines[0], "problem"));
    std::vector<Results> all;
    for (const std::string& file : files) {
        all.push_back(read_results(*space, file));
        if (all.back().states != all[0].states)
            fail("{}: expected results of the states of {}, in their order, found others", file,
                 first);
    }

    std::vector<int64_t> shortest = shortest_lengths(*space, all[0].states);
    PuzzleTable table{space->name(), first, {}};
    if (shortest.empty() && all.size() > 1) {
        shortest = best_known(all);
        table.best_known = true;
    }
    for (size_t i = 0; i < all.size(); ++i) {
        PuzzleRow row{files[i], ""};
        row.actions = space->actions();
        row.n = std::ssize(all[i].lines);
        if (!shortest.empty()) row.shortest = 0;
        for (size_t k = 0; k < all[i].lines.size(); ++k)
            add(row, all[i].lines[k], shortest.empty() ? -1 : shortest[k]);
        means(row);
        table.rows.push_back(row);
    }
    return table;
}

} // namespace qstar::eval
