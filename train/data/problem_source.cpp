#include "train/data/problem_source.h"

#include "engine/base/error.h"
#include "search/worlds/make_world.h"
#include "search/worlds/words/gsm8k.h"
#include "train/data/corpus_options.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

namespace qstar::train {

ProblemSource problem_source_of(const CorpusOptions& options, bool warm) {
    ProblemSource source = options.teaching().source(options.experts, warm);
    source.world = search::make_world(options.world);
    for (const std::string& text : options.pupils) change(source.pupils, text);
    return source;
}

namespace {

using Sides = std::map<Split, std::vector<std::string>>;

const std::vector<std::string>& side_of_file(const Sides& listed, Split split,
                                             const std::string& file) {
    const auto side = listed.find(split);
    if (side == listed.end()) fail("{}: no problem belongs to the {} split", file, name_of(split));
    return side->second;
}

// Problems that people wrote, without a class that solves them.
ProblemSource source_of_file(const std::string& run) {
    const std::string file = search::problems_file(run);
    const std::vector<search::WordProblem> problems = search::read_word_problems(file);
    ProblemSource source;
    source.world = std::make_unique<search::Gsm8k>(problems, file);
    std::set<std::string> seen;
    for (const search::WordProblem& problem : problems)
        if (seen.insert(problem.question).second)
            source.listed[split_of(problem.question)].push_back(problem.question);
    source.draw = [file, listed = source.listed](Split split, Random& random) {
        const std::vector<std::string>& side = side_of_file(listed, split, file);
        return side[random.below(side.size())];
    };
    return source;
}

} // namespace

ProblemSource problem_source_of(const std::string& run, int min_operands) {
    if (search::has_problems(run)) return source_of_file(run);
    CorpusOptions options = corpus_options_of(run);
    if (min_operands > 0) {
        options.teaching().set_fewest_operands(min_operands);
        check(options);
    }
    return problem_source_of(options);
}

std::vector<std::string> draw_problems(const ProblemSource& room, Split split, int64_t count,
                                       uint64_t seed) {
    const auto side = room.listed.find(split);
    if (side == room.listed.end()) return draw_different(room.draw, split, count, seed);
    // Drawn one by one until all have come, the last of thousands would hardly be found.
    std::vector<std::string> problems = side->second;
    Random random(seed, "problems/" + std::string(name_of(split)));
    const size_t taken = std::min(problems.size(), static_cast<size_t>(count));
    for (size_t i = 0; i < taken; ++i)
        std::swap(problems[i], problems[i + random.below(problems.size() - i)]);
    problems.resize(taken);
    return problems;
}

} // namespace qstar::train
