#include "eval/studies/puzzle_results.h"

#include "engine/base/error.h"
#include "engine/text/jsonl.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace qstar::eval {

namespace {

struct Results {
    std::vector<JsonLine> lines;
    std::vector<search::State> states;
};

std::vector<JsonLine> read_results(const std::string& file) {
    std::vector<JsonLine> lines = read_jsonl(file);
    if (lines.empty()) fail("{}: expected at least one result, found none", file);
    return lines;
}

// The state of a result that has all that a row counts, and says of its steps what they are.
search::State checked_state(const search::Space& space, const JsonLine& line) {
    for (const char* number : {"length", "expanded", "generated", "evaluations", "bytes"})
        int_field(line, number);
    number_field(line, "seconds");
    search::State state;
    try {
        state = space.read(string_field(line, "problem"));
    } catch (const Error& error) {
        fail("{}: {}", line.where, error.what());
    }
    const std::vector<std::string> steps = strings_field(line, "steps");
    search::State end = state;
    for (const std::string& step : steps) {
        const std::optional<int> action = search::action_named(space, end, step);
        if (!action)
            fail("{}: expected steps that {} allows, found \"{}\"", line.where, space.name(), step);
        space.apply(end.data(), *action);
    }
    const bool solved = space.solved(end.data());
    if (bool_field(line, "correct") != solved || int_field(line, "length") != std::ssize(steps))
        fail("{}: expected what its steps are, found \"correct\": {} and \"length\": {} of {} "
             "steps that {} to the goal",
             line.where, bool_field(line, "correct"), int_field(line, "length"), steps.size(),
             solved ? "lead" : "do not lead");
    return state;
}

// Of each state the length of the shortest solution that is found in any of the files; -1: none is.
std::vector<int64_t> best_known(const std::vector<Results>& all) {
    std::vector<int64_t> best(all[0].lines.size(), -1);
    for (const Results& one : all)
        for (size_t i = 0; i < best.size(); ++i) {
            if (!one.lines[i].value["correct"].get<bool>()) continue;
            const auto length = one.lines[i].value["length"].get<int64_t>();
            if (best[i] < 0 || length < best[i]) best[i] = length;
        }
    return best;
}

} // namespace

PuzzleTable tabulate(const std::vector<std::string>& files, const search::PuzzleChoice& puzzle) {
    const std::string& first = files.at(0);
    std::unique_ptr<search::Space> space;
    std::vector<Results> all;
    for (const std::string& file : files) {
        Results& one = all.emplace_back(Results{read_results(file), {}});
        if (!space) space = search::make_space(puzzle, string_field(one.lines[0], "problem"));
        for (const JsonLine& line : one.lines) one.states.push_back(checked_state(*space, line));
        if (one.states != all[0].states)
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
            add(row, all[i].lines[k].value, shortest.empty() ? -1 : shortest[k]);
        means(row);
        table.rows.push_back(row);
    }
    return table;
}

} // namespace qstar::eval
