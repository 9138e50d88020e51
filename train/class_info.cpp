#include "train/class_info.h"

#include "engine/error.h"
#include "search/world.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace qstar::train {

namespace {

using Lines = std::vector<std::string>;

// Follows the most frequent next line from the first line to an answer.
std::string likeliest_path(std::vector<Lines> solutions) {
    for (size_t depth = 0;; ++depth) {
        std::map<std::pair<std::string, bool>, int64_t> count; // (line, is it the last)
        for (const Lines& lines : solutions) ++count[{lines[depth], lines.size() == depth + 1}];
        const auto best =
            std::max_element(count.begin(), count.end(),
                             [](const auto& a, const auto& b) { return a.second < b.second; });
        const std::string line = best->first.first;
        const bool last = best->first.second;
        if (last) return line;
        std::erase_if(solutions, [&](const Lines& lines) {
            return lines[depth] != line || lines.size() == depth + 1;
        });
    }
}

} // namespace

IdealModel ideal_model(std::span<const Pupil> pupils, std::span<const std::string> problems,
                       int64_t draws, uint64_t seed) {
    const auto world = search::make_world("arithmetic");
    IdealModel mean;
    Random random(seed, "corpus/ideal");
    for (const std::string& problem : problems) {
        const std::string answer = world->answer(problem);
        std::vector<Lines> solutions;
        std::map<std::string, int64_t> votes;
        for (int64_t i = 0; i < draws; ++i) {
            solutions.push_back(solve(draw_pupil(pupils, random), problem, random));
            ++votes[solutions.back().back()];
        }
        const auto most =
            std::max_element(votes.begin(), votes.end(),
                             [](const auto& a, const auto& b) { return a.second < b.second; });
        const double right = static_cast<double>(votes[answer]) / static_cast<double>(draws);
        mean.sample += right;
        mean.any += 1 - std::pow(1 - right, 16);
        mean.majority += most->first == answer;
        mean.greedy += likeliest_path(std::move(solutions)) == answer;
    }
    const auto n = static_cast<double>(problems.size());
    return {mean.sample / n, mean.greedy / n, mean.majority / n, mean.any / n};
}

void print_class(const CorpusOptions& options, int64_t problems) {
    check(options);
    if (problems < 1) fail("--info-problems must be 1 or more, found {}", problems);
    const auto world = search::make_world("arithmetic");
    const std::vector<Pupil> pupils = class_of(options);
    double total = 0;
    for (const Pupil& pupil : pupils) total += pupil.share;
    if (total <= 0) fail("the class is empty: all shares are zero");
    fmt::print("{:<17}{:>7}{:>7}{:>16}{:>14}\n", "pupil", "share", "rate", "right answers",
               "right lines");
    for (const Pupil& pupil : pupils) {
        Random random(seed_of(options), "corpus/info/" + pupil.name);
        int64_t right = 0, lines = 0, right_lines = 0;
        for (int64_t i = 0; i < problems; ++i) {
            const Item item = draw_item(options.problems, pupil, random);
            right += world->check_answer(item.problem, item.lines.back());
            search::Path path{item.problem, {}, false};
            for (size_t k = 0; k < item.lines.size(); ++k) {
                const bool last = k + 1 == item.lines.size();
                right_lines += world->check_step(path, item.lines[k], last) == search::Label::right;
                path.steps.push_back(item.lines[k]);
                ++lines;
            }
        }
        fmt::print("{:<17}{:>6.1f}%{:>7.2f}{:>15.1f}%{:>13.1f}%\n", pupil.name,
                   100 * pupil.share / total, pupil.rate,
                   100.0 * static_cast<double>(right) / static_cast<double>(problems),
                   100.0 * static_cast<double>(right_lines) / static_cast<double>(lines));
    }

    ProblemConfig config = options.problems;
    config.min_operands = std::max(3, config.min_operands);
    if (config.max_operands < 3) return;
    const auto tried =
        draw_problems(config, Split::dev, std::min<int64_t>(problems, 300), seed_of(options));
    const IdealModel ideal = ideal_model(pupils, tried, 400, seed_of(options));
    fmt::print("a perfect model of this class, problems of {} to {} operands: one sample {:.1f}%, "
               "greedy {:.1f}%, majority {:.1f}%, any of 16 {:.1f}%\n",
               config.min_operands, config.max_operands, 100 * ideal.sample, 100 * ideal.greedy,
               100 * ideal.majority, 100 * ideal.any);
}

} // namespace qstar::train
