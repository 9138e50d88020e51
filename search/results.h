#pragma once
// A result as one JSON line: the form of RESULTS.jsonl.

#include "engine/text/json.h"
#include "search/models/method.h"
#include "search/worlds/problems.h"

#include <string>

namespace qstar::search {

// The verifier's verdict on a result, by its answer or, where the world looks at paths, its steps;
// by the answer that the problem's file gave, if it gave one.
bool is_right(const World& world, const ProblemLine& problem, const Result& result);

// {"problem", "input" (if it differs), "answer", "correct", "steps", "expanded",
// "generated", "tokens", "seconds", "finished", "score", "step_scores"}. "correct" is
// the verdict of the world's verifier on the answer, asked after the solving.
Json result_json(const World& world, const ProblemLine& problem, const Result& result);

// The solution for people: a line a step with its score, then the answer and the
// verifier's verdict.
std::string result_text(const World& world, const ProblemLine& problem, const Result& result);

} // namespace qstar::search
