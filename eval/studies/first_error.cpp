#include "eval/studies/first_error.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "eval/measure/study.h"
#include "search/worlds/make_world.h"
#include "train/data/label_steps.h"
#include "train/data/problem_source.h"

#include <fmt/core.h>
#include <set>

namespace qstar::eval {

namespace {

// By the verifier, who looks when all is drawn and scored.
WrongSteps verified(const search::World& world, std::span<const Pool> pools) {
    WrongSteps truth;
    for (const Pool& pool : pools) {
        std::set<std::vector<std::string>> known;
        std::vector<int>& errors = truth.emplace_back();
        for (const PoolSample& sample : pool.samples) {
            if (!sample.path.finished || !known.insert(sample.path.steps).second) {
                errors.push_back(-1);
                continue;
            }
            const auto labels =
                train::label_steps(world, {pool.problem, sample.path.steps, true}).labels;
            errors.push_back(static_cast<int>(train::first_wrong_step(labels)));
        }
    }
    return truth;
}

std::string first_error_text(std::span<const FirstErrorRow> rows,
                             const FirstErrorOptions& options) {
    const PoolOptions& pool = options.pool;
    return fmt::format(
               "Different solutions among {} samples of each of {} held-out problems of the {} "
               "split, seed {}, policy {}, temperature {}; a step is named wrong if its score is "
               "below {}. In brackets 95 % intervals (Wilson); F1 is the harmonic mean of both "
               "shares, as ProcessBench has it.\n\n",
               pool.samples, pool.problems, pool.split, pool.seed, pool.policy, pool.temperature,
               options.threshold) +
           table_of(rows).markdown();
}

} // namespace

double FirstErrorRow::f1() const {
    if (named == 0 || passed == 0) return 0;
    const double of_wrong = static_cast<double>(named) / static_cast<double>(erroneous);
    const double of_right = static_cast<double>(passed) / static_cast<double>(flawless);
    return 2 * of_wrong * of_right / (of_wrong + of_right);
}

FirstErrorRow count_first_errors(std::span<const Pool> pools, const WrongSteps& truth, size_t which,
                                 double threshold) {
    FirstErrorRow row;
    for (size_t p = 0; p < pools.size(); ++p) {
        for (size_t s = 0; s < pools[p].samples.size(); ++s) {
            const int error = truth[p][s];
            if (error < 0) continue;
            const std::vector<float>& scores = pools[p].samples[s].scores[which];
            int named = 0;
            for (size_t i = 0; i < scores.size() && named == 0; ++i)
                if (scores[i] < threshold) named = static_cast<int>(i) + 1;
            ++(error > 0 ? row.erroneous : row.flawless);
            if (named == error) ++(error > 0 ? row.named : row.passed);
        }
    }
    return row;
}

Table table_of(std::span<const FirstErrorRow> rows) {
    Table table({{"scorer", "PRM", Column::Kind::text},
                 {"erroneous", "with an error"},
                 {"named", "first error named", Column::Kind::share_in_one},
                 {"flawless", "without one"},
                 {"passed", "passed", Column::Kind::share_in_one},
                 {"f1", "F1", Column::Kind::number, 3}});
    for (const FirstErrorRow& row : rows)
        table.add({row.scorer, row.erroneous, Share{row.named, row.erroneous}, row.flawless,
                   Share{row.passed, row.flawless}, row.f1()});
    return table;
}

void describe(Flags& f, FirstErrorOptions& o) {
    describe(f, o.pool);
    f.list("scorers", o.pool.scorers, "stages of PRMs, a row each: prm,prm-rollout");
    f.number("threshold", o.threshold, 0, 1, "a step that scores below is named wrong");
}

void first_error(const FirstErrorOptions& options) {
    check(flags_of(options));
    if (options.pool.scorers.empty()) fail("--scorers: expected a PRM, found none");
    const std::vector<Pool> pools = draw_pools(options.pool);
    const auto world = search::make_world(train::world_of(options.pool.run));
    const WrongSteps truth = verified(*world, pools);
    std::vector<FirstErrorRow> rows;
    for (size_t i = 0; i < options.pool.scorers.size(); ++i) {
        rows.push_back(count_first_errors(pools, truth, i, options.threshold));
        rows.back().scorer = options.pool.scorers[i];
    }
    write_study(join_path(options.pool.run, "first-error"), options,
                {{"rows", table_of(rows).json()}}, first_error_text(rows, options));
}

} // namespace qstar::eval
