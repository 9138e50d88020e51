#include "train/commands/rank_commands.h"

#include "train/annotation/rank.h"
#include "train/commands/flags.h"
#include "train/preference/bradley_terry.h"
#include "train/preference/dpo.h"

#include <memory>

namespace qstar::train {

namespace {

void add_rank(CLI::App& root, const Common& common, CLI::App& group) {
    const auto o = std::make_shared<RankOptions>();
    CLI::App* app =
        add_stage(root, common, group, "rank", "put the sampled outputs of each prompt in order", o,
                  [](const RankOptions& options) { rank(options); });
    flag(app, "--judge", o->judge, "who ranks: simulated (a person with a hidden taste), or me");
    flag(app, "--outputs", o->outputs, "shown of each prompt, at most");
    flag(app, "--problems", o->problems, "rank only the first so many prompts; 0: all");
    flag(app, "--solutions", o->solutions, "a file of solutions, instead of DIR/samples");
    add_skip_bad(app, *o);
    flag(app, "--name", o->name, "folder in the run, for ranks by several judges");
    flag(app, "--correct", o->person.taste.correct, "weight of a right answer in the taste");
    flag(app, "--work", o->person.taste.work, "weight of shown work");
    flag(app, "--brief", o->person.taste.brief, "weight of brevity");
    flag(app, "--tidy", o->person.taste.tidy, "weight of tidiness");
    flag(app, "--noise", o->person.noise, "of Bradley and Terry, in units of the taste");
    flag(app, "--disagreement", o->person.disagreement, "rate of pairs that are turned round");
    flag(app, "--world", o->world, "world of the problems");
}

void add_reward_of_ranks(CLI::App& root, const Common& common, CLI::App& group) {
    const auto o = std::make_shared<BradleyTerryOptions>();
    CLI::App* app = add_stage(root, common, group, "reward",
                              "reward model from ranks (Bradley and Terry)", o, reward);
    add_reward(app, *o);
    flag(app, "--name", o->name, "folder in the run, for models of several judges");
}

void add_dpo(CLI::App& root, const Common& common, CLI::App& group) {
    const auto o = std::make_shared<DpoOptions>();
    CLI::App* app =
        add_stage(root, common, group, "dpo", "DPO, or IPO: the policy learns from ranks", o, dpo);
    add_loop(app, *o);
    flag(app, "--name", o->name, "folder of the stage in the run");
    flag(app, "--from", o->from, "stage whose policy is trained; it stays the reference");
    flag(app, "--labels", o->labels, "a file of ranks, instead of DIR/ranks");
    add_skip_bad(app, *o);
    flag(app, "--loss", o->loss, "dpo, or ipo");
    flag(app, "--beta", o->beta, "price of a nat of KL to the reference");
    flag(app, "--epochs", o->epochs, "passes over the ranks");
    flag(app, "--limit", o->limit, "use only the first so many prompts; 0: all");
    flag(app, "--kl-episodes", o->kl_episodes, "solutions by which the KL is estimated; 0: never");
}

} // namespace

void add_rank_commands(CLI::App& root, const Common& common, CLI::App& group) {
    add_rank(root, common, group);
    add_reward_of_ranks(root, common, group);
    add_dpo(root, common, group);
}

} // namespace qstar::train
