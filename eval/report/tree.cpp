#include "eval/report/tree.h"

#include "engine/text/json.h"

#include <cmath>
#include <vector>

namespace qstar::eval {

namespace {

// Four digits are enough to look at: 0.9, not 0.89999997615814209.
double rounded(double value) { return std::round(value * 1e4) / 1e4; }

} // namespace

Json tree_of(const search::Tree& tree, search::Scorer& scorer, const search::World& world) {
    const Json seen = tree.json();
    const Json& nodes = seen["nodes"];
    std::vector<search::Path> paths;
    for (const Json& node : nodes) {
        if (!node.contains("parent")) {
            paths.push_back({node["state"], {}, false});
            continue;
        }
        search::Path path = paths[node["parent"].get<size_t>()];
        path.steps.push_back(node["state"]);
        path.finished = node["finished"];
        paths.push_back(std::move(path));
    }
    std::vector<int64_t> order(nodes.size(), 0);
    int64_t turn = 0;
    for (const Json& id : seen["expanded"]) {
        ++turn;
        int64_t& first = order[id.get<size_t>()];
        if (first == 0) first = turn;
    }
    std::vector<bool> chosen(nodes.size(), false);
    for (const Json& id : seen["path"]) chosen[id.get<size_t>()] = true;

    Json out = Json::array();
    for (size_t i = 0; i < paths.size(); ++i) {
        Json node{{"parent", -1},
                  {"text", nodes[i]["state"]},
                  {"final", paths[i].finished},
                  {"score", nullptr},
                  {"g", rounded(nodes[i]["g"])},
                  {"f", nodes[i].contains("f") ? Json(rounded(nodes[i]["f"])) : Json()},
                  {"born", 0},
                  {"order", order[i]},
                  {"chosen", bool{chosen[i]}},
                  {"label", 1},
                  {"solved", paths[i].finished && world.solved(paths[i])}};
        if (nodes[i].contains("parent")) {
            const auto parent = nodes[i]["parent"].get<size_t>();
            node["parent"] = parent;
            node["born"] = order[parent];
            node["score"] = rounded(scorer.score({&paths[i], 1})[0].steps.back());
            node["label"] = nullptr;
            if (out[parent]["label"].is_number() && out[parent]["label"] != -1)
                node["label"] = static_cast<int>(
                    world.check_step(paths[parent], paths[i].steps.back(), paths[i].finished));
        }
        out.push_back(std::move(node));
    }
    return out;
}

} // namespace qstar::eval
