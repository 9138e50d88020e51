#include "search/models/ensemble_scorer.h"

#include "engine/base/error.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace qstar::search {

ScorerName scorer_named(std::string_view name) {
    ScorerName of;
    for (const auto& [word, bound] :
         {std::pair("least:", Bound::least), std::pair("spread:", Bound::spread)}) {
        const std::string_view before = word;
        if (!name.starts_with(before)) continue;
        of.bound = bound;
        name.remove_prefix(before.size());
        break;
    }
    if (!of.bound) {
        of.stages.emplace_back(name);
        return of;
    }
    for (size_t begin = 0; begin <= name.size();) {
        const size_t end = std::min(name.find('+', begin), name.size());
        of.stages.emplace_back(name.substr(begin, end - begin));
        begin = end + 1;
    }
    for (const std::string& stage : of.stages)
        if (stage.empty())
            fail("an ensemble's scorers: expected stages as in least:orm+orm-2, found \"{}\"",
                 name);
    return of;
}

float bound_of(Bound bound, const std::vector<float>& scores) {
    if (scores.empty()) fail("an ensemble of no scores");
    if (bound == Bound::least) return *std::min_element(scores.begin(), scores.end());
    double sum = 0, squares = 0;
    const auto n = static_cast<double>(scores.size());
    for (const float score : scores) sum += double{score};
    const double mean = sum / n;
    for (const float score : scores) squares += (double{score} - mean) * (double{score} - mean);
    return static_cast<float>(std::max(0.0, mean - std::sqrt(squares / n)));
}

EnsembleScorer::EnsembleScorer(Bound bound, std::vector<Scorer*> members, const std::string& name)
    : bound_(bound), members_(std::move(members)) {
    if (members_.empty()) fail("{}: an ensemble of no scorers", name);
    for (const Scorer* member : members_)
        if (member->reading() != reading())
            fail("{}: its scorers rate steps and whole solutions: expected one of both", name);
}

std::vector<Scores> EnsembleScorer::score(std::span<const Path> paths) {
    std::vector<std::vector<Scores>> by_member;
    for (Scorer* member : members_) by_member.push_back(member->score(paths));
    std::vector<Scores> together = by_member.front();
    std::vector<float> of_step;
    for (size_t i = 0; i < together.size(); ++i) {
        together[i].tokens = 0;
        for (const auto& scores : by_member) together[i].tokens += scores[i].tokens;
        for (size_t step = 0; step < together[i].steps.size(); ++step) {
            of_step.clear();
            for (const auto& scores : by_member) of_step.push_back(scores[i].steps[step]);
            together[i].steps[step] = bound_of(bound_, of_step);
        }
    }
    return together;
}

int64_t EnsembleScorer::score_tokens(const Path& path) const {
    int64_t tokens = 0;
    for (const Scorer* member : members_) tokens += member->score_tokens(path);
    return tokens;
}

std::vector<int> EnsembleScorer::scored_tokens(const Path& path) const {
    std::vector<int> most;
    for (const Scorer* member : members_) {
        std::vector<int> tokens = member->scored_tokens(path);
        if (tokens.size() > most.size()) most = std::move(tokens);
    }
    return most;
}

double EnsembleScorer::score_multiply_adds() const {
    double sum = 0;
    for (const Scorer* member : members_) sum += member->score_multiply_adds();
    return sum;
}

bool EnsembleScorer::on_proposers_trunk() const {
    return std::ranges::all_of(members_, [](const Scorer* s) { return s->on_proposers_trunk(); });
}

} // namespace qstar::search
