#include "train/command.h"

#include "train/annotation/label.h"
#include "train/annotation/rank.h"
#include "train/annotation/rollout.h"
#include "train/annotation/select.h"
#include "train/data/class_info.h"
#include "train/data/corpus.h"
#include "train/data/sample.h"
#include "train/expert_iteration/distil.h"
#include "train/expert_iteration/self_play.h"
#include "train/expert_iteration/star.h"
#include "train/preference/bradley_terry.h"
#include "train/preference/dpo.h"
#include "train/q_learning/davi.h"
#include "train/q_learning/deep_q.h"
#include "train/q_learning/q.h"
#include "train/q_learning/walk.h"
#include "train/rl/grpo.h"
#include "train/rl/ppo.h"
#include "train/supervised/orm.h"
#include "train/supervised/pretrain.h"
#include "train/supervised/prm.h"
#include "train/supervised/sft.h"

#include <memory>
#include <string>

namespace qstar::train {

namespace {

// A corpus, or only a look at the class that would write it.
struct CorpusCall {
    CorpusOptions corpus;
    bool info = false;
    int64_t info_problems = 2000;
};

void describe(Flags& f, CorpusCall& o) {
    describe(f, o.corpus);
    f.mark("info", o.info, "only print the class and how often each pupil is right").quiet();
    f.number("info-problems", o.info_problems, 1, kMost, "problems that --info tries").quiet();
}

void corpus_or_info(const CorpusCall& call) {
    check(flags_of(call));
    if (call.info)
        print_class(call.corpus, call.info_problems);
    else
        corpus(call.corpus);
}

// Its flags are those of the world that the line names.
Command corpus_command() {
    const auto call = std::make_shared<CorpusCall>();
    Command command{"corpus", "write the class's worksheets"};
    describe(command.flags, *call);
    command.run = [call](const Call&) { corpus_or_info(*call); };
    command.note = "Each world has flags of its own. Here stand those of " + call->corpus.world +
                   ", or of the world that --world names: " + taught_worlds() + ".";
    command.decider = "world";
    command.flags_for = [call](const std::string& world) {
        call->corpus.world = world;
        call->corpus.teaching(); // an error if there is no such world
        Flags flags;
        describe(flags, *call);
        return flags;
    };
    return command;
}

void label_here(const LabelOptions& options) { label(options); }
void rank_here(const RankOptions& options) { rank(options); }

} // namespace

Command command() {
    Command train{"train", "make a corpus and train the models, stage by stage"};
    train.commands = {
        corpus_command(),
        described_command("pretrain", "next-token prediction on the worksheets, or on a text",
                          pretrain),
        described_command("sft", "fine-tune on the curated set", sft),
        described_command("sample", "let the tuned model solve training problems", sample),
        described_command("label", "label the sampled solutions", label_here),
        described_command("orm", "outcome reward model, from final answers", orm),
        described_command("prm", "process reward model, from labels of steps", prm),
        described_command("rank", "put the sampled outputs of each prompt in order", rank_here),
        described_command("reward", "reward model from ranks (Bradley and Terry)", reward),
        described_command("dpo", "DPO, or IPO: the policy learns from ranks", dpo),
        described_command("ppo", "PPO against a reward model or the verifier", ppo),
        described_command("grpo", "GRPO, or RLOO: groups of solutions, no value function", grpo),
        described_command("rollout", "label steps by what the policy still makes of them", rollout),
        described_command("select",
                          "pick the solutions that are worth labels: convincing wrong ones",
                          train::select),
        described_command("q", "Q-values of steps by fitted Q iteration on roll-outs", q),
        described_command("star", "the policy learns from its own right answers, and from hints",
                          star),
        described_command("self-play",
                          "search finds, the verifier confirms, the policy learns, again",
                          self_play),
        described_command("distil", "searched solutions back into a policy without a search",
                          distil),
        described_command("davi", "the cost to go of a puzzle by deep approximate value iteration",
                          davi),
        described_command("deep-q", "Q-values of a puzzle's actions by deep Q-learning, for Q*",
                          deep_q),
        described_command("walk", "how far a puzzle's goal is, from the lengths of random walks",
                          walk),
    };
    return train;
}

} // namespace qstar::train
