#include "train/commands/step_commands.h"

#include "train/annotation/rollout.h"
#include "train/annotation/select.h"
#include "train/commands/flags.h"
#include "train/expert_iteration/distil.h"
#include "train/expert_iteration/self_play.h"
#include "train/expert_iteration/star.h"
#include "train/q_learning/q.h"

#include <memory>

namespace qstar::train {

namespace {

void add_search(CLI::App* app, SearchFlags& o) {
    flag(app, "--method", o.method, "of the search: astar, beam, best-of-n, majority");
    flag(app, "--budget", o.budget, "tokens a problem, proposed and scored");
    flag(app, "--proposals", o.proposals, "beam, astar: draws for each expanded path");
    flag(app, "--width", o.width, "beam: paths kept");
    flag(app, "--weight", o.weight, "astar: of h");
    flag(app, "--temperature", o.temperature, "of the search's draws");
    flag(app, "--aggregate", o.aggregate, "a path's score from its steps': product, minimum, last");
}

void add_rollout(CLI::App& root, const Common& common, CLI::App& group) {
    const auto o = std::make_shared<RolloutOptions>();
    CLI::App* app = add_stage(root, common, group, "rollout",
                              "label steps by what the policy still makes of them", o, rollout);
    flag(app, "--search", o->search, "all: estimate every step; binary: look for the first error");
    flag(app, "--rollouts", o->rollouts, "completions of each prefix");
    flag(app, "--temperature", o->temperature, "of the completions");
    flag(app, "--from", o->from, "stage whose model completes");
    flag(app, "--solutions", o->solutions, "a file of solutions, instead of DIR/samples");
    add_skip_bad(app, *o);
    flag(app, "--limit", o->limit, "use only the first so many solutions; 0: all");
    flag(app, "--name", o->name, "folder in the run (default: rollout or rollout-binary)");
    flag(app, "--world", o->world, "world of the problems");
}

void add_select(CLI::App& root, const Common& common, CLI::App& group) {
    const auto o = std::make_shared<SelectOptions>();
    CLI::App* app =
        add_stage(root, common, group, "select",
                  "pick the solutions that are worth labels: convincing wrong ones", o, select);
    flag(app, "--scorer", o->scorer, "stage of the PRM that selects");
    flag(app, "--solutions", o->solutions, "a file of solutions, instead of DIR/samples");
    add_skip_bad(app, *o);
    flag(app, "--each", o->each, "solutions picked of a problem");
    flag(app, "--wrong", o->wrong, "share of convincing wrong answers");
    flag(app, "--limit", o->limit, "of the first so many solutions only; 0: all");
    flag(app, "--world", o->world, "world of the problems");
}

void add_explore(CLI::App* app, ExploreOptions& o) {
    flag(app, "--samples", o.samples, "roll-outs of each problem");
    flag(app, "--next", o.proposals, "draws of the next step at each state, for the maximum");
    flag(app, "--explore", o.temperature, "temperature of the roll-outs");
}

void add_q(CLI::App& root, const Common& common, CLI::App& group) {
    const auto o = std::make_shared<QOptions>();
    CLI::App* app = add_stage(root, common, group, "q",
                              "Q-values of steps by fitted Q iteration on roll-outs", o, q);
    add_loop(app, *o);
    add_explore(app, o->explore);
    flag(app, "--problems", o->problems, "training problems that are rolled out");
    flag(app, "--from", o->from, "stage whose model is rolled out and has the first weights");
    flag(app, "--epochs", o->epochs, "passes over the roll-outs in each iteration");
    flag(app, "--iterations", o->iterations, "of the target network");
    flag(app, "--start", o->start, "first targets: monte-carlo (returns) or zero (rewards only)");
    flag(app, "--discount", o->discount, "of the value a step later");
    flag(app, "--extra-layers", o->extra_layers, "layers more than the policy has");
    flag(app, "--text-weight", o->text, "weight of the next-token loss on right solutions");
    flag(app, "--world", o->world, "world of the problems");
}

void add_star(CLI::App& root, const Common& common, CLI::App& group) {
    const auto o = std::make_shared<StarOptions>();
    CLI::App* app =
        add_stage(root, common, group, "star",
                  "the policy learns from its own right answers, and from hints", o, star);
    add_loop(app, *o);
    flag(app, "--from", o->from, "stage whose model begins");
    flag(app, "--rounds", o->rounds, "of writing and learning");
    flag(app, "--problems", o->problems, "training problems");
    flag(app, "--epochs", o->epochs, "passes over what a round found");
    flag(app, "--rationalise", o->rationalise, "try again with the answer as a hint");
    flag(app, "--dev-problems", o->dev_problems, "on which each round is measured");
    flag(app, "--world", o->world, "world of the problems");
}

void add_self_play(CLI::App& root, const Common& common, CLI::App& group) {
    const auto o = std::make_shared<SelfPlayOptions>();
    CLI::App* app =
        add_stage(root, common, group, "self-play",
                  "search finds, the verifier confirms, the policy learns, again", o, self_play);
    add_loop(app, *o);
    add_search(app, o->search);
    add_explore(app, o->q.explore);
    flag(app, "--from", o->from, "stage whose model begins");
    flag(app, "--rounds", o->rounds, "of search and learning");
    flag(app, "--problems", o->problems, "new training problems each round");
    flag(app, "--epochs", o->epochs, "passes over a round's confirmed solutions");
    flag(app, "--keep", o->keep, "different solutions of a problem, at most");
    flag(app, "--restart", o->restart, "each round tunes the first model, not the last");
    flag(app, "--guided", o->guided, "search with Q; without: roll-outs only");
    flag(app, "--dev-problems", o->dev_problems, "on which each round is measured");
    flag(app, "--q-lr", o->q.lr, "learning rate of Q");
    flag(app, "--q-epochs", o->q.epochs, "passes over the roll-outs in each iteration of Q");
    flag(app, "--q-iterations", o->q.iterations, "of Q's target network");
    flag(app, "--q-start", o->q.start, "first targets of Q: monte-carlo or zero");
    flag(app, "--world", o->q.world, "world of the problems");
}

void add_distil(CLI::App& root, const Common& common, CLI::App& group) {
    const auto o = std::make_shared<DistilOptions>();
    CLI::App* app = add_stage(root, common, group, "distil",
                              "searched solutions back into a policy without a search", o, distil);
    add_loop(app, *o);
    add_search(app, o->search);
    flag(app, "--teacher", o->teacher, "stage whose model searches");
    flag(app, "--scorer", o->scorer, "stage whose model scores: prm, orm, q, ... or none");
    flag(app, "--from", o->from, "stage whose model learns");
    flag(app, "--problems", o->problems, "training problems that are searched");
    flag(app, "--epochs", o->epochs, "passes over the solutions");
    flag(app, "--confirm", o->confirm,
         "learn all that was found (none), or what the verifier "
         "confirms (verifier)");
    flag(app, "--dev-problems", o->dev_problems, "on which both are measured");
    flag(app, "--world", o->world, "world of the problems");
}

} // namespace

void add_step_commands(CLI::App& app, const Common& common, CLI::App& group) {
    add_rollout(app, common, group);
    add_select(app, common, group);
    add_q(app, common, group);
    add_star(app, common, group);
    add_self_play(app, common, group);
    add_distil(app, common, group);
}

} // namespace qstar::train
