#include "train/ranks.h"

#include "engine/error.h"
#include "engine/io/jsonl.h"
#include "train/labels.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

namespace qstar::train {

namespace {

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (size_t i = 0; i < lines.size(); ++i) text += (i == 0 ? "" : "\n") + lines[i];
    return text;
}

std::vector<std::string> solution_field(const JsonLine& line, const char* name) {
    const std::string text = string_field(line, name);
    if (text.empty())
        fail("{}: field \"{}\": expected a solution, found no text", line.where, name);
    return lines_of(text);
}

// Where an output stands in the ranking; it is added if it is new.
size_t place_in(Ranking& ranking, const std::vector<std::string>& output) {
    const auto at = std::find(ranking.outputs.begin(), ranking.outputs.end(), output);
    const auto place = static_cast<size_t>(at - ranking.outputs.begin());
    if (at == ranking.outputs.end()) ranking.outputs.push_back(output);
    return place;
}

} // namespace

Json json_of(const RankedPair& pair) {
    return {{"prompt", pair.problem},
            {"chosen", joined(pair.chosen)},
            {"rejected", joined(pair.rejected)}};
}

std::vector<RankedPair> read_ranks(const std::string& path) {
    std::vector<RankedPair> pairs;
    for (const JsonLine& line : read_jsonl(path)) {
        RankedPair pair{string_field(line, "prompt"), solution_field(line, "chosen"),
                        solution_field(line, "rejected")};
        if (pair.problem.empty()) fail("{}: field \"prompt\": expected a problem", line.where);
        if (pair.chosen == pair.rejected)
            fail("{}: expected two different solutions, but chosen and rejected are the same",
                 line.where);
        pairs.push_back(std::move(pair));
    }
    return pairs;
}

std::vector<Ranking> rankings_of(std::span<const RankedPair> pairs) {
    std::vector<Ranking> rankings;
    for (const RankedPair& pair : pairs) {
        if (rankings.empty() || rankings.back().problem != pair.problem)
            rankings.push_back({pair.problem, {}, {}});
        Ranking& ranking = rankings.back();
        const size_t better = place_in(ranking, pair.chosen);
        ranking.pairs.emplace_back(better, place_in(ranking, pair.rejected));
    }
    return rankings;
}

std::vector<RankedPair> pairs_of(const std::string& problem,
                                 std::span<const std::vector<std::string>> outputs,
                                 std::span<const int> places) {
    std::vector<size_t> best_first(outputs.size());
    std::iota(best_first.begin(), best_first.end(), size_t{0});
    std::stable_sort(best_first.begin(), best_first.end(),
                     [&](size_t a, size_t b) { return places[a] < places[b]; });
    std::vector<RankedPair> pairs;
    for (size_t a = 0; a < best_first.size(); ++a)
        for (size_t b = a + 1; b < best_first.size(); ++b)
            if (places[best_first[a]] < places[best_first[b]])
                pairs.push_back({problem, outputs[best_first[a]], outputs[best_first[b]]});
    return pairs;
}

} // namespace qstar::train
