#include "train/preference/comparisons.h"

#include "engine/base/error.h"
#include "search/models/encode.h"
#include "train/data/left_out.h"
#include "train/run/batches.h"

#include <algorithm>
#include <fmt/core.h>
#include <numeric>
#include <utility>

namespace qstar::train {

Comparisons comparisons_of(std::span<const Ranking> rankings, const tokenizer::Tokenizer& tokenizer,
                           int64_t context, const std::string& where) {
    Comparisons compared;
    for (size_t r = 0; r < rankings.size(); ++r) {
        const Ranking& ranking = rankings[r];
        const auto first = static_cast<int>(compared.outputs.size());
        for (const auto& steps : ranking.outputs) {
            Episode output;
            output.path = {ranking.problem, steps, true};
            output.group = static_cast<int>(r);
            output.prompt = static_cast<int>(
                search::encode(tokenizer, {ranking.problem, {}, false}).tokens.size());
            search::EncodedPath encoded = search::encode(tokenizer, output.path);
            output.tokens = std::move(encoded.tokens);
            output.ends = std::move(encoded.ends);
            if (std::ssize(output.tokens) > context)
                fail("{}: a solution of \"{}\" has {} tokens, more than the context of {}", where,
                     ranking.problem, output.tokens.size(), context);
            compared.outputs.push_back(std::move(output));
        }
        for (const auto& [better, worse] : ranking.pairs)
            compared.pairs.push_back({first + static_cast<int>(better),
                                      first + static_cast<int>(worse),
                                      1.0f / static_cast<float>(ranking.pairs.size())});
    }
    return compared;
}

int64_t prompts_in(const Comparisons& compared) {
    return compared.outputs.empty() ? 0 : compared.outputs.back().group + 1;
}

int64_t outputs_before(const Comparisons& compared, int64_t prompt) {
    const auto before = [&](const Episode& output) { return output.group < prompt; };
    return std::partition_point(compared.outputs.begin(), compared.outputs.end(), before) -
           compared.outputs.begin();
}

Comparisons prompts_of(const Comparisons& compared, int64_t first, int64_t count) {
    const auto begin = static_cast<int>(outputs_before(compared, first));
    const auto end = static_cast<int>(outputs_before(compared, first + count));
    Comparisons part{{compared.outputs.begin() + begin, compared.outputs.begin() + end}, {}};
    for (Episode& output : part.outputs) output.group -= static_cast<int>(first);
    for (const Comparisons::Pair& pair : compared.pairs)
        if (pair.better >= begin && pair.better < end)
            part.pairs.push_back({pair.better - begin, pair.worse - begin, pair.weight});
    return part;
}

double weight_of(std::span<const Comparisons::Pair> pairs) {
    double sum = 0;
    for (const Comparisons::Pair& pair : pairs) sum += pair.weight;
    return sum;
}

RankSet read_rank_set(const std::string& file, const StageOptions& options,
                      const std::string& stage, int64_t limit,
                      const tokenizer::Tokenizer& tokenizer, int64_t context) {
    RankSet set;
    BadLines bad(options.skip_bad);
    int64_t used = 0;
    for (Ranking& ranking : rankings_of(read_ranks(file, bad))) {
        if (limit > 0 && used++ >= limit) break;
        const auto check = [&] { // before anything is begun
            comparisons_of({&ranking, 1}, tokenizer, context, ranking.where);
        };
        if (!bad.read(check)) continue;
        auto& part = validation_problem(ranking.problem) ? set.validation_rows : set.train;
        part.push_back(std::move(ranking));
    }
    settle(bad, options, stage, file);
    if (set.train.empty()) fail("{}: no ranks to train on", file);
    return set;
}

std::vector<Ranking> RankSet::batch(std::span<const int64_t> chosen) const {
    std::vector<Ranking> rankings;
    for (const int64_t i : chosen) rankings.push_back(train[static_cast<size_t>(i)]);
    return rankings;
}

std::vector<std::vector<int64_t>> epoch_of_rankings(size_t rankings, int64_t batch, uint64_t seed,
                                                    int64_t epoch) {
    std::vector<int64_t> order(rankings);
    std::iota(order.begin(), order.end(), int64_t{0});
    shuffle(order, Random(seed, fmt::format("ranks/{}", epoch)));
    std::vector<std::vector<int64_t>> batches;
    for (size_t begin = 0; begin < rankings; begin += static_cast<size_t>(batch)) {
        const size_t end = std::min(rankings, begin + static_cast<size_t>(batch));
        batches.emplace_back(order.begin() + static_cast<std::ptrdiff_t>(begin),
                             order.begin() + static_cast<std::ptrdiff_t>(end));
    }
    return batches;
}

} // namespace qstar::train
