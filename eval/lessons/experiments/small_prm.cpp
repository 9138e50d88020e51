#include "eval/lessons/experiments/small_prm.h"

#include "engine/io/files.h"
#include "eval/lessons/experiments/lacking.h"
#include "train/supervised/prm.h"
#include "train/supervised/reward.h"

#include <algorithm>
#include <fmt/core.h>
#include <utility>

namespace qstar::eval::lessons {

PrmKind prm_kind(LessonRun& run) {
    const Json flags = run.flags("prm");
    const std::string from = flags.value("from", "sft");
    return {flags.value("judge", "head") == "text", run.has(from) ? from : "sft"};
}

std::string train_prm(LessonRun& run, const std::string& who, const std::string& labels,
                      double from) {
    const PrmKind kind = prm_kind(run);
    train::PrmOptions options;
    options.reward.stage.run = run.run();
    options.reward.stage.study = "lessons";
    options.reward.stage.quiet = true;
    options.reward.stage.skip_bad = true; // a sample may be longer than the context
    options.reward.labels = labels;
    options.reward.from = kind.from;
    // A head has everything to learn, a language model little.
    options.judge = kind.text ? "text" : "head";
    options.reward.epochs = run.size(kind.text ? 10 : 30, 3);
    options.reward.loop.batch = 8;
    options.reward.loop.warmup = 5;
    options.reward.loop.lr = kind.text ? 1e-4 : 5e-4;
    options.reward.loop.save_every = 5;
    options.name = "prm-" + who;
    options.reward.loop.each_step = [&](int64_t step, int64_t steps, const train::Metrics&) {
        run.tell(
            from + 0.3 * static_cast<double>(step) / static_cast<double>(steps),
            fmt::format("a PRM learns from {} labels", who == "you" ? "your" : "the verifier's"));
    };
    train_small<train::PrmOptions>(
        options, [](train::PrmOptions& o) -> train::StageOptions& { return o.reward.stage; },
        train::prm);
    return join_path(join_path(run.folder(), options.name), "model.safetensors");
}

Telling tells(search::GptScorer& scorer, std::span<const train::StepLabels> held_out) {
    std::vector<search::Path> paths;
    for (const auto& one : held_out) paths.push_back({one.problem, one.steps, one.finished});
    const auto scores = scorer.score(paths);
    std::vector<std::pair<float, bool>> scored;
    double agreed = 0;
    for (size_t i = 0; i < held_out.size(); ++i) {
        const size_t first = held_out[i].steps.size() - held_out[i].labels.size();
        for (size_t k = 0; k < held_out[i].labels.size(); ++k) {
            const bool right = held_out[i].labels[k] != search::Label::wrong;
            const float score = scores[i].steps[first + k];
            scored.emplace_back(score, right);
            agreed += (score > 0.5f) == right;
        }
    }
    const auto n = static_cast<double>(std::max<size_t>(1, scored.size()));
    return {train::area_under_curve(std::move(scored)), agreed / n};
}

} // namespace qstar::eval::lessons
