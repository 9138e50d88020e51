#include "search/models/meter.h"

#include <algorithm>
#include <cmath>

namespace qstar::search {

Meter::Meter(Proposer& proposer, Scorer* scorer, const Options& options, Result& result)
    : proposer_(proposer), scorer_(scorer), options_(options), result_(result),
      begin_(std::chrono::steady_clock::now()) {}

bool Meter::spent() {
    if (left() <= 0) result_.ended = "tokens";
    if (options_.seconds > 0) {
        const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin_;
        if (passed.count() >= options_.seconds) result_.ended = "seconds";
    }
    return !result_.ended.empty();
}

std::vector<Proposals> Meter::propose(std::vector<ProposeRequest>& requests) {
    // What the first k requests cost: their prefixes, and each further draw of all of them.
    const double share = scorer_ == nullptr ? 0 : drawn_ > 0 ? rated_ / drawn_ : 1;
    double prefixes = 0, draws = 0;
    std::vector<int64_t> prefix;
    for (const ProposeRequest& request : requests) {
        prefix.push_back(proposer_.prefix_tokens(request.path));
        const auto length = static_cast<double>(prefix.back());
        const double step = drawn_ > 0 ? drawn_tokens_ / drawn_ : length;
        const double draw = step + share * (length + step);
        if (prefixes + length + draws + draw > static_cast<double>(left())) {
            prefix.pop_back();
            break;
        }
        prefixes += length;
        draws += draw;
    }
    requests.resize(prefix.size());
    if (requests.empty()) {
        result_.ended = "tokens";
        return {};
    }
    const double rest = static_cast<double>(left()) - prefixes;
    for (size_t i = 0; i < requests.size(); ++i) {
        ProposeRequest& request = requests[i];
        if (static_cast<double>(request.samples) * draws > rest)
            request.samples = static_cast<int>(rest / draws);
        request.limit =
            prefix[i] + static_cast<int64_t>(rest) / static_cast<int64_t>(requests.size());
        request.calculator = options_.calculator;
    }
    std::vector<Proposals> all = proposer_.propose(requests);
    for (size_t i = 0; i < all.size(); ++i) {
        result_.tokens += all[i].tokens;
        result_.generated += all[i].generated;
        drawn_ += all[i].generated;
        drawn_tokens_ += static_cast<double>(std::max<int64_t>(0, all[i].tokens - prefix[i]));
    }
    return all;
}

std::vector<Solution> Meter::complete(ProposeRequest request) {
    request.limit = left();
    request.calculator = options_.calculator;
    std::vector<Solution> solutions = std::move(proposer_.complete({&request, 1})[0]);
    for (const Solution& solution : solutions) result_.tokens += solution.tokens;
    return solutions;
}

std::vector<Rating> Meter::score(std::span<const Path> paths, Aggregate how) {
    std::vector<Rating> ratings(paths.size());
    rated_ += static_cast<double>(paths.size());
    size_t paid = 0;
    for (int64_t rest = left(); paid < paths.size(); ++paid)
        if ((rest -= scorer_->score_tokens(paths[paid])) < 0) break;
    if (paid == 0) return ratings;
    std::vector<Scores> scores = scorer_->score(paths.first(paid));
    for (size_t i = 0; i < paid; ++i) {
        result_.tokens += scores[i].tokens;
        ratings[i].score = aggregate(how, scores[i].steps);
        ratings[i].steps = std::move(scores[i].steps);
    }
    return ratings;
}

int64_t Meter::solutions(const Path& problem, int64_t drawn) const {
    const auto rest = static_cast<double>(left());
    if (drawn > 0)
        return static_cast<int64_t>(rest * static_cast<double>(drawn) /
                                    static_cast<double>(std::max<int64_t>(1, result_.tokens)));
    // A solution is taken to be twice as long as its problem.
    const auto prefix = static_cast<double>(proposer_.prefix_tokens(problem));
    const double each = 2 * prefix + (scorer_ == nullptr ? 0 : 3 * prefix);
    return std::max<int64_t>(1, static_cast<int64_t>((rest - prefix) / each));
}

} // namespace qstar::search
