#include "search/results.h"

#include "engine/text/jsonl.h"

#include <algorithm>
#include <cmath>
#include <fmt/core.h>
#include <string>

namespace qstar::search {

namespace {

// A vote gives its answer in the canonical form, not as the last line has it.
Path path_of(const std::string& problem, const Result& result) {
    Path path{problem, result.steps, result.finished};
    if (path.finished && result.answer != "") path.steps.back() = result.answer;
    return path;
}

} // namespace

bool is_right(const World& world, const ProblemLine& problem, const Result& result) {
    const Path path = path_of(problem.problem, result);
    if (problem.answer.empty()) return world.solved(path);
    return path.finished &&
           world.canonical_answer(world.answer_of(path)) == world.canonical_answer(problem.answer);
}

Json result_json(const World& world, const ProblemLine& problem, const Result& result) {
    Json line;
    line["problem"] = problem.problem;
    if (problem.input != problem.problem) line["input"] = problem.input;
    line["answer"] = world.answer_of(path_of(problem.problem, result));
    line["correct"] = is_right(world, problem, result);
    Json steps = Json::array();
    for (const std::string& step : result.steps) steps.push_back(world.plain_step(step));
    line["steps"] = steps;
    line["expanded"] = result.expanded;
    line["generated"] = result.generated;
    line["tokens"] = result.tokens;
    line["seconds"] = std::round(result.seconds * 1e6) / 1e6;
    line["finished"] = result.finished;
    line["ended"] = result.ended;
    line["score"] = result.score;
    if (!result.step_scores.empty()) line["step_scores"] = result.step_scores;
    return line;
}

std::string result_text(const World& world, const ProblemLine& problem, const Result& result) {
    std::string out;
    for (const std::string& sentence : result.trace) out += sentence + "\n";
    if (!result.trace.empty()) out += "\n";
    out += problem.problem + "\n";
    size_t widest = 0;
    for (const std::string& step : result.steps) widest = std::max(widest, step.size());
    for (size_t i = 0; i < result.steps.size(); ++i) {
        out += fmt::format("  {}. {:<{}}", i + 1, result.steps[i], widest);
        if (i < result.step_scores.size())
            out += fmt::format("  score {:.3f}", result.step_scores[i]);
        out += "\n";
    }
    if (result.finished)
        out += fmt::format("answer {}: {} by the world's verifier, which was asked after solving\n",
                           world.answer_of(path_of(problem.problem, result)),
                           is_right(world, problem, result) ? "right" : "wrong");
    else
        out += "no answer: no solution was finished\n";
    if (result.ended == "tokens" || result.ended == "seconds")
        out += fmt::format("the budget of {} is spent: this is the best so far\n", result.ended);
    return out + fmt::format("{} paths expanded, {} steps drawn, {} tokens, {:.0f} evaluated, "
                             "{:.3f} s\n",
                             result.expanded, result.generated, result.tokens, result.evaluated,
                             result.seconds);
}

} // namespace qstar::search
