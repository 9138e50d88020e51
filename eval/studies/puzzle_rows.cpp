#include "eval/studies/puzzle_rows.h"

#include "engine/base/parallel.h"
#include "engine/io/progress.h"
#include "search/puzzles/ida_star.h"
#include "search/puzzles/lights_out.h"
#include "search/puzzles/pocket_cube.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
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

} // namespace qstar::eval
