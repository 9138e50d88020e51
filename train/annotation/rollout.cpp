#include "train/annotation/rollout.h"

#include "engine/base/error.h"
#include "engine/base/random.h"
#include "engine/base/range.h"
#include "engine/text/jsonl.h"
#include "search/models/gpt_proposer.h"
#include "search/worlds/make_world.h"
#include "train/data/left_out.h"
#include "train/data/problem_source.h"
#include "train/run/resumable_map.h"
#include "train/run/stage.h"

#include <algorithm>
#include <fmt/core.h>
#include <string>
#include <vector>

namespace qstar::train {

namespace {

constexpr int64_t kChunkSolutions = 256;

search::Path prefix_of(const SampledSolution& solution, size_t steps) {
    return search::beginning({solution.problem, solution.steps, true}, steps);
}

} // namespace

RolloutEstimator::RolloutEstimator(search::Proposer& proposer, RightAnswer right, int rollouts,
                                   float temperature)
    : proposer_(proposer), right_(std::move(right)), rollouts_(rollouts),
      temperature_(temperature) {}

std::vector<RolloutEstimator::Estimate>
RolloutEstimator::estimate(std::span<const search::Path> prefixes) {
    std::vector<Estimate> estimates(prefixes.size());
    std::vector<search::ProposeRequest> requests;
    std::vector<size_t> asked; // the prefix of each request
    for (size_t i = 0; i < prefixes.size(); ++i) {
        const std::string text = text_of(prefixes[i]);
        if (prefixes[i].finished || !known_.try_emplace(text, -1).second) continue;
        const uint64_t stream = derive_stream(hash_name("train/rollout"), hash_name(text));
        requests.push_back({prefixes[i], rollouts_, temperature_, stream});
        asked.push_back(i);
    }
    const auto completed = proposer_.complete(requests);
    for (size_t r = 0; r < requests.size(); ++r) {
        Estimate& cost = estimates[asked[r]];
        int& right = known_[text_of(requests[r].path)] = 0;
        for (const search::Solution& solution : completed[r]) {
            const search::Path& path = solution.path;
            right += path.finished && right_(path);
            ++cost.rollouts;
            cost.tokens += solution.tokens;
        }
    }
    for (size_t i = 0; i < prefixes.size(); ++i) {
        const search::Path& path = prefixes[i];
        estimates[i].right = !path.finished ? known_[text_of(path)] : right_(path) ? rollouts_ : 0;
    }
    return estimates;
}

std::vector<RolloutLabels> math_shepherd(RolloutEstimator& estimator,
                                         std::span<const SampledSolution> solutions) {
    std::vector<RolloutLabels> labels;
    for (const SampledSolution& solution : solutions) labels.push_back({solution, 0, {}, 0, 0});
    // Round n estimates the n-th step of every solution that is sound up to it.
    for (size_t n = 1;; ++n) {
        std::vector<RolloutLabels*> alive;
        std::vector<search::Path> prefixes;
        for (RolloutLabels& label : labels) {
            if (label.sound + 1 != n || n > label.solution.steps.size()) continue;
            alive.push_back(&label);
            prefixes.push_back(prefix_of(label.solution, n));
        }
        if (alive.empty()) return labels;
        const auto estimates = estimator.estimate(prefixes);
        for (size_t i = 0; i < alive.size(); ++i) {
            const float share =
                static_cast<float>(estimates[i].right) / static_cast<float>(estimator.rollouts());
            alive[i]->soft.push_back(share);
            if (share > 0) alive[i]->sound = n;
            alive[i]->rollouts += estimates[i].rollouts;
            alive[i]->tokens += estimates[i].tokens;
        }
    }
}

std::vector<RolloutLabels> first_errors(RolloutEstimator& estimator, const RightAnswer& right,
                                        std::span<const SampledSolution> solutions) {
    // Invariant: the first `sound` steps can still lead to the right answer, the first
    // `unsound` cannot. Without a step all is possible, with the wrong answer nothing.
    std::vector<RolloutLabels> labels;
    std::vector<size_t> unsound;
    for (const SampledSolution& solution : solutions) {
        const size_t steps = solution.steps.size();
        const bool wrong = !right({solution.problem, solution.steps, true});
        labels.push_back({solution, wrong ? 0 : steps, {}, 0, 0});
        unsound.push_back(wrong ? steps : steps + 1);
    }
    for (;;) {
        std::vector<size_t> open, middles;
        std::vector<search::Path> prefixes;
        for (size_t i = 0; i < labels.size(); ++i) {
            if (labels[i].sound + 1 >= unsound[i]) continue;
            open.push_back(i);
            middles.push_back((labels[i].sound + unsound[i]) / 2);
            prefixes.push_back(prefix_of(labels[i].solution, middles.back()));
        }
        if (open.empty()) return labels;
        const auto estimates = estimator.estimate(prefixes);
        for (size_t i = 0; i < open.size(); ++i) {
            RolloutLabels& label = labels[open[i]];
            (estimates[i].right > 0 ? label.sound : unsound[open[i]]) = middles[i];
            label.rollouts += estimates[i].rollouts;
            label.tokens += estimates[i].tokens;
        }
    }
}

Json json_of(const RolloutLabels& label) {
    std::vector<bool> hard(label.solution.steps.size(), false);
    std::fill(hard.begin(), hard.begin() + static_cast<std::ptrdiff_t>(label.sound), true);
    Json json{{"prompt", label.solution.problem},
              {"completions", label.solution.steps},
              {"labels", hard}};
    if (!label.soft.empty()) {
        std::vector<float> soft = label.soft;
        soft.resize(hard.size(), 0.0f); // after the first error
        json["soft_labels"] = soft;
    }
    json["rollouts"] = label.rollouts;
    json["rollout_tokens"] = label.tokens;
    return json;
}

void describe(Flags& f, RolloutOptions& o) {
    describe(f, o.stage);
    f.choice("search", o.search, {"all", "binary"},
             "all: estimate every step; binary: look for the first error");
    f.number("rollouts", o.rollouts, 1, 1'000'000, "completions of each prefix");
    f.number_above("temperature", o.temperature, 0, 100, "of the completions");
    f.text("from", o.from, "stage whose model completes");
    f.text("solutions", o.solutions, "a file of solutions, instead of DIR/samples").content();
    describe_skip_bad(f, o.stage);
    f.number("limit", o.limit, 0, kMost, "use only the first so many solutions; 0: all");
    f.text("name", o.name, "folder in the run (default: rollout or rollout-binary)").quiet();
    search::world_flag(f, o.world);
}

void rollout(const RolloutOptions& options) {
    check(flags_of(options));
    const bool binary = options.search == "binary";
    const std::string name_of_stage = !options.name.empty() ? options.name
                                      : binary              ? "rollout-binary"
                                                            : "rollout";
    check_name("rollout", name_of_stage);
    const std::string name = world_of(options.stage.run, options.world);
    const std::string file =
        given_or_of_stage(options.solutions, options.stage.run, "sample", "solutions.jsonl");
    require(options.stage.run, options.from, model_path(options.stage.run, options.from));
    RolloutOptions recorded = options;
    recorded.world = name;
    Json flags = stage_record(recorded);
    flags["inputs"] = {{"solutions", input(file)},
                       {"model.safetensors", input(model_path(options.stage.run, options.from))}};
    Stage stage(options.stage, name_of_stage, flags);
    if (stage.done()) return;

    const auto world = search::make_world(name);
    const RightAnswer right = [&](const search::Path& path) { return world->solved(path); };
    const tokenizer::Tokenizer tokenizer = load_tokenizer(options.stage.run);
    const engine::Gpt model = load_model(options.stage.run, options.from);
    check_vocab(model, tokenizer, options.stage.run);
    search::GptProposer proposer(model, tokenizer, stage.seed());
    BadLines bad(options.stage.skip_bad);
    std::vector<SampledSolution> solutions = read_solutions(file, bad, *world);
    settle(bad, options.stage, stage.name(), file);
    std::erase_if(solutions, [](const auto& s) { return !s.finished || s.steps.empty(); });
    if (solutions.empty()) fail("{}: no finished solution to label", file);
    if (options.limit > 0 && solutions.size() > static_cast<size_t>(options.limit))
        solutions.resize(static_cast<size_t>(options.limit));

    const std::string path = resumable_map(
        stage, "steps.jsonl", "solutions", static_cast<int64_t>(solutions.size()), kChunkSolutions,
        [&](int64_t first, int64_t count) {
            const auto these = std::span(solutions).subspan(static_cast<size_t>(first),
                                                            static_cast<size_t>(count));
            RolloutEstimator estimator(proposer, right, static_cast<int>(options.rollouts),
                                       static_cast<float>(options.temperature));
            std::vector<Json> lines;
            for (const RolloutLabels& label :
                 binary ? first_errors(estimator, right, these) : math_shepherd(estimator, these))
                lines.push_back(json_of(label));
            return lines;
        });

    int64_t rollouts = 0, tokens = 0, labels = 0;
    for (const JsonLine& line : read_jsonl(path)) {
        rollouts += int_field(line, "rollouts");
        tokens += int_field(line, "rollout_tokens");
    }
    for (const StepLabels& judged : read_step_labels(path))
        labels += static_cast<int64_t>(judged.labels.size());
    stage.finish(Json{{"solutions", solutions.size()},
                      {"step_labels", labels},
                      {"judgements", static_cast<int64_t>(solutions.size()) + rollouts},
                      {"rollouts", rollouts},
                      {"rollout_tokens", tokens}});
    if (!options.stage.quiet)
        fmt::print("{}: {} labels of steps of {} solutions from {} roll-outs, {} tokens\n",
                   stage.name(), labels, solutions.size(), rollouts, tokens);
}

} // namespace qstar::train
