#include "eval/studies/early_stop.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "eval/measure/study.h"
#include "eval/measure/table.h"

#include <algorithm>
#include <fmt/core.h>

namespace qstar::eval {

StopRow stop_below(std::span<const Pool> pools, double threshold, int64_t samples) {
    StopRow row;
    row.threshold = threshold;
    double tokens = 0, stopped = 0, written = 0;
    for (const Pool& pool : pools) {
        const PoolSample* best = nullptr; // of those written to the end
        double best_score = -1;
        const PoolSample* spared = nullptr; // of those given up, the least bad
        double spared_score = -1;
        int64_t spared_rest = 0; // its tokens that were not written
        tokens += static_cast<double>(pool.prompt_tokens);
        const auto count = std::min(pool.samples.size(), static_cast<size_t>(samples));
        for (const PoolSample& sample : std::span(pool.samples).first(count)) {
            // One without an end was never scored; it costs what it wrote.
            const bool scored = !sample.scores.empty() && !sample.scores[0].empty();
            int64_t steps = 0, rest = 0;
            double weakest = 1;
            bool given_up = false;
            for (size_t i = 0; i < sample.step_tokens.size(); ++i) {
                if (given_up) {
                    rest += sample.step_tokens[i];
                    continue;
                }
                steps += sample.step_tokens[i];
                if (!scored) continue;
                weakest = std::min(weakest, static_cast<double>(sample.scores[0][i]));
                given_up = weakest < threshold && i + 1 < sample.step_tokens.size();
            }
            tokens += static_cast<double>(scored ? pool.prompt_tokens + 2 * steps : steps);
            written += 1;
            stopped += given_up;
            if (given_up && weakest > spared_score) {
                spared = &sample;
                spared_score = weakest;
                spared_rest = rest;
            }
            if (!given_up && scored && weakest > best_score) {
                best = &sample;
                best_score = weakest;
            }
        }
        if (best == nullptr && spared != nullptr) {
            best = spared;
            tokens += static_cast<double>(spared_rest);
        }
        row.solved += best != nullptr && best->right;
        ++row.n;
    }
    row.interval = wilson(row.solved, row.n);
    row.tokens = row.n > 0 ? tokens / static_cast<double>(row.n) : 0;
    row.stopped = written > 0 ? stopped / written : 0;
    return row;
}

Table table_of(std::span<const StopRow> rows) {
    Table table({{"threshold", "threshold", Column::Kind::number, 2},
                 {"", "solved", Column::Kind::share},
                 {"tokens", "tokens"},
                 {"", "tokens saved"},
                 {"stopped", "given up"}});
    for (const StopRow& row : rows)
        table.add({row.threshold, Share{row.solved, row.n}, row.tokens,
                   Percent{1 - row.tokens / rows[0].tokens}, Percent{row.stopped}});
    return table;
}

std::string markdown(std::span<const StopRow> rows, const EarlyStopOptions& options) {
    const PoolOptions& pool = options.pool;
    return fmt::format(
               "Best of {} by {} (minimum); a solution is given up after a step that scores below "
               "the threshold. {} held-out problems of the {} split, seed {}, policy {}, "
               "temperature {}. 95 % intervals after Wilson. Tokens: model tokens a problem, "
               "written, and read once by the PRM.\n\n",
               pool.samples, pool.scorers[0], pool.problems, pool.split, pool.seed, pool.policy,
               pool.temperature) +
           table_of(rows).markdown();
}

void describe(Flags& f, EarlyStopOptions& o) {
    describe(f, o.pool);
    f.list("scorer", o.pool.scorers, "stage of the PRM");
    f.list("thresholds", o.thresholds, 0, 1, "of a step's score: 0.1,0.3");
}

void early_stop(const EarlyStopOptions& options) {
    if (options.pool.scorers.size() != 1)
        fail("--scorers: expected one PRM, found {}", options.pool.scorers.size());
    EarlyStopOptions with = options;
    with.thresholds.insert(with.thresholds.begin(), 0); // what all others are compared to
    with.thresholds.erase(std::unique(with.thresholds.begin(), with.thresholds.end()),
                          with.thresholds.end());
    check(flags_of(with));
    const std::vector<Pool> pools = draw_pools(with.pool);
    std::vector<StopRow> rows;
    for (const double threshold : with.thresholds)
        rows.push_back(stop_below(pools, threshold, with.pool.samples));
    write_study(join_path(options.pool.run, "early-stop"), with, {{"rows", table_of(rows).json()}},
                markdown(rows, with));
}

} // namespace qstar::eval
