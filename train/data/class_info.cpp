#include "train/data/class_info.h"

#include "engine/base/elementary.h"
#include "engine/base/error.h"
#include "train/data/problem_source.h"

#include <algorithm>
#include <cmath>
#include <fmt/core.h>
#include <map>
#include <vector>

namespace qstar::train {

namespace {

using Lines = std::vector<std::string>;

// Follows the most frequent next line from the first line to an answer.
Lines likeliest_path(std::vector<Lines> solutions) {
    Lines path;
    for (size_t depth = 0;; ++depth) {
        std::map<std::pair<std::string, bool>, int64_t> count; // (line, is it the last)
        for (const Lines& lines : solutions) ++count[{lines[depth], lines.size() == depth + 1}];
        const auto best =
            std::max_element(count.begin(), count.end(),
                             [](const auto& a, const auto& b) { return a.second < b.second; });
        const std::string line = best->first.first;
        const bool last = best->first.second;
        path.push_back(line);
        if (last) return path;
        std::erase_if(solutions, [&](const Lines& lines) {
            return lines[depth] != line || lines.size() == depth + 1;
        });
    }
}

} // namespace

IdealModel ideal_model(const ProblemSource& source, std::span<const std::string> problems,
                       int64_t draws, uint64_t seed) {
    IdealModel mean;
    Random random(seed, "corpus/ideal");
    for (const std::string& problem : problems) {
        std::vector<Lines> solutions;
        std::map<std::string, int64_t> votes;
        int64_t solved = 0;
        for (int64_t i = 0; i < draws; ++i) {
            solutions.push_back(source.solve(draw_pupil(source.pupils, random), problem, random));
            ++votes[solutions.back().back()];
            solved += source.world->solved({problem, solutions.back(), true});
        }
        const auto most =
            std::max_element(votes.begin(), votes.end(),
                             [](const auto& a, const auto& b) { return a.second < b.second; });
        const double right = static_cast<double>(solved) / static_cast<double>(draws);
        mean.sample += right;
        mean.any += 1 - math::power(1 - right, int64_t{16});
        // One who gave this answer; and the likeliest lines.
        const auto voter =
            std::find_if(solutions.begin(), solutions.end(),
                         [&](const Lines& lines) { return lines.back() == most->first; });
        mean.majority += source.world->solved({problem, *voter, true});
        mean.greedy += source.world->solved({problem, likeliest_path(std::move(solutions)), true});
    }
    const auto n = static_cast<double>(problems.size());
    return {mean.sample / n, mean.greedy / n, mean.majority / n, mean.any / n};
}

void print_class(const CorpusOptions& options, int64_t problems) {
    check(options);
    const ProblemSource source = problem_source_of(options);
    const std::vector<Pupil>& pupils = source.pupils;
    double total = 0;
    for (const Pupil& pupil : pupils) total += pupil.share;
    if (total <= 0) fail("the class is empty: all shares are zero");
    const uint64_t seed = seed_of(options.stage);
    fmt::print("{:<17}{:>7}{:>7}{:>16}{:>14}\n", "pupil", "share", "rate", "right answers",
               "right lines");
    for (const Pupil& pupil : pupils) {
        Random random(seed, "corpus/info/" + pupil.name);
        int64_t right = 0, lines = 0, right_lines = 0;
        for (int64_t i = 0; i < problems; ++i) {
            const Item item = draw_item(source, pupil, random);
            right += source.world->solved({item.problem, item.lines, true});
            search::Path path{item.problem, {}, false};
            for (size_t k = 0; k < item.lines.size(); ++k) {
                const bool last = k + 1 == item.lines.size();
                right_lines +=
                    source.world->check_step(path, item.lines[k], last) == search::Label::right;
                path.steps.push_back(item.lines[k]);
                ++lines;
            }
        }
        fmt::print("{:<17}{:>6.1f}%{:>7.2f}{:>15.1f}%{:>13.1f}%\n", pupil.name,
                   100 * pupil.share / total, pupil.rate,
                   100.0 * static_cast<double>(right) / static_cast<double>(problems),
                   100.0 * static_cast<double>(right_lines) / static_cast<double>(lines));
    }

    CorpusOptions held_out = options;
    if (!held_out.teaching().leave_held_out()) return;
    const ProblemSource asked = problem_source_of(held_out);
    const auto tried = draw_problems(asked, Split::dev, std::min<int64_t>(problems, 300), seed);
    const IdealModel ideal = ideal_model(asked, tried, 400, seed);
    fmt::print("a perfect model of this class, held-out problems: one sample {:.1f}%, "
               "greedy {:.1f}%, majority {:.1f}%, any of 16 {:.1f}%\n",
               100 * ideal.sample, 100 * ideal.greedy, 100 * ideal.majority, 100 * ideal.any);
}

} // namespace qstar::train
