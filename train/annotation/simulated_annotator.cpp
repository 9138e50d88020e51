#include "train/annotation/simulated_annotator.h"

#include "engine/base/elementary.h"

#include <algorithm>
#include <numeric>

namespace qstar::train {

namespace {

bool tidy(std::span<const std::string> lines, size_t at) {
    if (std::find(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(at), lines[at]) !=
        lines.begin() + static_cast<std::ptrdiff_t>(at))
        return false;
    for (const char* mark : {"+-", "--", "*-", "/-", "((", "))", "  "})
        if (lines[at].find(mark) != std::string::npos) return false;
    return true;
}

} // namespace

void describe(Flags& f, SimulatedAnnotator& o) {
    f.number("correct", o.preference.correct, -1000, 1000,
             "weight of a right answer in the preference");
    f.number("work", o.preference.work, -1000, 1000, "weight of shown work");
    f.number("brief", o.preference.brief, -1000, 1000, "weight of brevity");
    f.number("tidy", o.preference.tidy, -1000, 1000, "weight of tidiness");
    f.number("noise", o.noise, 0, 1000, "of Bradley and Terry, in units of the preference");
    f.number("disagreement", o.disagreement, 0, 0.5, "rate of pairs that are turned round");
}

double utility(const AnnotatorPreference& preference, const search::World& world,
               const search::Path& path) {
    double value = 0;
    if (world.solved(path)) value += preference.correct;
    if (path.steps.empty()) return value;
    const auto lines = static_cast<double>(path.steps.size());
    value += preference.work * std::min(1.0, (lines - 1) / 2);
    double characters = 0, neat = 0;
    for (size_t i = 0; i < path.steps.size(); ++i) {
        characters += static_cast<double>(path.steps[i].size());
        neat += tidy(path.steps, i);
    }
    const auto problem = static_cast<double>(path.problem.size());
    value += preference.brief * problem / (problem + characters / 2);
    return value + preference.tidy * neat / lines;
}

double prefers(const SimulatedAnnotator& annotator, double first, double second) {
    double p = first > second ? 1 : first < second ? 0 : 0.5;
    if (annotator.noise > 0) p = math::sigmoid((first - second) / annotator.noise);
    return p + annotator.disagreement * (1 - 2 * p);
}

std::vector<int> order(const SimulatedAnnotator& annotator, std::span<const double> utilities,
                       Random& random) {
    std::vector<double> felt;
    for (const double u : utilities) {
        const double gumbel = -math::log(-math::log(std::max(random.uniform(), 1e-300)));
        felt.push_back(u + annotator.noise * gumbel);
    }
    std::vector<size_t> best_first(utilities.size());
    std::iota(best_first.begin(), best_first.end(), size_t{0});
    std::stable_sort(best_first.begin(), best_first.end(),
                     [&](size_t a, size_t b) { return felt[a] > felt[b]; });
    std::vector<int> places(utilities.size());
    for (size_t place = 0; place < best_first.size(); ++place)
        places[best_first[place]] = static_cast<int>(place) + 1;
    return places;
}

} // namespace qstar::train
