#include "train/data/ranks.h"

#include "engine/base/error.h"
#include "engine/text/joined.h"
#include "engine/text/json.h"
#include "engine/text/jsonl.h"
#include "train/data/texts.h"

#include <algorithm>
#include <numeric>

namespace qstar::train {

namespace {

std::string key_of_steps(const char* name) { return std::string(name) + "_steps"; }

// The problem that a pair without a prompt begins with, taken from both texts.
std::string implied_problem(const JsonLine& line, RankedPair& pair) {
    const bool same = pair.chosen.front() == pair.rejected.front();
    if (!same || pair.chosen.size() < 2 || pair.rejected.size() < 2)
        fail("{}: field \"prompt\": expected a problem, found nothing, and chosen and rejected do "
             "not begin with one line, the problem, before their solutions",
             line.where);
    std::string problem = pair.chosen.front();
    pair.chosen.erase(pair.chosen.begin());
    pair.rejected.erase(pair.rejected.begin());
    return problem;
}

RankedPair pair_of(const JsonLine& line) {
    RankedPair pair;
    pair.where = line.where;
    if (has_field(line, "prompt")) pair.problem = problem_field(line, "prompt");
    for (const char* name : {"chosen", "rejected"}) {
        std::vector<std::string>& steps = name[0] == 'c' ? pair.chosen : pair.rejected;
        if (has_field(line, key_of_steps(name))) {
            steps = strings_field(line, key_of_steps(name));
            continue;
        }
        const Answered answered = answered_field(line, name);
        steps = lines_of(answered.solution);
        if (answered.problem.empty()) continue;
        if (pair.problem.empty()) pair.problem = answered.problem;
        if (pair.problem != answered.problem)
            fail("{}: field \"{}\": expected the answer to \"{}\", found one to \"{}\"", line.where,
                 name, pair.problem, answered.problem);
    }
    if (pair.problem.empty()) pair.problem = implied_problem(line, pair);
    if (pair.chosen == pair.rejected)
        fail("{}: expected two different solutions, but chosen and rejected are the same",
             line.where);
    return pair;
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
    const std::string chosen = joined(pair.chosen, "\n"), rejected = joined(pair.rejected, "\n");
    Json json{{"prompt", pair.problem}, {"chosen", chosen}, {"rejected", rejected}};
    if (!reads_back(pair.chosen)) json[key_of_steps("chosen")] = pair.chosen;
    if (!reads_back(pair.rejected)) json[key_of_steps("rejected")] = pair.rejected;
    return json;
}

std::vector<RankedPair> read_ranks(const std::string& path, BadLines& bad) {
    std::vector<RankedPair> pairs;
    read_jsonl(path, bad, [&](const JsonLine& line) { pairs.push_back(pair_of(line)); });
    return pairs;
}

std::vector<RankedPair> read_ranks(const std::string& path) {
    return read_strictly<std::vector<RankedPair>>(path, read_ranks);
}

std::vector<Ranking> rankings_of(std::span<const RankedPair> pairs) {
    std::vector<Ranking> rankings;
    for (const RankedPair& pair : pairs) {
        if (rankings.empty() || rankings.back().problem != pair.problem)
            rankings.push_back({pair.problem, {}, {}, pair.where});
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
