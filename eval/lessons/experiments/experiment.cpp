#include "eval/lessons/experiments/experiment.h"

#include "engine/base/error.h"

namespace qstar::eval::lessons {

const Experiment& experiment_named(std::string_view name) {
    std::string names;
    for (const Experiment* one :
         {&predicting, &wrong_context, &ranking, &leaving_the_reference, &outcomes, &your_labels,
          &choosing, &astar_by_hand, &q_values, &calculator_and_claims}) {
        if (one->name == name) return *one;
        names += (names.empty() ? "" : ", ") + std::string(one->name);
    }
    fail("expected an experiment of {}, found \"{}\"", names, name);
}

} // namespace qstar::eval::lessons
