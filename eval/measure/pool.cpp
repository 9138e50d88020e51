#include "eval/measure/pool.h"

#include "engine/base/error.h"
#include "engine/base/random.h"
#include "engine/base/range.h"
#include "engine/io/progress.h"
#include "engine/run/run_folder.h"
#include "engine/text/jsonl.h"
#include "eval/measure/measure.h"
#include "eval/measure/overlap.h"
#include "search/models/encode.h"
#include "search/models/stage_models.h"
#include "search/worlds/make_world.h"
#include "train/data/problem_source.h"
#include "train/data/searched.h"

#include <algorithm>
#include <map>

namespace qstar::eval {

namespace {

constexpr int64_t kChunkProblems = 16; // drawn and scored together

// Equal solutions of a problem are scored once.
void score(search::Scorer& scorer, Pool& pool) {
    std::vector<search::Path> paths;
    std::map<std::vector<std::string>, size_t> known;
    for (const PoolSample& sample : pool.samples)
        if (sample.path.finished && known.try_emplace(sample.path.steps, paths.size()).second)
            paths.push_back(sample.path);
    const auto scores = scorer.score(paths);
    for (PoolSample& sample : pool.samples)
        sample.scores.push_back(sample.path.finished ? scores[known[sample.path.steps]].steps
                                                     : std::vector<float>{});
}

} // namespace

void describe(Flags& f, PoolOptions& o) {
    describe_held_out(f, o);
    f.number("samples", o.samples, 1, 1'000'000, "solutions drawn of each");
    f.number_above("temperature", o.temperature, 0, 100, "of the draws");
    f.text("policy", o.policy, "stage whose model draws");
}

void check(const PoolOptions& options) {
    check(flags_of(options));
    train::held_out_split(options.split);
}

std::vector<Pool> draw_pools(const PoolOptions& options) {
    check(options);
    require_run(options.run);
    const auto problems = train::problems_for(options.run, train::held_out_split(options.split),
                                              options.problems, options.seed);
    check_overlap(options.run, problems);
    return draw_pools(options, problems);
}

std::vector<Pool> draw_pools(const PoolOptions& options, std::span<const std::string> problems) {
    check(options);
    const auto world = search::make_world(train::world_of(options.run));
    search::StageModels models(options.run, options.seed);
    const tokenizer::Tokenizer& tokenizer = models.tokenizer();
    search::Proposer& proposer = models.policy(options.policy);
    const auto scorer_of = [&](const std::string& name) {
        return models.scorer_beside(name, models.file_of(options.policy));
    };
    for (const std::string& name : options.scorers) scorer_of(name); // an error now

    std::vector<Pool> pools;
    const int64_t total = std::ssize(problems);
    Progress progress("pool", total, "problems", 0, options.quiet);
    for (int64_t first = 0; first < total; first += kChunkProblems) {
        const int64_t count = std::min(kChunkProblems, total - first);
        std::vector<search::ProposeRequest> requests;
        for (int64_t i = first; i < first + count; ++i) {
            const std::string& problem = problems[static_cast<size_t>(i)];
            requests.push_back({{problem, {}, false},
                                static_cast<int>(options.samples),
                                static_cast<float>(options.temperature),
                                derive_stream(hash_name("eval/pool"), hash_name(problem))});
        }
        auto drawn = proposer.complete(requests);
        for (size_t i = 0; i < drawn.size(); ++i) {
            Pool pool;
            pool.problem = requests[i].path.problem;
            pool.prompt_tokens =
                static_cast<int64_t>(encode(tokenizer, requests[i].path).tokens.size());
            for (search::Solution& solution : drawn[i]) {
                PoolSample sample;
                sample.path = std::move(solution.path);
                if (sample.path.finished) {
                    sample.answer = world->canonical_answer(sample.path.steps.back());
                    sample.right = world->solved(sample.path);
                }
                int64_t begin = pool.prompt_tokens;
                for (const int end : search::encode(tokenizer, sample.path).ends) {
                    sample.step_tokens.push_back(end + 1 - begin);
                    begin = end + 1;
                }
                pool.samples.push_back(std::move(sample));
            }
            for (const std::string& name : options.scorers) score(*scorer_of(name), pool);
            pools.push_back(std::move(pool));
        }
        progress.update(first + count);
    }
    progress.finish();
    return pools;
}

} // namespace qstar::eval
