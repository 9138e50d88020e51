#include "search/models/tree.h"

#include "engine/text/json.h"

#include <algorithm>

namespace qstar::search {

int64_t Tree::at(const Path& path) {
    if (nodes_.empty()) nodes_.push_back({path.problem, -1, false, 0, {}, {}});
    int64_t node = 0;
    for (size_t i = 0; i < path.steps.size(); ++i) {
        const bool finished = path.finished && i + 1 == path.steps.size();
        const auto [child, is_new] = children_.try_emplace(
            {node, path.steps[i] + (finished ? "\n" : "")}, static_cast<int64_t>(nodes_.size()));
        if (is_new) nodes_.push_back({path.steps[i], node, finished, 0, {}, {}});
        node = child->second;
    }
    return node;
}

void Tree::observe(const SearchEvent& event) {
    const int64_t id = at(event.path);
    Node& node = nodes_[static_cast<size_t>(id)];
    switch (event.what) {
    case SearchEvent::What::opened: // a solution that is scored later is seen twice
        if (event.log_prob != 0) node.g = -event.log_prob;
        if (event.score) node.score = event.score;
        if (event.f) node.f = event.f;
        break;
    case SearchEvent::What::expanded:
        expanded_.push_back(id);
        break;
    case SearchEvent::What::chosen:
        path_.clear();
        for (int64_t up = id; up >= 0; up = nodes_[static_cast<size_t>(up)].parent)
            path_.push_back(up);
        std::reverse(path_.begin(), path_.end());
        break;
    }
}

Json Tree::json() const {
    Json nodes = Json::array();
    for (size_t id = 0; id < nodes_.size(); ++id) {
        const Node& node = nodes_[id];
        Json line{{"id", id}, {"state", node.line}, {"g", node.g}, {"finished", node.finished}};
        if (node.score) line["score"] = *node.score;
        if (node.f) line["f"] = *node.f;
        if (node.parent >= 0) line["parent"] = node.parent;
        nodes.push_back(std::move(line));
    }
    return {{"nodes", nodes}, {"expanded", expanded_}, {"path", path_}};
}

} // namespace qstar::search
