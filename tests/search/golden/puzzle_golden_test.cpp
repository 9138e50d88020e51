// What each search does on the 8-puzzle: every state, edge and expansion.
#include "engine/text/json_parse.h"
#include "search/puzzles/sliding.h"
#include "search/solve.h"
#include "tests/search/golden/golden.h"

#include <doctest/doctest.h>
#include <functional>

using namespace qstar;
using namespace qstar::search;

namespace {

// Never above the truth, and jumps up and down from state to state, so that closed states are
// opened again.
struct JumpingBound : Heuristic {
    const Space& space;
    explicit JumpingBound(const Space& s) : space(s) {}
    void cost_to_go(const uint8_t* states, int64_t n, float* h) override {
        for (int64_t i = 0; i < n; ++i) {
            const uint8_t* state = states + static_cast<size_t>(i) * space.state_bytes();
            uint64_t sum = 1;
            for (size_t b = 0; b < space.state_bytes(); ++b) sum = sum * 31 + state[b];
            h[i] = static_cast<float>(space.lower_bound(state)) *
                   static_cast<float>(sum % 1009 % 5) / 4.0f;
        }
    }
};

Json number_if_rated(const Json& value) {
    return value.is_null() ? Json() : Json(tests::golden_number(value.get<double>()));
}

// The states are named by their digits, the edges are left out: they follow from the states.
Json tree_of_record(const std::string& record) {
    const Json all = parse_json(record, "test");
    Json nodes = Json::array();
    for (const Json& node : all["nodes"]) {
        std::string digits = node["state"].get<std::string>();
        std::erase(digits, ' ');
        // h is null where it was not rated
        nodes.push_back(Json::array(
            {digits, node["g"], number_if_rated(node["h"]), node.value("parent", int64_t{-1})}));
    }
    return {{"nodes", nodes}, {"expanded", all["expanded"]}, {"path", all["path"]}};
}

Json puzzle_case(Method method, Heuristic& heuristic, const std::string& start,
                 PuzzleOptions options) {
    const Sliding puzzle(3);
    OneStepQ q(puzzle, heuristic);
    options.record = true;
    const PuzzleResult result = solve(puzzle, method, &heuristic, &q, puzzle.read(start), options);
    Json json;
    json["solved"] = result.solved;
    json["ended"] = result.ended;
    json["actions"] = result.actions;
    json["expanded"] = result.expanded;
    json["reopened"] = result.reopened;
    json["generated"] = result.generated;
    json["evaluations"] = result.evaluations;
    json["nodes"] = result.nodes;
    json["bytes"] = result.bytes;
    json["solutions"] = Json::array();
    for (const auto& [expanded, length] : result.solutions)
        json["solutions"].push_back(Json::array({expanded, length}));
    json["tree"] = tree_of_record(result.record);
    return json;
}

void check_puzzle_method(Method method, const std::string& name) {
    const Sliding puzzle(3);
    LowerBound manhattan(puzzle);
    JumpingBound jumping(puzzle);
    const std::string near = "4 1 3 8 0 5 2 7 6", far = "8 6 7 2 5 4 3 0 1",
                      middle = "7 4 6 1 0 3 5 8 2";
    Json cases;
    const auto add = [&](const char* title, Heuristic& h, const std::string& start,
                         const std::function<void(PuzzleOptions&)>& set) {
        PuzzleOptions options;
        set(options);
        cases[title] = puzzle_case(method, h, start, options);
    };
    add("the goal itself", manhattan, "1 2 3 4 5 6 7 8 0", [](PuzzleOptions&) {});
    add("near", manhattan, near,
        [](PuzzleOptions& o) { o.nodes = 400, o.shared.width = 10, o.shared.samples = 4; });
    add("far, few nodes", manhattan, far,
        [](PuzzleOptions& o) { o.nodes = 60, o.shared.width = 5, o.shared.samples = 2; });
    add("far, few evaluations", manhattan, far,
        [](PuzzleOptions& o) { o.evaluations = 41, o.shared.width = 5, o.shared.samples = 2; });
    add("weight and batch", manhattan, middle, [](PuzzleOptions& o) {
        o.nodes = 300, o.shared.weight = 2, o.shared.batch = 4, o.shared.width = 3,
        o.shared.explore = 0.5, o.shared.samples = 3;
    });
    add("jumping", jumping, middle, [](PuzzleOptions& o) {
        o.nodes = 200, o.shared.width = 20, o.shared.samples = 2, o.seed = 5;
    });
    add("jumping, batch", jumping, near, [](PuzzleOptions& o) {
        o.nodes = 200, o.shared.batch = 7, o.shared.width = 1, o.shared.samples = 2;
    });
    add("anytime", manhattan, middle, [](PuzzleOptions& o) {
        o.nodes = 150, o.shared.weight = 3, o.shared.samples = 6, o.seed = 9, o.anytime = true;
    });
    tests::check_golden("puzzle_" + name + ".json", cases);
}

} // namespace

TEST_CASE("golden: greedy over states") { check_puzzle_method(Method::greedy, "greedy"); }
TEST_CASE("golden: best of N over states") { check_puzzle_method(Method::best_of_n, "best_of_n"); }
TEST_CASE("golden: beam over states") { check_puzzle_method(Method::beam, "beam"); }
TEST_CASE("golden: MCTS over states") { check_puzzle_method(Method::mcts, "mcts"); }
TEST_CASE("golden: A* over states") { check_puzzle_method(Method::astar, "astar"); }
TEST_CASE("golden: Q* over states") { check_puzzle_method(Method::qstar, "qstar"); }
