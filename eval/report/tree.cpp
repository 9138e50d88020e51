#include "eval/report/tree.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace qstar::eval {

std::vector<search::Proposals>
Listener::propose(std::span<const search::ProposeRequest> requests) {
    std::vector<search::Proposals> drawn = proposer_.propose(requests);
    for (size_t i = 0; i < requests.size(); ++i)
        expansions_.push_back({requests[i].path, drawn[i]});
    return drawn;
}

std::vector<std::vector<search::Solution>>
Listener::complete(std::span<const search::ProposeRequest> requests) {
    return proposer_.complete(requests);
}

std::vector<search::Scores> Listener::score(std::span<const search::Path> paths) {
    std::vector<search::Scores> scores = scorer_.score(paths);
    for (size_t i = 0; i < paths.size(); ++i)
        scores_[{paths[i].steps, paths[i].finished}] = scores[i].steps;
    return scores;
}

const std::vector<float>* Listener::scores(const search::Path& path) const {
    const auto found = scores_.find({path.steps, path.finished});
    return found == scores_.end() ? nullptr : &found->second;
}

namespace {

// A float as JSON should have it: 0.9, not 0.89999997615814209.
double rounded(double value) { return std::round(value * 1e4) / 1e4; }

bool lies_on(const search::Path& path, const search::Result& result) {
    if (path.steps.size() > result.steps.size()) return false;
    const bool ends = path.steps.size() == result.steps.size();
    return std::equal(path.steps.begin(), path.steps.end(), result.steps.begin()) &&
           (!ends || path.finished == result.finished);
}

} // namespace

Json tree_of(const Listener& listener, const search::Result& result, const std::string& problem,
             const search::Options& options, const search::World& world) {
    struct Node {
        search::Path path;
        double g = 0;
    };
    std::vector<Node> nodes{{{problem, {}, false}, 0}};
    Json out = Json::array();
    out.push_back({{"parent", -1}, {"text", problem}, {"final", false}, {"g", 0.0}, {"h", 0.0},
                   {"f", 0.0}, {"born", 0}, {"order", 0}, {"chosen", true}, {"label", 1}});
    const auto find = [&](const search::Path& path) {
        for (size_t i = 0; i < nodes.size(); ++i)
            if (nodes[i].path == path) return i;
        return nodes.size();
    };
    for (size_t turn = 0; turn < listener.expansions().size(); ++turn) {
        const Expansion& expansion = listener.expansions()[turn];
        const size_t parent = find(expansion.path);
        if (parent == nodes.size()) continue; // a path that was not opened here: not A*'s
        if (out[parent]["order"] == 0) out[parent]["order"] = turn + 1;
        for (const search::Proposal& step : expansion.drawn.steps) {
            Node node = nodes[parent];
            node.path.steps.push_back(step.text);
            node.path.finished = step.final;
            if (find(node.path) != nodes.size()) continue; // drawn before
            node.g += options.step_cost == search::StepCost::unit
                          ? 1
                          : std::max(0.0, -static_cast<double>(step.log_prob));
            const std::vector<float>* scores = listener.scores(node.path);
            const double all = scores == nullptr ? 1 : aggregate(options.aggregate, *scores);
            const double h = -std::log(std::max(all, 1e-30));
            const auto label = world.check_step(nodes[parent].path, step.text, step.final);
            out.push_back({{"parent", parent},
                           {"text", step.text},
                           {"final", step.final},
                           {"log_prob", rounded(step.log_prob)},
                           {"count", step.count},
                           {"score", scores == nullptr ? Json() : Json(rounded(scores->back()))},
                           {"g", rounded(node.g)},
                           {"h", rounded(h)},
                           {"f", rounded(node.g + options.weight * h)},
                           {"born", turn + 1},
                           {"order", 0},
                           {"chosen", lies_on(node.path, result)},
                           {"label", static_cast<int>(label)}});
            nodes.push_back(std::move(node));
        }
    }
    return out;
}

} // namespace qstar::eval
