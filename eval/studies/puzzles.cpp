#include "eval/studies/puzzles.h"

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/base/range.h"
#include "engine/io/files.h"
#include "engine/io/output.h"
#include "engine/io/progress.h"
#include "engine/text/json.h"
#include "eval/measure/interval.h"
#include "eval/studies/puzzle_results.h"
#include "search/puzzles/ida_star.h"
#include "search/puzzles/lights_out.h"
#include "search/puzzles/pocket_cube.h"
#include "search/solve.h"

#include <algorithm>
#include <fmt/core.h>
#include <memory>
#include <string>
#include <vector>

namespace qstar::eval {

Table table_of(const std::vector<PuzzleRow>& rows) {
    using Kind = Column::Kind;
    Table table({{"method", "method", Kind::text},
                 {"heuristic", "heuristic", Kind::text},
                 {"actions", "actions"},
                 {"", "solved", Kind::share},
                 {"shortest", "shortest", Kind::share},
                 {"length", "length", Kind::number, 2},
                 {"shortest_length", "could be", Kind::number, 2},
                 {"expanded", ""},
                 {"generated", "generated"},
                 {"most_generated", "most"},
                 {"tokens", "evaluated"},
                 {"megabytes", "MB", Kind::number, 1},
                 {"seconds", "seconds", Kind::number, 4}});
    for (const PuzzleRow& row : rows) {
        const bool known = row.shortest >= 0;
        table.add({row.method, row.heuristic, row.actions, Share{row.solved, row.n},
                   known ? Cell(Share{row.shortest, row.n}) : Cell(),
                   row.solved > 0 ? Cell(row.length) : Cell(),
                   known && row.solved > 0 ? Cell(row.shortest_length) : Cell(), row.expanded,
                   row.generated, row.most, row.evaluated, row.bytes / 1e6, row.seconds});
    }
    return table;
}

std::optional<ShortestLength> shortest_length(const search::Space& space) {
    if (const auto* sliding = dynamic_cast<const search::Sliding*>(&space);
        sliding != nullptr && sliding->width() <= 4) {
        const auto walking = std::make_shared<search::WalkingDistance>(sliding->width());
        return [walking](const search::State& state) {
            return static_cast<int64_t>(search::ida_star(*walking, state).actions.size());
        };
    }
    if (const auto* lights = dynamic_cast<const search::LightsOut*>(&space);
        lights != nullptr && lights->nullity() <= 16)
        return [lights](const search::State& state) {
            return static_cast<int64_t>(lights->shortest(state.data()).value().size());
        };
    if (space.name() == "cube 2x2x2" && space.actions() == 6) {
        const auto table = std::make_shared<search::PocketCube>();
        return
            [table](const search::State& state) { return int64_t{table->distance(state.data())}; };
    }
    return std::nullopt;
}

std::vector<int64_t> shortest_lengths(const search::Space& space,
                                      const std::vector<search::State>& states) {
    const std::optional<ShortestLength> length = shortest_length(space);
    if (!length) return {};
    constexpr int64_t kBlock = 32; // states between two looks at the progress
    const int64_t n = std::ssize(states);
    std::vector<int64_t> shortest(states.size());
    Progress progress("shortest", n, "states");
    for (int64_t done = 0; done < n; progress.update(done)) {
        const int64_t block = std::min(kBlock, n - done);
        engine::parallel_for(block, 1, [&](int64_t begin, int64_t end) {
            for (int64_t i = done + begin; i < done + end; ++i)
                shortest[static_cast<size_t>(i)] = (*length)(states[static_cast<size_t>(i)]);
        });
        done += block;
    }
    progress.finish();
    return shortest;
}

std::vector<search::State> fresh_states(const search::Space& space, int64_t n, uint64_t seed) {
    Random random(seed, "eval/puzzles");
    std::vector<search::State> states;
    for (int64_t i = 0; i < n; ++i) states.push_back(space.random_state(random));
    return states;
}

void add(PuzzleRow& row, const Json& result, int64_t shortest) {
    const auto n = static_cast<double>(row.n);
    const auto share = [&](const char* what) { return result[what].get<double>() / n; };
    if (result["correct"].get<bool>()) {
        ++row.solved;
        const auto length = result["length"].get<int64_t>();
        row.length += static_cast<double>(length);
        if (shortest >= 0) {
            row.shortest += length == shortest;
            row.shortest_length += static_cast<double>(shortest);
        }
    }
    row.expanded += share("expanded");
    row.generated += share("generated");
    row.evaluated += share("evaluations");
    row.bytes += share("bytes");
    row.seconds += share("seconds");
    row.most = std::max(row.most, result["generated"].get<int64_t>());
}

void means(PuzzleRow& row) {
    if (row.solved == 0) return;
    row.length /= static_cast<double>(row.solved);
    row.shortest_length /= static_cast<double>(row.solved);
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
    if (!options.results.empty()) return print(options, tabulate(options));
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
