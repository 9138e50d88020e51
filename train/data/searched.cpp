#include "train/data/searched.h"

#include "engine/text/jsonl.h"
#include "search/results.h"
#include "train/data/label_steps.h"
#include "train/data/problem_source.h"
#include "train/run/resumable_map.h"

#include <algorithm>

namespace qstar::train {

void describe(Flags& f, SearchFlags& o) {
    f.text("method", o.method, "of the search: astar, beam, best-of-n, majority")
        .offers({"astar", "beam", "best-of-n", "majority"});
    search::search_option(f, "budget", o.budget);
    search::search_option(f, "proposals", o.proposals);
    search::search_option(f, "width", o.width);
    search::search_option(f, "weight", o.weight);
    search::search_option(f, "temperature", o.temperature);
    f.text("aggregate", o.aggregate, "a path's score from its steps': product, minimum, last")
        .offers({"product", "minimum", "last"});
}

void check(const SearchFlags& flags) {
    check(flags_of(flags));
    search::method_named(flags.method);
    search::aggregate_named(flags.aggregate);
}

search::Options options_of(const SearchFlags& flags, const search::World& world) {
    search::Options options;
    options.budget = flags.method == "greedy" ? int64_t{1} << 30 : flags.budget;
    options.shared.samples = static_cast<int>(std::min<int64_t>(flags.budget, 1 << 20));
    options.proposals = static_cast<int>(flags.proposals);
    options.shared.width = static_cast<int>(flags.width);
    options.shared.weight = flags.weight;
    options.temperature = static_cast<float>(flags.temperature);
    search::set_defaults(options, world, search::method_named(flags.method), nullptr,
                         search::aggregate_named(flags.aggregate));
    return options;
}

std::vector<SampledSolution> search_problems(const Stage& stage, uint64_t seed,
                                             std::span<const std::string> problems,
                                             search::Proposer& proposer, search::Scorer* scorer,
                                             const SearchFlags& flags, const search::World& world) {
    constexpr int64_t kChunkProblems = 128;
    const search::Method method = search::method_named(flags.method);
    search::Options with = options_of(flags, world);
    with.stream = seed;
    const std::string path = resumable_map(
        stage, "searched.jsonl", "problems", static_cast<int64_t>(problems.size()), kChunkProblems,
        [&](int64_t first, int64_t count) {
            const auto these =
                problems.subspan(static_cast<size_t>(first), static_cast<size_t>(count));
            std::vector<Json> lines;
            const auto results = search::solve(these, method, proposer, scorer, with);
            for (size_t i = 0; i < these.size(); ++i)
                lines.push_back(
                    json_of(SampledSolution{these[i], results[i].steps, results[i].finished}));
            return lines;
        });
    return read_solutions(path);
}

bool teachable(const SampledSolution& solution) {
    return solution.finished && !solution.steps.empty() && !any_held_out(solution.steps);
}

double sound_share(std::span<const CuratedItem> items, const search::World& world) {
    double right = 0;
    for (const CuratedItem& item : items)
        right += sound(world, {item.problem, item.solution, true});
    return items.empty() ? 0 : right / static_cast<double>(items.size());
}

std::string write_items(const std::string& path, std::span<const CuratedItem> items) {
    std::vector<Json> lines;
    for (const CuratedItem& item : items)
        lines.push_back({{"problem", item.problem},
                         {"solution", item.solution},
                         {"text", text_of_item(item.problem, item.solution)}});
    write_jsonl(path, lines);
    return path;
}

std::vector<std::string> problems_for(const std::string& run, Split split, int64_t count,
                                      uint64_t seed) {
    return draw_problems(problem_source_of(run), split, count, seed);
}

Json json_of(const DevScore& score) {
    return {{"solved", score.solved}, {"n", score.n}, {"tokens", score.tokens}};
}

DevScore score_on(std::span<const std::string> problems, search::Proposer& proposer,
                  search::Scorer* scorer, const SearchFlags& flags, const search::World& world) {
    const auto results = search::solve(problems, search::method_named(flags.method), proposer,
                                       scorer, options_of(flags, world));
    DevScore score;
    score.n = static_cast<int64_t>(problems.size());
    for (size_t i = 0; i < problems.size(); ++i) {
        score.solved += search::is_right(world, {problems[i], problems[i], {}}, results[i]);
        score.tokens += static_cast<double>(results[i].tokens) / static_cast<double>(score.n);
    }
    return score;
}

DevScore score_greedily(std::span<const std::string> problems, search::Proposer& proposer,
                        const search::World& world) {
    SearchFlags flags;
    flags.method = "greedy";
    return score_on(problems, proposer, nullptr, flags, world);
}

} // namespace qstar::train
