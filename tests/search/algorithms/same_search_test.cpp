// The same search over both kinds of space: over a graph that is given as a puzzle, and as a table
// of steps whose scores say the same. One entry at a time: within a batch the two learn of a better
// way to one of its states at different moments.
#include "engine/text/json.h"
#include "engine/text/json_parse.h"
#include "search/solve.h"
#include "tests/search/doubles.h"
#include "tests/search/one_search.h"

#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::search;

namespace {

// A random graph: up to four edges from each state to any other, also back. The last state is the
// goal, state 0 the start. h is any number.
struct EdgeGraph : Space {
    std::vector<std::vector<uint8_t>> to;
    std::vector<float> h;

    EdgeGraph(Random& random, size_t states) : to(states), h(states) {
        for (size_t from = 0; from + 1 < states; ++from)
            for (int edge = 0; edge < 4; ++edge) {
                const auto next = static_cast<uint8_t>(random.below(states));
                const bool known =
                    std::find(to[from].begin(), to[from].end(), next) != to[from].end();
                if (next != from && !known) to[from].push_back(next);
            }
        // No two sums of edges and an h are equal, so that nothing hangs on the order of equals.
        for (float& value : h) value = static_cast<float>(0.01 + 4 * random.uniform());
        h.back() = 0;
    }
    std::string name() const override { return "graph"; }
    size_t state_bytes() const override { return 1; }
    int actions() const override { return 4; }
    bool legal(const uint8_t* state, int action) const override {
        return static_cast<size_t>(action) < to[*state].size();
    }
    void apply(uint8_t* state, int action) const override {
        *state = to[*state][static_cast<size_t>(action)];
    }
    int inverse(int action) const override { return action; } // no search asks
    std::string action_name(const uint8_t*, int action) const override {
        return std::to_string(action);
    }
    State goal() const override { return {static_cast<uint8_t>(to.size() - 1)}; }
    bool solved(const uint8_t* state) const override { return *state + size_t{1} == to.size(); }
    State random_state(Random&) const override { return {0}; }
    State read(std::string_view line) const override {
        return {static_cast<uint8_t>(std::stoi(std::string(line)))};
    }
    std::string text(const uint8_t* state) const override { return std::to_string(*state); }
    int64_t features() const override { return 0; }
    int64_t features_on() const override { return 0; }
    int64_t write_features(const uint8_t*, int*) const override { return 0; }
};

struct GraphHeuristic : Heuristic {
    const EdgeGraph& graph;
    explicit GraphHeuristic(const EdgeGraph& g) : graph(g) {}
    void cost_to_go(const uint8_t* states, int64_t n, float* out) override {
        for (int64_t i = 0; i < n; ++i) out[i] = graph.h[states[i]];
    }
};

// The states as lines; a step to the goal ends the path.
TableProposer table_of_graph(const EdgeGraph& graph) {
    TableProposer table;
    table.all = true;
    for (size_t from = 0; from < graph.to.size(); ++from)
        for (const uint8_t next : graph.to[from])
            table.table[std::to_string(from)].push_back(
                {std::to_string(next), graph.solved(&next), 1.0});
    return table;
}

struct Expansions {
    std::vector<std::string> states, solution;
    bool solved = false;
    bool operator==(const Expansions&) const = default;
};

Expansions over_states(const EdgeGraph& graph, Method method, double weight) {
    GraphHeuristic heuristic(graph);
    OneStepQ q(graph, heuristic);
    PuzzleOptions options;
    options.record = true;
    options.shared.weight = weight;
    const PuzzleResult result = solve(graph, method, &heuristic, &q, {0}, options);
    const Json record = parse_json(result.record, "test");
    const auto names = [&](const Json& ids) {
        std::vector<std::string> states;
        for (const Json& id : ids)
            states.push_back(record["nodes"][id.get<size_t>()]["state"].get<std::string>());
        return states;
    };
    Expansions out{names(record["expanded"]), {}, result.solved};
    if (result.solved) out.solution = names(record["path"]);
    return out;
}

Expansions over_lines(const EdgeGraph& graph, Method method, double weight) {
    TableProposer table = table_of_graph(graph);
    FunctionScorer scorer([&](const Path& path) {
        const auto state = static_cast<size_t>(std::stoi(path.steps.back()));
        return std::exp(-graph.h[state]); // whose -log is h
    });
    Expansions out;
    Options options;
    options.budget = int64_t{1} << 40;
    options.step_cost = StepCost::unit;
    options.aggregate = Aggregate::last;
    options.shared.weight = weight;
    options.observer = [&](const SearchEvent& event) {
        if (event.what == SearchEvent::What::expanded)
            out.states.push_back(event.path.steps.empty() ? "0" : event.path.steps.back());
    };
    const Result result = method == Method::astar ? astar(table, &scorer, "0", options)
                                                  : qstar_search(table, &scorer, "0", options);
    out.solved = result.finished;
    if (!result.finished) return out;
    out.solution = {"0"};
    out.solution.insert(out.solution.end(), result.steps.begin(), result.steps.end());
    return out;
}

} // namespace

TEST_CASE("A* and Q* over steps are A* and Q* over a puzzle, expansion by expansion") {
    Random random(8, "same_search_test");
    int solved = 0;
    size_t expanded = 0;
    for (int i = 0; i < 300; ++i) {
        const EdgeGraph graph(random, 4 + static_cast<size_t>(i % 60));
        for (const Method method : {Method::astar, Method::qstar})
            for (const double weight : {0.7, 1.0, 2.5}) {
                CAPTURE(i);
                CAPTURE(name_of(method));
                CAPTURE(weight);
                const Expansions states = over_states(graph, method, weight);
                const Expansions lines = over_lines(graph, method, weight);
                REQUIRE(states.states == lines.states);
                CHECK(states.solution == lines.solution);
                CHECK(states.solved == lines.solved);
                solved += states.solved;
                expanded += states.states.size();
            }
    }
    CHECK(solved > 1000);
    CHECK(expanded > 10000);
}
