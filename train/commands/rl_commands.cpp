#include "train/commands/rl_commands.h"

#include "train/commands/flags.h"
#include "train/rl/grpo.h"
#include "train/rl/ppo.h"

namespace qstar::train {

namespace {

void add_loop_of_rl(CLI::App* app, RlOptions& o) {
    add_loop(app, o);
    flag(app, "--name", o.name, "folder of the stage in the run");
    flag(app, "--from", o.from, "stage whose policy is trained; it stays the reference");
    flag(app, "--reward", o.reward, "verifier, orm, prm, or reward (the model of ranks)");
    flag(app, "--step-pay", o.step_pay,
         "what the prm pays for a step: product (the change it makes) or sum (its probability)");
    flag(app, "--steps", o.steps, "each with new episodes, --batch of them");
    flag(app, "--epochs", o.epochs, "passes over the episodes of a step");
    flag(app, "--minibatch", o.minibatch, "episodes an update");
    flag(app, "--epsilon", o.epsilon, "of the clip");
    flag(app, "--max-tokens", o.max_tokens, "of a solution");
    flag(app, "--min-operands", o.min_operands, "of the problems; 0: as in the corpus");
    app->add_flag("--summary", o.summary,
                  "print the course of the training: reward hacking shows with --kl 0");
}

void add_ppo(CLI::App& root, const Common& common, CLI::App& group) {
    const auto o = std::make_shared<PpoOptions>();
    CLI::App* app =
        add_stage(root, common, group, "ppo", "PPO against a reward model or the verifier", o, ppo);
    add_loop_of_rl(app, *o);
    flag(app, "--value-from", o->value_from,
         "stage whose weights the value function starts from; default: the reward model's");
    flag(app, "--extra-layers", o->extra_layers, "of the value function, if that is a policy");
    flag(app, "--value-lr", o->value_lr, "learning rate of the value function at its peak");
    flag(app, "--value-epsilon", o->value_epsilon, "of the value's clip");
    flag(app, "--gamma", o->gamma, "discount");
    flag(app, "--lambda", o->lambda, "of the generalised advantage estimation");
    flag(app, "--kl", o->kl, "coefficient of the KL penalty at the beginning; 0: none");
    flag(app, "--kl-target", o->kl_target,
         "nats a solution, to which the coefficient steers; 0: it stays as it is");
    flag(app, "--kl-gain", o->kl_gain, "how fast it steers");
}

void add_grpo(CLI::App& root, const Common& common, CLI::App& group) {
    const auto o = std::make_shared<GrpoOptions>();
    CLI::App* app = add_stage(root, common, group, "grpo",
                              "GRPO, or RLOO: groups of solutions, no value function", o, grpo);
    add_loop_of_rl(app, *o);
    flag(app, "--group", o->group, "solutions of a problem");
    flag(app, "--baseline", o->baseline, "group (GRPO), mean (no deviation) or rloo");
    flag(app, "--kl", o->kl, "coefficient of the KL to the reference; 0: none");
}

} // namespace

void add_rl(CLI::App& root, const Common& common, CLI::App& group) {
    add_ppo(root, common, group);
    add_grpo(root, common, group);
}

} // namespace qstar::train
