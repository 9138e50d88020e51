#include "train/data/label_steps.h"

namespace qstar::train {

using search::Label;

LabelledSolution label_steps(const search::World& world, const SampledSolution& solution,
                             double error, Random& random) {
    LabelledSolution labelled{solution, world.answer(solution.problem), {}};
    search::Path path{solution.problem, {}, false};
    for (size_t i = 0; i < solution.steps.size(); ++i) {
        const bool final = solution.finished && i + 1 == solution.steps.size();
        Label label = world.check_step(path, solution.steps[i], final);
        if (error > 0 && random.uniform() < error)
            label = label == Label::wrong ? Label::right : Label::wrong;
        labelled.labels.push_back(label);
        if (label == Label::wrong) break;
        path.steps.push_back(solution.steps[i]);
    }
    return labelled;
}

LabelledSolution label_steps(const search::World& world, const SampledSolution& solution) {
    Random none;
    return label_steps(world, solution, 0, none);
}

bool sound(const search::World& world, const search::Path& path) {
    const auto labels = label_steps(world, {path.problem, path.steps, path.finished}).labels;
    return !labels.empty() && labels.size() == path.steps.size() && first_wrong_step(labels) == 0;
}

search::Path right_beginning(const search::World& world, const search::Path& path) {
    const auto labels = label_steps(world, {path.problem, path.steps, path.finished}).labels;
    if (labels.empty()) return path;
    return beginning(path, labels.size() - 1); // the last label is the first mistake's, if any
}

} // namespace qstar::train
