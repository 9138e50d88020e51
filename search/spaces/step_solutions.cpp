// The space of reasoning steps, where whole solutions are drawn: greedy, best of N, majority.

#include "engine/base/random.h"
#include "search/spaces/step_space.h"

#include <algorithm>
#include <string>
#include <vector>

namespace qstar::search {

void StepSpace::emit(const Solution& solution, int64_t tokens) const {
    if (!options_.observer) return;
    double log_prob = 0;
    for (const float step : solution.log_probs) log_prob += static_cast<double>(step);
    options_.observer({SearchEvent::What::opened, solution.path, log_prob, {}, {}, tokens});
}

void StepSpace::decode() {
    for (const Solution& solution :
         expander_.meter.complete({nodes_[0].path, 1, 0, options_.stream})) {
        set_solution(result_, solution.path);
        result_.expanded = result_.generated = std::ssize(solution.path.steps);
        if (!solution.path.finished && result_.tokens >= options_.budget) result_.ended = "tokens";
        for (const float log_prob : solution.log_probs) result_.score += log_prob;
        emit(solution, result_.tokens);
        if (options_.observer)
            options_.observer(
                {SearchEvent::What::chosen, solution.path, result_.score, {}, {}, result_.tokens});
    }
}

int64_t StepSpace::draw(int64_t most, std::vector<Solution>& solutions) {
    const Path& start = nodes_[0].path;
    const int64_t samples = std::min({int64_t{4} << std::min<uint64_t>(round_, 40), most,
                                      expander_.meter.solutions(start, drawn_)});
    if (samples < 1) {
        result_.ended = "tokens";
        return 0;
    }
    int64_t spent = result_.tokens;
    solutions = expander_.meter.complete({start, static_cast<int>(samples), options_.temperature,
                                          derive_stream(options_.stream, round_++)});
    const int64_t count = std::ssize(solutions);
    drawn_ += count;
    for (const Solution& solution : solutions) {
        emit(solution, spent += solution.tokens);
        result_.expanded += std::ssize(solution.path.steps);
        result_.generated += std::ssize(solution.path.steps);
    }
    if (!options_.rules->public_goal()) return count;
    // With a public goal, solutions that miss it are left out, and the first that reaches it is
    // the result.
    std::erase_if(solutions, [&](const Solution& solution) {
        return solution.path.finished && !options_.rules->goal(solution.path);
    });
    for (const Solution& solution : solutions) {
        if (!solution.path.finished) continue;
        if (options_.observer)
            options_.observer(
                {SearchEvent::What::chosen, solution.path, 0, {}, {}, result_.tokens});
        set_solution(result_, solution.path);
        goal_ = nodes_.size();
        nodes_.push_back({.path = solution.path});
        break;
    }
    return count;
}

std::vector<Rating> StepSpace::rate(const std::vector<Solution>& solutions) {
    if (solutions.empty() || !expander_.meter.has_scorer()) return {};
    std::vector<Path> paths;
    for (const Solution& solution : solutions) paths.push_back(solution.path);
    std::vector<Rating> ratings = expander_.meter.score(paths);
    for (size_t i = 0; i < paths.size() && options_.observer; ++i)
        options_.observer(
            {SearchEvent::What::opened, paths[i], 0, ratings[i].score, {}, result_.tokens});
    return ratings;
}

void StepSpace::choose(const Solution& solution, const Rating& rating, double score) {
    set_solution(result_, solution.path, rating.steps);
    result_.score = score;
    if (options_.observer)
        options_.observer(
            {SearchEvent::What::chosen, solution.path, 0, rating.score, {}, result_.tokens});
}

void StepSpace::elect(const Solution& solution, const std::string& answer, double share) {
    set_solution(result_, solution.path);
    result_.answer = answer;
    result_.score = share;
    if (options_.observer)
        options_.observer({SearchEvent::What::chosen, solution.path, 0, {}, {}, result_.tokens});
}

} // namespace qstar::search
