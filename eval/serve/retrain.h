#pragma once
// The reward model of the ranks, trained anew from the page.
//
// It is the stage `qstar train reward` with the name reward-me, so the run's own RUN/reward
// stays as it is. The model before it (reward-me of an earlier time, else the run's) and the
// new one are measured on the same pairs: those of validation problems in the ranks of both
// the person and the run, which nothing learns from.
//
//   event: step {"step", "steps", "loss"}
//   event: done {"before": PREDICTION or null, "after": PREDICTION, "steps"}
//   PREDICTION  {"model", "accuracy", "pairs", "low", "high"}: with the 95 % interval (Wilson)

#include "engine/text/json.h"
#include "eval/serve/http.h"
#include "eval/serve/run_models.h"

#include <string>

namespace qstar::eval {

struct RetrainRequest {
    std::string from = "both"; // mine, run or both: whose ranks
    int64_t prompts = 1000;    // at most
};

// From the body of a request, {"from": "both", "prompts": 1000}. Error for what is unknown or
// out of bounds.
RetrainRequest retrain_request(const std::string& body);

// {"mine": pairs, "run": pairs, "model": the name of the one that there is, or null}
Json reward_state(const std::string& run);

// Trains, and tells. The models' turn is given up after each step, so searches go on
// meanwhile. A client that leaves ends the training.
void retrain(RunModels& models, const RetrainRequest& asked, EventStream& events);

} // namespace qstar::eval
