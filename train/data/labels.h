#pragma once
// Labels as files, in the forms that others use.
//
// Outcomes, for the ORM (TRL's "unpaired preference" form), one solution a line; the
// completion is the solution's lines, joined by line feeds, or a chat (texts.h):
//   {"prompt": "3*(4+5)-2", "completion": "3*9-2\n27-2\n25", "label": true}
// and "completion_steps": [...] besides where reading the text would not give them (an empty line).
//
// Steps, for the PRM, in PRM800K's form (Lightman et al., "Let's Verify Step by Step",
// 2023; github.com/openai/prm800k, README), labelled up to and including the first
// error. pre_generated_steps is the whole solution: it tells whether the last labelled
// step is the one that ends in the answer.
//   {"question": {"problem": ..., "ground_truth_answer": ..., "pre_generated_steps": [...],
//                 "pre_generated_answer": ...},
//    "label": {"steps": [{"completions": [{"text": ..., "rating": -1|0|1, "flagged": null}],
//                         "human_completion": null, "chosen_completion": 0}],
//              "finish_reason": "solution" | "found_error" | "give_up"}}
// (give_up: no error, but the solution never came to an answer). In files of others a rating may
// be null, which is no label, and so may the reason. A step "... # Answer 14" is two steps, the
// answer being the last, with the rating of both; of a wrong one the first is the wrong one.
//
// Steps in TRL's stepwise form, where true (or 1, or "+") is right or neutral:
//   {"prompt": "3*(4+5)-2", "completions": ["3*9-2", "26-2"], "labels": [true, false]}
// and, as a field more that TRL does not look at, the probability of each step where it is
// known (rollout.h): "soft_labels": [0.75, 0].
//
// People disagree: the same solution may stand there as right and as wrong. Each judgement
// counts, so that a model learns the share of them that says right.

#include "engine/text/bad_lines.h"
#include "engine/text/json.h"
#include "search/problem/world.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace qstar::train {

// Of each reader two forms: bad lines go to `bad`, for the caller to settle, or are one Error.

// A sampled solution: a line of DIR/samples/solutions.jsonl,
//   {"problem": ..., "steps": [...], "finished": true}
struct SampledSolution {
    std::string problem;
    std::vector<std::string> steps;
    bool finished = false; // the last step ended in the answer token
};
Json json_of(const SampledSolution& solution);
std::vector<SampledSolution> read_solutions(const std::string& path, BadLines& bad);
std::vector<SampledSolution> read_solutions(const std::string& path);
// For whoever asks the world's verifier about them: a problem whose answer the world does not know
// is a bad line, where every solution of it would be called wrong.
std::vector<SampledSolution> read_solutions(const std::string& path, BadLines& bad,
                                            const search::World& world);

struct OutcomeLabel {
    std::string problem;
    std::vector<std::string> steps; // the last one is the answer
    bool right = false;
    std::string where = {}; // FILE:LINE
};
Json json_of(const OutcomeLabel& label);
std::vector<OutcomeLabel> read_outcomes(const std::string& path, BadLines& bad);
std::vector<OutcomeLabel> read_outcomes(const std::string& path);

// Labels of one solution's steps, from its first on; or of a step that somebody
// considered and did not take, when only the last one has a label.
struct StepLabels {
    std::string problem;
    std::vector<std::string> steps;
    std::vector<search::Label> labels; // of the last labels.size() steps
    bool finished = false;             // the last step ended in the answer token
    std::vector<float> soft = {};      // beside `labels`, in [0, 1]; or none
    std::string where = {};            // FILE:LINE
};

// The number of the first wrong step, from 1, where labels end with it; 0: none is wrong.
size_t first_wrong_step(std::span<const search::Label> labels);

// A solution with labels of its first steps, up to and including the first error.
struct LabelledSolution {
    SampledSolution solution;
    std::string true_answer;
    std::vector<search::Label> labels;
};
Json prm800k_json(const LabelledSolution& labelled);
Json trl_json(const LabelledSolution& labelled);

// Reads either form, by what each line has. A PRM800K line may have several completions
// of a step (each is one StepLabels) and human ones. Error FILE:LINE where a line is
// neither.
std::vector<StepLabels> read_step_labels(const std::string& path, BadLines& bad);
std::vector<StepLabels> read_step_labels(const std::string& path);

// How many solutions, or steps after the same ones, are judged both right and wrong.
int64_t contradictions(std::span<const OutcomeLabel> labels);
int64_t contradictions(std::span<const StepLabels> labels);

} // namespace qstar::train
