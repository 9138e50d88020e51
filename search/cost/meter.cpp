#include "search/cost/meter.h"

#include <algorithm>
#include <cmath>

namespace qstar::search {

Meter::Meter(Proposer& proposer, Scorer* scorer, const Options& options, Result& result)
    : proposer_(proposer), scorer_(scorer), options_(options), result_(result),
      begin_(std::chrono::steady_clock::now()) {
    if (scorer != nullptr)
        scorer_weight_ = scorer->score_multiply_adds() / proposer.multiply_adds();
}

bool Meter::spent() {
    if (left() <= 0) result_.ended = "tokens";
    if (options_.shared.seconds > 0) {
        const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin_;
        if (passed.count() >= options_.shared.seconds) result_.ended = "seconds";
    }
    return !result_.ended.empty();
}

double Meter::price_of_prefix(const Path& path, int64_t length) const {
    return static_cast<double>(by_evaluated() ? by_policy_.unread(proposer_.tokens_of(path))
                                              : length);
}

double Meter::price_of_score(const Path& path) const {
    if (!by_evaluated()) return static_cast<double>(scorer_->score_tokens(path));
    const std::vector<int> tokens = scorer_->scored_tokens(path);
    const double trunk =
        scorer_->on_proposers_trunk() ? static_cast<double>(by_policy_.unread(tokens)) : 0;
    return trunk + scorer_weight_ * static_cast<double>(by_scorer_.unread(tokens));
}

void Meter::read_by_policy(std::span<const int> tokens) {
    result_.evaluated += static_cast<double>(by_policy_.read(tokens));
}

void Meter::read_by_scorer(const Path& path) {
    const std::vector<int> tokens = scorer_->scored_tokens(path);
    if (scorer_->on_proposers_trunk()) read_by_policy(tokens);
    result_.evaluated += scorer_weight_ * static_cast<double>(by_scorer_.read(tokens));
}

std::vector<Proposals> Meter::propose(std::vector<ProposeRequest>& requests) {
    // What the first k requests cost: their prefixes, and each further draw of all of them.
    const double share = scorer_ == nullptr ? 0 : drawn_ > 0 ? rated_ / drawn_ : 1;
    double prefixes = 0, draws = 0;
    std::vector<int64_t> length; // of the prefixes
    std::vector<double> price;   // of them
    for (const ProposeRequest& request : requests) {
        length.push_back(proposer_.prefix_tokens(request.path));
        price.push_back(price_of_prefix(request.path, length.back()));
        const auto all = static_cast<double>(length.back());
        const double step = drawn_ > 0 ? drawn_tokens_ / drawn_ : all;
        // Of what is evaluated, the path before the step is rated already.
        const double rating = by_evaluated() ? scorer_weight_ * step : all + step;
        const double draw = step + share * rating;
        if (prefixes + price.back() + draws + draw > left()) {
            length.pop_back();
            price.pop_back();
            break;
        }
        prefixes += price.back();
        draws += draw;
    }
    requests.resize(length.size());
    if (requests.empty()) {
        result_.ended = "tokens";
        return {};
    }
    const double rest = left() - prefixes;
    for (size_t i = 0; i < requests.size(); ++i) {
        ProposeRequest& request = requests[i];
        if (static_cast<double>(request.samples) * draws > rest)
            request.samples = static_cast<int>(rest / draws);
        // Draws read anew never cost less than they do evaluated.
        request.limit =
            length[i] + static_cast<int64_t>(rest) / static_cast<int64_t>(requests.size());
        request.calculator = options_.calculator;
    }
    std::vector<Proposals> all = proposer_.propose(requests);
    for (size_t i = 0; i < all.size(); ++i) {
        const double before = spent_tokens();
        result_.tokens += all[i].tokens;
        result_.generated += all[i].generated;
        for (const std::vector<int>& tokens : all[i].read) read_by_policy(tokens);
        drawn_ += all[i].generated;
        drawn_tokens_ += std::max(0.0, spent_tokens() - before - price[i]);
    }
    return all;
}

std::vector<Solution> Meter::complete(ProposeRequest request) {
    const int64_t length = proposer_.prefix_tokens(request.path);
    request.limit = static_cast<int64_t>(left());
    if (by_evaluated())
        request.limit += length - static_cast<int64_t>(price_of_prefix(request.path, length));
    request.calculator = options_.calculator;
    std::vector<Solution> solutions = std::move(proposer_.complete({&request, 1})[0]);
    for (const Solution& solution : solutions) {
        result_.tokens += solution.tokens;
        read_by_policy(solution.read);
    }
    return solutions;
}

std::vector<Rating> Meter::score(std::span<const Path> paths, Aggregate how) {
    std::vector<Rating> ratings(paths.size());
    rated_ += static_cast<double>(paths.size());
    size_t paid = 0;
    if (by_evaluated()) {
        for (; paid < paths.size() && price_of_score(paths[paid]) <= left(); ++paid)
            read_by_scorer(paths[paid]);
    } else {
        for (double rest = left(); paid < paths.size(); ++paid)
            if ((rest -= price_of_score(paths[paid])) < 0) break;
        for (const Path& path : paths.first(paid)) read_by_scorer(path);
    }
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
    const double rest = left();
    if (drawn > 0)
        return static_cast<int64_t>(rest * static_cast<double>(drawn) /
                                    std::max(1.0, spent_tokens()));
    // A solution is taken to be twice as long as its problem.
    const auto prefix = static_cast<double>(proposer_.prefix_tokens(problem));
    const double each = 2 * prefix + (scorer_ == nullptr ? 0 : 3 * prefix);
    return std::max<int64_t>(1, static_cast<int64_t>((rest - prefix) / each));
}

} // namespace qstar::search
