#include "eval/studies/best_of_n.h"

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/base/random.h"
#include "engine/base/range.h"
#include "engine/io/files.h"
#include "eval/measure/study.h"
#include "eval/measure/table.h"
#include "search/models/ensemble_scorer.h"
#include "search/models/run.h"
#include "search/problem/vote.h"
#include "train/run/batches.h"
#include "train/run/run.h"

#include <algorithm>
#include <cmath>
#include <fmt/core.h>
#include <map>
#include <numeric>
#include <utility>

namespace qstar::eval {

namespace {

// A sample as a chooser sees it.
struct Vote {
    int answer = -1; // number of the answer among the problem's; -1 without an end
    bool right = false;
    double score = 0;
};

// Whether the sample chosen among the first n of `order` is right. Of equal ones the first
// is taken, as by the search methods.
bool chosen_is_right(const Chooser& chooser, std::span<const Vote> votes,
                     std::span<const int64_t> order) {
    std::vector<double> sums(votes.size()); // by answer
    const Vote* best = nullptr;
    for (const int64_t i : order) {
        const Vote& vote = votes[static_cast<size_t>(i)];
        if (chooser.rule == Chooser::Rule::first) return vote.right;
        if (chooser.rule == Chooser::Rule::any && vote.right) return true;
        if (vote.answer < 0) continue;
        sums[static_cast<size_t>(vote.answer)] +=
            chooser.rule == Chooser::Rule::majority ? 1 : vote.score;
        if (best == nullptr || vote.score > best->score) best = &vote;
    }
    if (best == nullptr || chooser.rule == Chooser::Rule::any) return false;
    if (chooser.rule == Chooser::Rule::best) return best->right;
    if (chooser.rule == Chooser::Rule::majority_of_bests) {
        std::vector<size_t> answers;
        std::vector<double> scores;
        for (const int64_t i : order) {
            const Vote& vote = votes[static_cast<size_t>(i)];
            if (vote.answer < 0) continue;
            answers.push_back(static_cast<size_t>(vote.answer));
            scores.push_back(vote.score);
        }
        const std::vector<int64_t> once(scores.size(), 1);
        const auto shares = search::shares_of_bests(scores, once);
        std::fill(sums.begin(), sums.end(), 0.0);
        for (size_t i = 0; i < shares.size(); ++i) sums[answers[i]] += shares[i];
    }
    const auto sum_of = [&](const Vote& vote) { return sums[static_cast<size_t>(vote.answer)]; };
    const Vote* winner = nullptr;
    for (const int64_t i : order) {
        const Vote& vote = votes[static_cast<size_t>(i)];
        if (vote.answer < 0) continue;
        if (winner == nullptr || sum_of(vote) > sum_of(*winner)) winner = &vote;
    }
    return winner->right;
}

std::vector<Vote> votes_of(const Pool& pool, const Chooser& chooser) {
    std::map<std::string, int> number;
    std::vector<Vote> votes;
    for (const PoolSample& sample : pool.samples) {
        Vote vote;
        if (sample.path.finished) {
            vote.answer = number.try_emplace(sample.answer, number.size()).first->second;
            vote.right = sample.right;
            if (!sample.scores.empty())
                vote.score = search::aggregate(chooser.aggregate, sample.scores[chooser.scorer]);
        }
        votes.push_back(vote);
    }
    return votes;
}

// What the first n of an order cost, in tokens: to write them, and to read each different
// finished one once, as the search's scorer does.
struct Cost {
    double written = 0, read = 0;
};
struct Costs {
    std::vector<int64_t> tokens; // of a sample's steps
    std::vector<size_t> same;    // the first sample with the same solution
    std::vector<bool> finished;
    double prompt = 0;

    explicit Costs(const Pool& pool) : prompt(static_cast<double>(pool.prompt_tokens)) {
        std::map<std::vector<std::string>, size_t> first;
        for (const PoolSample& sample : pool.samples) {
            tokens.push_back(
                std::accumulate(sample.step_tokens.begin(), sample.step_tokens.end(), int64_t{0}));
            same.push_back(first.try_emplace(sample.path.steps, same.size()).first->second);
            finished.push_back(sample.path.finished);
        }
    }
    Cost of(std::span<const int64_t> order) const {
        Cost cost{prompt, 0};
        std::vector<bool> seen(tokens.size(), false);
        for (const int64_t i : order) {
            const auto at = static_cast<size_t>(i);
            cost.written += static_cast<double>(tokens[at]);
            if (!finished[at] || seen[same[at]]) continue;
            seen[same[at]] = true;
            cost.read += prompt + static_cast<double>(tokens[at]);
        }
        return cost;
    }
};

bool reads(const Chooser& chooser) {
    return chooser.rule == Chooser::Rule::best || chooser.rule == Chooser::Rule::weighted ||
           chooser.rule == Chooser::Rule::majority_of_bests;
}

} // namespace

std::vector<Chooser> choosers_for(const std::vector<std::string>& scorers,
                                  const std::vector<search::Reading>& readings) {
    using Rule = Chooser::Rule;
    using search::Aggregate;
    std::vector<Chooser> choosers = {{"one sample", Rule::first}, {"majority", Rule::majority}};
    for (size_t i = 0; i < scorers.size(); ++i) {
        const std::string& name = scorers[i];
        if (readings[i] == search::Reading::each_step) {
            choosers.push_back({name + ", minimum", Rule::best, i, Aggregate::minimum});
            choosers.push_back({name + ", product", Rule::best, i, Aggregate::product});
            choosers.push_back({name + ", weighted vote", Rule::weighted, i, Aggregate::product});
            choosers.push_back(
                {name + ", majority of bests", Rule::majority_of_bests, i, Aggregate::minimum});
        } else {
            choosers.push_back({name, Rule::best, i, Aggregate::last});
            choosers.push_back({name + ", weighted vote", Rule::weighted, i, Aggregate::last});
            choosers.push_back(
                {name + ", majority of bests", Rule::majority_of_bests, i, Aggregate::last});
        }
    }
    choosers.push_back({"any sample right (bound)", Rule::any});
    return choosers;
}

std::vector<CurvePoint> curve_of(std::span<const Pool> pools, std::span<const Chooser> choosers,
                                 std::span<const int64_t> sizes, int64_t shuffles, uint64_t seed) {
    if (pools.empty() || sizes.empty()) return {};
    for (const int64_t n : sizes)
        for (const Pool& pool : pools)
            if (n < 1 || n > static_cast<int64_t>(pool.samples.size()))
                fail("--sizes: N must be within 1 to {}, the samples of a problem, found {}",
                     pool.samples.size(), n);
    const size_t points = choosers.size() * sizes.size();
    std::vector<Costs> costs(pools.begin(), pools.end());
    std::vector<std::vector<std::vector<Vote>>> votes(choosers.size()); // chooser, pool
    for (size_t c = 0; c < choosers.size(); ++c)
        for (const Pool& pool : pools) votes[c].push_back(votes_of(pool, choosers[c]));

    struct Turn { // by point, summed over the problems
        std::vector<double> solved, tokens;
    };
    std::vector<Turn> turns(static_cast<size_t>(shuffles));
    const auto take_turn = [&](size_t turn) {
        std::vector<double> solved(points), tokens(points);
        for (size_t p = 0; p < pools.size(); ++p) {
            std::vector<int64_t> order(pools[p].samples.size());
            std::iota(order.begin(), order.end(), 0);
            train::shuffle(order, Random(seed, fmt::format("eval/best-of-n/{}/{}", turn, p)));
            for (size_t s = 0; s < sizes.size(); ++s) {
                const auto drawn = std::span(order).first(static_cast<size_t>(sizes[s]));
                const Cost all = costs[p].of(drawn), one = costs[p].of(drawn.first(1));
                for (size_t c = 0; c < choosers.size(); ++c) {
                    const size_t point = c * sizes.size() + s;
                    solved[point] += chosen_is_right(choosers[c], votes[c][p], drawn);
                    const bool first = choosers[c].rule == Chooser::Rule::first;
                    tokens[point] +=
                        (first ? one : all).written + (reads(choosers[c]) ? all.read : 0);
                }
            }
        }
        turns[turn] = {std::move(solved), std::move(tokens)};
    };
    engine::parallel_for(shuffles, 1, [&](int64_t begin, int64_t end) {
        for (int64_t turn = begin; turn < end; ++turn) take_turn(static_cast<size_t>(turn));
    });
    std::vector<double> sum(points), squares(points), tokens(points);
    for (const Turn& turn : turns)
        for (size_t i = 0; i < points; ++i) {
            const double share = turn.solved[i] / static_cast<double>(pools.size());
            sum[i] += share;
            squares[i] += share * share;
            tokens[i] += turn.tokens[i];
        }
    std::vector<CurvePoint> curve;
    const auto count = static_cast<double>(shuffles);
    for (size_t i = 0; i < points; ++i) {
        CurvePoint point;
        point.chooser = choosers[i / sizes.size()].name;
        point.n = sizes[i % sizes.size()];
        point.mean = sum[i] / count;
        point.deviation = std::sqrt(std::max(0.0, squares[i] / count - point.mean * point.mean));
        point.tokens = tokens[i] / (count * static_cast<double>(pools.size()));
        const auto problems = static_cast<int64_t>(pools.size());
        point.interval = wilson(std::llround(point.mean * static_cast<double>(problems)), problems);
        curve.push_back(point);
    }
    return curve;
}

Table table_of(std::span<const CurvePoint> curve) {
    Table table({{"method", "chosen by", Column::Kind::text},
                 {"n", "N"},
                 {"", "solved", Column::Kind::share_in_one},
                 {"tokens", ""}});
    for (const CurvePoint& point : curve)
        table.add({point.chooser, point.n, Estimate{point.mean, point.interval, point.deviation},
                   point.tokens});
    return table;
}

std::string markdown(std::span<const CurvePoint> curve, const BestOfNOptions& options) {
    return fmt::format(
               "{} held-out problems of the {} split, seed {}; {} samples of each by {} at "
               "temperature {}, scored once. Share solved in %, mean and standard deviation over "
               "{} shuffles of the samples; in brackets the 95 % interval (Wilson) of the mean, "
               "for the problems are a sample, too. No verifier while choosing.\n\n",
               options.pool.problems, options.pool.split, options.pool.seed, options.pool.samples,
               options.pool.policy, options.pool.temperature, options.shuffles) +
           table_of(curve).markdown_across("N", "solved");
}

void describe(Flags& f, BestOfNOptions& o) {
    describe(f, o.pool);
    f.list("scorers", o.pool.scorers,
           "stages of reward models, or bounds over several: orm,prm,least:orm+orm-2");
    f.list("sizes", o.sizes, 1, static_cast<double>(o.pool.samples), "N: 1,2,4");
    f.number("shuffles", o.shuffles, 1, kMost, "of the samples, for mean and spread");
}

void best_of_n(const BestOfNOptions& options) {
    check(flags_of(options));
    if (options.sizes.empty()) fail("--sizes: expected at least one N");
    const std::vector<Pool> pools = draw_pools(options.pool);
    std::vector<search::Reading> readings;
    for (const std::string& name : options.pool.scorers)
        readings.push_back(search::reading_of(
            train::model_path(options.pool.run, search::scorer_named(name).stages.front())));
    const auto curve = curve_of(pools, choosers_for(options.pool.scorers, readings), options.sizes,
                                options.shuffles, options.pool.seed);
    write_study(join_path(options.pool.run, "best-of-n"), options,
                {{"rows", table_of(curve).json()}}, markdown(curve, options));
}

} // namespace qstar::eval
