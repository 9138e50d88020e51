#pragma once
// Q-values of steps, learned offline: what is this step worth if the best is made of it?
//
// Wang et al., "Q*: Improving Multi-step Reasoning for LLMs with Deliberative Planning"
// (2024). Solving is a Markov decision process: the state s is the path so far, an action
// a is the next step, the state after it is the longer path, and the reward R is 1 for a
// final step with the right answer and 0 for every other step. The optimal Q-value,
//
//   Q*(s, a) = R(s, a) + discount * max over a' of Q*(s', a'),
//
// is learned by fitted Q iteration (Riedmiller 2005; Munos and Szepesvari 2008) from
// roll-outs that were drawn beforehand, the max running over the next steps that the
// policy proposed there. Each iteration computes the right-hand side with the network of
// the iteration before, the target network, and fits the network to it.
//
// Its simple twin is the Monte Carlo return: the share of the roll-outs through a step that
// came out right, the value of the step under the policy itself.
//
//   DIR/sft/model.safetensors -> DIR/q/rollouts.jsonl, DIR/q/model.safetensors

#include "train/q_learning/q_rollouts.h"
#include "train/supervised/reward.h"

#include <span>
#include <string>
#include <vector>

namespace qstar::train {

struct QOptions {
    StageOptions stage;
    LoopOptions loop{.batch = 32, .warmup = 50, .weight_decay = 0.01};
    std::string from = "sft"; // the stage whose model is rolled out and has the first weights
    int64_t problems = 4000;  // of the training side
    ExploreOptions explore{.temperature = 1};
    int64_t epochs = 1; // passes over the roll-outs in each iteration
    int64_t extra_layers = 2;
    double text = 1;                   // weight of the next-token loss on right solutions
    int64_t iterations = 3;            // of fitted Q iteration, each `epochs` long
    std::string start = "monte-carlo"; // Q of iteration 0: "monte-carlo", "best" or "zero"
    double discount = 1;
    double easy = 1;  // share of the problems that all roll-outs solve, from which Q learns, too
    int64_t each = 0; // of a problem, roll-outs that are learned from, right and wrong; 0: all
    std::string judge = "head"; // a scalar head, or the network's own text (text_judge.h)
    std::string world;          // empty: the run's
};
void describe(Flags& f, QOptions& o);

// With start "monte-carlo" and one iteration, this is the Monte Carlo twin.
Outcome q(const QOptions& options);

// The loop: trains `base` on roll-outs and finishes the stage. Error if there are none.
Outcome fit_q(const QOptions& options, Stage& stage, std::vector<Rollout> rollouts,
              const engine::Gpt& base, const std::string& from);

} // namespace qstar::train
