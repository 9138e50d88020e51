#include "eval/studies/puzzles.h"

#include "engine/base/range.h"
#include "engine/io/files.h"
#include "engine/io/output.h"
#include "engine/io/progress.h"
#include "engine/text/json.h"
#include "eval/studies/puzzle_results.h"
#include "search/solve.h"

#include <fmt/core.h>
#include <memory>
#include <string>
#include <vector>

namespace qstar::eval {

std::vector<search::State> fresh_states(const search::Space& space, int64_t n, uint64_t seed) {
    Random random(seed, "eval/puzzles");
    std::vector<search::State> states;
    for (int64_t i = 0; i < n; ++i) states.push_back(space.random_state(random));
    return states;
}

PuzzleRow measure(const search::Space& space, const search::PuzzleSearch& search,
                  const std::vector<search::State>& states, const std::vector<int64_t>& shortest,
                  bool quiet) {
    const search::PuzzleModels models = search::load_puzzle_models(space, search);
    const search::Method method = search::puzzle_method_named(search.method);
    PuzzleRow row{search.method,
                  search.heuristic.empty() ? search::best_bound(space) : search.heuristic};
    row.actions = space.actions();
    row.n = static_cast<int64_t>(states.size());
    if (!shortest.empty()) row.shortest = 0;
    Progress progress(search.method, row.n, "states", 0, quiet);
    for (size_t i = 0; i < states.size(); ++i) {
        const search::PuzzleResult result = search::solve(
            space, method, models.heuristic, models.q.get(), states[i], search.options);
        const Json line = search::puzzle_json(space, {space.text(states[i].data()), states[i]},
                                              result); // replays the steps
        add(row, line, shortest.empty() ? -1 : shortest[i]);
        progress.update(static_cast<int64_t>(i + 1), fmt::format("{} solved", row.solved));
    }
    progress.finish();
    means(row);
    return row;
}

void describe(Flags& f, PuzzleEvalOptions& o) {
    f.text("world", o.search.puzzle.world, "sliding, lights-out, cube2 or cube3")
        .offers(search::puzzle_names());
    f.text("run", o.search.run, "the run's folder");
    f.seed(o.seed);
    f.list("methods", o.methods, "greedy, best-of-n, beam, mcts, astar, qstar: astar,qstar")
        .offers({"greedy", "best-of-n", "beam", "mcts", "astar", "qstar"});
    f.number("problems", o.problems, 1, 10'000'000, "how many fresh states");
    f.text("states", o.states, "a file of states instead").file();
    f.list("results", o.results,
           "files that search --out wrote of the same states, a row each, instead of searches; "
           "where shortest lengths cannot be known, the best of several files stand for them")
        .file();
    f.mark("skip-bad", o.search.skip_bad, "leave bad lines of the file out");
    f.text("write", o.write, "write the states to this file").output();
    f.text("out", o.out, "write the table's rows as JSON lines to this file").output();
    describe(f, o.search.options.shared);
    search::describe_puzzle(f, o.search);
}

namespace {

void print(const PuzzleEvalOptions& options, const PuzzleTable& measured) {
    const Table table = table_of(measured.rows);
    fmt::print(messages_beside(options.out),
               "{} states of {}, {}. A state counts as solved when its steps, replayed, end in the "
               "goal.{}\n\n{}",
               measured.rows.at(0).n, measured.space, measured.states,
               measured.best_known ? " Shortest: as short as the best that stands in a row." : "",
               table.markdown());
    if (options.out.empty()) return;
    const Json lines = table.json();
    write_jsonl(options.out, std::vector<Json>(lines.begin(), lines.end()));
}

} // namespace

void puzzles(const PuzzleEvalOptions& options) {
    check(flags_of(options));
    if (!options.results.empty())
        return print(options, tabulate(options.results, options.search.puzzle));
    for (const std::string& method : options.methods) search::puzzle_method_named(method);
    std::unique_ptr<search::Space> space;
    std::vector<search::State> states;
    if (!options.states.empty()) {
        search::PuzzleFile file =
            search::read_puzzle(options.search.puzzle, options.states, options.search.skip_bad);
        space = std::move(file.space);
        for (search::StateLine& line : file.states) states.push_back(std::move(line.state));
    } else {
        space = search::make_space(options.search.puzzle);
        states = fresh_states(*space, options.problems, options.seed);
    }
    if (!options.write.empty()) {
        std::string text;
        for (const search::State& state : states) text += space->text(state.data()) + "\n";
        write_file_atomic(options.write, text);
    }
    const std::vector<int64_t> shortest = shortest_lengths(*space, states);
    std::vector<PuzzleRow> rows;
    for (const std::string& method : options.methods) {
        search::PuzzleSearch search = options.search;
        search.method = method;
        rows.push_back(measure(*space, search, states, shortest));
    }
    print(options,
          {space->name(),
           options.states.empty() ? fmt::format("seed {}", options.seed) : options.states, rows});
}

} // namespace qstar::eval
