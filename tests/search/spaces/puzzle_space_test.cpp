// The searches over a space against the whole of the 8-puzzle.
#include "engine/base/error.h"
#include "engine/text/json.h"
#include "engine/text/json_parse.h"
#include "engine/text/jsonl.h"
#include "search/puzzles/lights_out.h"
#include "search/puzzles/sliding.h"
#include "search/solve.h"
#include "tests/sanitized.h"

#include <doctest/doctest.h>
#include <functional>
#include <unordered_map>

using namespace qstar;
using namespace qstar::search;

namespace {

uint64_t key(const uint8_t* state) {
    uint64_t value = 0;
    for (int i = 0; i < 9; ++i) value = value * 9 + state[i];
    return value;
}

// How far each of the 181,440 states is.
const std::unordered_map<uint64_t, int>& truth() {
    static const std::unordered_map<uint64_t, int> distances = [] {
        const Sliding puzzle(3);
        std::unordered_map<uint64_t, int> distance{{key(puzzle.goal().data()), 0}};
        std::vector<State> waiting{puzzle.goal()};
        for (size_t i = 0; i < waiting.size(); ++i) {
            const int d = distance.at(key(waiting[i].data()));
            for (int action = 0; action < 4; ++action) {
                if (!puzzle.legal(waiting[i].data(), action)) continue;
                State next = waiting[i];
                puzzle.apply(next.data(), action);
                if (distance.try_emplace(key(next.data()), d + 1).second) waiting.push_back(next);
            }
        }
        return distance;
    }();
    return distances;
}

struct FunctionHeuristic : Heuristic {
    std::function<float(const uint8_t*)> h;
    explicit FunctionHeuristic(std::function<float(const uint8_t*)> f) : h(std::move(f)) {}
    void cost_to_go(const uint8_t* states, int64_t n, float* out) override {
        for (int64_t i = 0; i < n; ++i) out[i] = h(states + 9 * i);
    }
};

FunctionHeuristic exact() {
    return FunctionHeuristic(
        [](const uint8_t* state) { return static_cast<float>(truth().at(key(state))); });
}

// Never above the truth, and jumps up and down from state to state.
FunctionHeuristic inconsistent() {
    return FunctionHeuristic([](const uint8_t* state) {
        Random random(1, key(state));
        return static_cast<float>(random.uniform() * truth().at(key(state)));
    });
}

// Replays the actions: legal, and where they lead.
bool replays(const Space& space, State state, const PuzzleResult& result) {
    for (const int action : result.actions) {
        if (!space.legal(state.data(), action)) return false;
        space.apply(state.data(), action);
    }
    return space.solved(state.data()) == result.solved;
}

const int kStates = tests::kSanitized ? 4 : 12;

} // namespace

TEST_CASE("A* and Q* find shortest solutions with what is never above the truth") {
    const Sliding puzzle(3);
    LowerBound manhattan(puzzle);
    FunctionHeuristic perfect = exact(), jumping = inconsistent();
    FunctionHeuristic zero([](const uint8_t*) { return 0.0f; });
    Random random(11, "graph_search_test");
    for (int i = 0; i < kStates; ++i) {
        const State start = puzzle.random_state(random);
        const int best = truth().at(key(start.data()));
        for (Heuristic* h : std::initializer_list<Heuristic*>{&perfect, &manhattan, &jumping}) {
            OneStepQ q(puzzle, *h);
            for (const int batch : {1, 5, 64}) {
                PuzzleOptions options;
                options.shared.batch = batch;
                const PuzzleResult a = solve(puzzle, Method::astar, h, nullptr, start, options);
                const PuzzleResult b = solve(puzzle, Method::qstar, nullptr, &q, start, options);
                for (const PuzzleResult* result : {&a, &b}) {
                    CHECK(result->solved);
                    CHECK(result->ended == "solved");
                    CHECK(static_cast<int>(result->actions.size()) == best);
                    CHECK(replays(puzzle, start, *result));
                }
                if (h == &perfect && batch == 1) {
                    CHECK(a.expanded == best); // straight to the goal
                    CHECK(b.expanded == std::max(1, best));
                    CHECK(b.generated == best);
                    CHECK(b.evaluations == std::max(1, best));
                }
            }
        }
    }
    CHECK(truth().size() == 181440);
    // Breadth first, as it were: the farthest state there is.
    const State farthest = puzzle.read("8 6 7 2 5 4 3 0 1");
    CHECK(truth().at(key(farthest.data())) == 31);
    CHECK(solve(puzzle, Method::astar, &zero, nullptr, farthest, {}).actions.size() == 31);
}

TEST_CASE("a closed state is opened again when a shorter way turns up") {
    const Sliding puzzle(3);
    FunctionHeuristic jumping = inconsistent();
    Random random(12, "graph_search_test");
    int64_t again = 0;
    for (int i = 0; i < kStates; ++i) {
        const State start = puzzle.random_state(random);
        const PuzzleResult result = solve(puzzle, Method::astar, &jumping, nullptr, start, {});
        CHECK(static_cast<int>(result.actions.size()) == truth().at(key(start.data())));
        again += result.reopened;
    }
    CHECK(again > 0);
}

TEST_CASE("weighted A* stays within its weight; with weight 0 it is breadth-first search") {
    const Sliding puzzle(3);
    LowerBound manhattan(puzzle);
    Random random(13, "graph_search_test");
    for (int i = 0; i < kStates; ++i) {
        const State start = puzzle.random_state(random);
        const int best = truth().at(key(start.data()));
        PuzzleOptions options;
        options.shared.weight = 3;
        const PuzzleResult result =
            solve(puzzle, Method::astar, &manhattan, nullptr, start, options);
        CHECK(static_cast<int>(result.actions.size()) <= 3 * best);
        CHECK(replays(puzzle, start, result));
        if (i > 0) continue;
        options.shared.weight = 0;
        CHECK(static_cast<int>(solve(puzzle, Method::astar, &manhattan, nullptr, start, options)
                                   .actions.size()) == best);
    }
}

TEST_CASE("greedy, beam and MCTS") {
    const Sliding puzzle(3);
    LowerBound manhattan(puzzle);
    FunctionHeuristic perfect = exact();
    Random random(14, "graph_search_test");
    int beams = 0, trees = 0, shortest = 0;
    for (int i = 0; i < kStates; ++i) {
        const State start = puzzle.random_state(random);
        const size_t best = static_cast<size_t>(truth().at(key(start.data())));
        PuzzleOptions options;
        CHECK(solve(puzzle, Method::greedy, &perfect, nullptr, start, options).actions.size() ==
              best);
        CHECK(solve(puzzle, Method::beam, &perfect, nullptr, start, options).actions.size() ==
              best);
        const PuzzleResult wide = solve(puzzle, Method::beam, &manhattan, nullptr, start, options);
        beams += wide.solved;
        CHECK(replays(puzzle, start, wide));
        CHECK(wide.actions.size() >= best);
        options.nodes = 20000;
        const PuzzleResult tree = solve(puzzle, Method::mcts, &manhattan, nullptr, start, options);
        trees += tree.solved;
        CHECK(replays(puzzle, start, tree));
        const PuzzleResult guided = solve(puzzle, Method::mcts, &perfect, nullptr, start, options);
        CHECK(guided.solved);
        shortest += guided.actions.size() == best;
        const PuzzleResult first =
            solve(puzzle, Method::greedy, &manhattan, nullptr, start, options);
        CHECK(replays(puzzle, start, first));
        CHECK((first.solved ? first.ended == "solved" : first.ended == "exhausted"));
    }
    CHECK(beams > kStates * 8 / 10);
    CHECK(trees > kStates * 8 / 10);
    CHECK(shortest > kStates * 8 / 10);
}

TEST_CASE("best of N: what one walk misses, the best of many finds, and they are the same again") {
    const Sliding puzzle(3);
    FunctionHeuristic h = exact();
    Random random(3, "best_of_n");
    int one = 0, many = 0;
    for (int i = 0; i < 20; ++i) {
        const State start = puzzle.random_state(random);
        PuzzleOptions options;
        options.shared.samples = 1;
        const PuzzleResult single = solve(puzzle, Method::best_of_n, &h, nullptr, start, options);
        options.shared.samples = 200;
        const PuzzleResult best = solve(puzzle, Method::best_of_n, &h, nullptr, start, options);
        const PuzzleResult again = solve(puzzle, Method::best_of_n, &h, nullptr, start, options);
        CHECK(again.actions == best.actions);
        CHECK(again.evaluations == best.evaluations);
        State end = start;
        for (const int action : best.actions) puzzle.apply(end.data(), action);
        CHECK(puzzle.solved(end.data()) == best.solved);
        if (single.solved) CHECK(best.actions.size() <= single.actions.size());
        const auto shortest = static_cast<size_t>(truth().at(key(start.data())));
        one += single.solved && single.actions.size() == shortest;
        many += best.solved && best.actions.size() == shortest;
    }
    CHECK(many > one);
    CHECK(many >= 15);
}

TEST_CASE("a budget that ends is named, and the best state is given") {
    const Sliding puzzle(3);
    LowerBound manhattan(puzzle);
    OneStepQ q(puzzle, manhattan);
    const State start = puzzle.read("8 6 7 2 5 4 3 0 1");
    for (const Method method : {Method::astar, Method::qstar, Method::mcts, Method::beam}) {
        PuzzleOptions options;
        options.nodes = 50;
        const PuzzleResult nodes = solve(puzzle, method, &manhattan, &q, start, options);
        CHECK_FALSE(nodes.solved);
        CHECK(nodes.ended == "nodes");
        CHECK(nodes.nodes == 50);
        State state = start;
        for (const int action : nodes.actions) puzzle.apply(state.data(), action);
        CHECK(puzzle.lower_bound(state.data()) < puzzle.lower_bound(start.data()));
        options.nodes = 1'000'000;
        for (const int64_t evaluations : {1, 2, 40, 41, 42, 43}) {
            options.evaluations = evaluations;
            const PuzzleResult rated = solve(puzzle, method, &manhattan, &q, start, options);
            CHECK(rated.ended == "evaluations");
            CHECK(rated.evaluations == evaluations);
        }
        options.evaluations = 0;
        options.shared.seconds = 1e-9;
        CHECK(solve(puzzle, method, &manhattan, &q, start, options).ended == "seconds");
    }
    CHECK_THROWS_AS(solve(puzzle, Method::qstar, &manhattan, nullptr, start, {}), Error);
    CHECK_THROWS_AS(puzzle_method_named("bfs"), Error);
    PuzzleOptions wrong;
    wrong.shared.batch = 0;
    CHECK_THROWS_AS(solve(puzzle, Method::astar, &manhattan, nullptr, start, wrong), Error);
}

TEST_CASE("anytime: ever shorter solutions, to the shortest when nothing is left") {
    const Sliding puzzle(3);
    LowerBound manhattan(puzzle);
    OneStepQ q(puzzle, manhattan);
    Random random(15, "graph_search_test");
    int improved = 0;
    for (int i = 0; i < kStates / 4 + 1; ++i) {
        const State start = puzzle.random_state(random);
        for (const Method method : {Method::astar, Method::qstar}) {
            PuzzleOptions options;
            options.shared.weight = 5;
            options.anytime = true;
            const PuzzleResult result = solve(puzzle, method, &manhattan, &q, start, options);
            CHECK(result.solved);
            CHECK(static_cast<int>(result.actions.size()) == truth().at(key(start.data())));
            for (size_t s = 1; s < result.solutions.size(); ++s)
                CHECK(result.solutions[s].second < result.solutions[s - 1].second);
            improved += result.solutions.size() > 1;
        }
    }
    CHECK(improved > 0);
}

TEST_CASE("a solved start, and a narration with the steps of the paper") {
    const Sliding puzzle(3);
    LowerBound manhattan(puzzle);
    OneStepQ q(puzzle, manhattan);
    const State start = puzzle.read("1 2 3 4 5 6 7 0 8");
    for (const Method method :
         {Method::astar, Method::qstar, Method::beam, Method::greedy, Method::mcts}) {
        PuzzleOptions options;
        options.shared.trace = options.record = true;
        const PuzzleResult none = solve(puzzle, method, &manhattan, &q, puzzle.goal(), options);
        CHECK(none.solved);
        CHECK(none.actions.empty());
        const PuzzleResult one = solve(puzzle, method, &manhattan, &q, start, options);
        CHECK(one.actions == std::vector<int>{3});
        const Json record = parse_json(one.record, "test");
        CHECK(record["path"].size() == 2);
        CHECK(record["nodes"].size() == static_cast<size_t>(one.nodes));
        CHECK(record["expanded"].size() == static_cast<size_t>(one.expanded));
        CHECK(record["edges"].size() == static_cast<size_t>(one.generated));
        if (method == Method::astar || method == Method::qstar) {
            CHECK(one.trace.front().starts_with("Step 1"));
            CHECK(one.trace.back().starts_with("Step 3"));
        }
    }
}

TEST_CASE("lights-out by A* with few lights") {
    const LightsOut puzzle(4);
    LowerBound lights(puzzle);
    Random random(16, "graph_search_test");
    for (int i = 0; i < 5; ++i) {
        const State start = scramble(puzzle, 4, random);
        const PuzzleResult result = solve(puzzle, Method::astar, &lights, nullptr, start, {});
        CHECK(result.actions.size() == puzzle.shortest(start.data())->size());
    }
}

TEST_CASE("the table: each state once, and the bytes of a node") {
    const uint32_t kNodes = tests::kSanitized ? 100'000 : 300'000;
    NodeTable table(16);
    uint8_t state[16] = {};
    for (uint32_t round = 0; round < 2; ++round) {
        bool as_expected = true;
        for (uint32_t i = 0; i < kNodes; ++i) {
            for (int b = 0; b < 4; ++b) state[b * 3] = static_cast<uint8_t>(i >> 8 * b);
            const auto [id, is_new] = table.insert(state);
            as_expected = as_expected && id == i && is_new == (round == 0);
        }
        CHECK(as_expected);
    }
    CHECK(table.size() == kNodes);
    // 10 million nodes of the 15-puzzle and three open entries for each: below 4
    // GiB.
    const double node = static_cast<double>(table.bytes()) / kNodes + 3 * sizeof(OpenEntry);
    CHECK(node < 4.0 * (1 << 30) / 1e7);
    CHECK(node < 100);
}
