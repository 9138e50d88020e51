#pragma once
// Self-play: search finds, the verifier confirms, the policy learns, and again.
//
// Expert iteration (Anthony, Tian and Barber, "Thinking Fast and Slow with Deep Learning
// and Tree Search", 2017; Silver et al., AlphaZero, 2017) over reasoning steps, in the
// form of ReST-EM (Singh et al., "Beyond Human Data", 2023): people take no part, no
// expert's work is used after the tuned model, and the only measure is the verifier's word
// on training problems: whether the final answer is right (outcome supervision), or every
// step (process supervision; Uesato et al., 2211.14275; Lightman et al., 2305.20050). By the
// answer alone, solutions are learned whose mistakes cancel out.
//
// Roll-outs are cheap and a policy that errs often learns most from them; where it is nearly always
// right, the search finds what it misses. So the first rounds may do without steps 2 and 3
// (`guided_from`).
//
// Round n, in DIR/self-play/round-n/:
//   Step 1  explore: the policy of the round before rolls out new training problems
//           (q/rollouts.jsonl)
//           with `again`, those that it never solves are tried more often, at a higher
//           temperature, from where they first go wrong if steps are judged: what is rare is else
//           never found, and never learned (again/)
//           with `easy`, most problems that all roll-outs solve are left out of what follows
//   Step 2  evaluate: Q-values of steps are learned from these roll-outs alone (q/), with
//           `q_rounds` also from those of rounds before: what the policy once tried in vain is what
//           a judge of its steps must know
//   Step 3  search: the policy, guided by Q, searches the same problems (searched.jsonl)
//   Step 4  confirm: of all that was found, what the verifier says is right (confirmed.jsonl)
//   Step 5  learn: the policy is tuned on it (policy/). A short round forgets: so the last one
//           without a search learns what all have confirmed (`gather`). What is still got wrong
//           becomes rare: later rounds look for it among more problems (`growth`), and learn these
//           few at a smaller rate (`decay`)
//   Step 6  measure: dev problems, greedy, and by search with Q (done.json)

#include "train/data/searched.h"
#include "train/q_learning/q.h"
#include "train/run/trainer.h"

#include <string>

namespace qstar::train {

struct SelfPlayOptions {
    SelfPlayOptions() {
        q.loop.lr = 5e-4;
        q.iterations = 2;
        q.explore.temperature = 0.7;
        search.aggregate = "last";
    }
    StageOptions stage;
    LoopOptions loop{.lr = 3e-4, .warmup = 20, .weight_decay = 0};
    std::string from = "sft"; // the stage whose model begins
    int64_t rounds = 4;
    int64_t problems = 2000;     // new ones each round
    int64_t epochs = 2;          // over the confirmed solutions of a round
    int64_t keep = 4;            // different solutions of a problem, at most
    bool restart = true;         // each round tunes the model of the start, not the last round's
    bool guided = true;          // steps 2 and 3; without: roll-outs only (ReST-EM)
    int64_t guided_from = 1;     // the first round that has them
    int64_t guided_problems = 0; // of these rounds; 0: as many as of the others
    double guided_rate = 1;      // of their learning rates: few solutions at a high rate forget
    int64_t again = 0; // in a round without a search: further roll-outs of what none has solved
    double again_temperature = 1.5;
    std::string supervision = "outcome"; // what the verifier judges; "process": each step, too
    bool gather = false;  // the last round without a search learns what all have confirmed
    double growth = 1;    // of the problems from one round without a search to the next
    double decay = 1;     // of the learning rates from one round to the next
    double rare = 0;      // in (0, inf): rare facts are practised more often (rare_draw.h)
    int64_t q_rounds = 0; // before a round, whose roll-outs its Q learns from, too
    double easy = 1; // of the problems that all roll-outs solved, the share that is learned from
    int64_t dev_problems = 500;
    SearchFlags search;
    QOptions q; // of step 2; its roll-outs are step 1's
};

// Interrupted, it goes on within the step of the round where it was. The last round's
// policy is DIR/self-play/model.safetensors, its Q DIR/q-self-play/model.safetensors, the
// rounds are the lines of DIR/self-play/metrics.jsonl (round 0: the start).
void describe(Flags& f, SelfPlayOptions& o);
Outcome self_play(const SelfPlayOptions& options);

} // namespace qstar::train
