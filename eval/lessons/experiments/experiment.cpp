#include "eval/lessons/experiments/experiment.h"

#include "engine/base/error.h"
#include "engine/text/joined.h"

namespace qstar::eval::lessons {

const Experiment& experiment_named(std::string_view name) {
    const auto known = {&predicting, &wrong_context,        &ranking,  &leaving_the_reference,
                        &outcomes,   &your_labels,          &choosing, &astar_by_hand,
                        &q_values,   &calculator_and_claims};
    for (const Experiment* one : known)
        if (one->name == name) return *one;
    fail("expected an experiment of {}, found \"{}\"", joined(known, ", ", &Experiment::name),
         name);
}

} // namespace qstar::eval::lessons
