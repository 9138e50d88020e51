#include "search/models/method.h"

#include <algorithm>

namespace qstar::search {

void describe(Flags& f, Options& o) {
    search_option(f, "budget", o.budget);
    describe(f, o.shared);
    search_option(f, "proposals", o.proposals);
    search_option(f, "temperature", o.temperature);
    f.mark("n-best", o.n_best,
           "beam, mcts, astar: the likeliest next steps in order instead of draws (countdown: "
           "always)");
    f.mark("calculator", o.calculator,
           "what stands behind \"<<48/2=\" is calculated, not written by the model (words)")
        .only_if(o.calculator);
}

Aggregate aggregate_for(Reading reading) {
    return reading == Reading::each_step ? Aggregate::product : Aggregate::last;
}

double aggregate(Aggregate how, const std::vector<float>& scores) {
    if (scores.empty()) return 1;
    if (how == Aggregate::last) return scores.back();
    if (how == Aggregate::minimum) return *std::min_element(scores.begin(), scores.end());
    double product = 1;
    for (const float score : scores) product *= score;
    return product;
}

void set_solution(Result& result, const Path& path, std::vector<float> scores) {
    result.steps = path.steps;
    result.finished = path.finished;
    result.answer = path.finished ? path.steps.back() : "";
    result.step_scores = std::move(scores);
}

} // namespace qstar::search
