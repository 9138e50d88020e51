#pragma once
// A playground for judges: what the reward models say of any solution, as it is typed; the wrong
// ones that convince them most; and what becomes of the ORM when it learns from those.
//
//   POST {"problem", "steps": [...], "finished"}  ->  {"scores": {"orm": [...], "prm": [...],
//        "q": [...]}, "labels": ["right", ...] by the verifier, "solved"}
//   POST {..., "keep": true}: a wrong solution is kept, RUN/lessons/negatives.jsonl
//   POST {"find": true}: so are the twenty wrong ones of the labelled solutions, beyond those that
//        the two ORMs learn from, that the run's ORM believes most
//   GET  {"problem", "kept": [{"problem", "solution", "right", "orm", "prm", "q"}, ...]}
//
// Trained are two ORMs from the same outcomes, in RUN/lessons/before and .../after, the second one
// with the kept solutions besides: hard negatives. Both choose among the same N solutions.
//
//   event: progress {"share", "what"}
//   event: done {"sizes", "before", "after", "solutions", "kept": [{"solution", "before",
//   "after"}]}

#include "engine/text/json.h"
#include "eval/serve/http.h"
#include "eval/serve/run_models.h"
#include "train/data/labels.h"

#include <mutex>
#include <string>
#include <vector>

namespace qstar::eval {

class JudgeDesk {
  public:
    explicit JudgeDesk(RunModels& models) : models_(models) {}

    Json state();
    // {"error": SENTENCE} for what cannot be read or kept: while somebody types, that is no wrong
    // request.
    Json answer(const std::string& body);
    void train(EventStream& events); // goes on with what a client that left has begun

  private:
    Json answer_to(const std::string& body);
    Json kept();
    void keep(const std::vector<train::SampledSolution>& solutions);
    void find();

    RunModels& models_;
    std::mutex mutex_;
};

} // namespace qstar::eval
