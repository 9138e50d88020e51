#include "train/commands/puzzle_commands.h"

#include "train/commands/flags.h"
#include "train/q_learning/davi.h"
#include "train/q_learning/deep_q.h"

#include <CLI/CLI.hpp>

namespace qstar::train {

namespace {

void add_value(CLI::App* app, ValueOptions& o) {
    flag(app, "--world", o.puzzle.world, "puzzle: sliding, lights-out, cube2 or cube3");
    flag(app, "--size", o.puzzle.size, "width of sliding (0: 4) and lights-out (0: 7)");
    flag(app, "--compose", o.puzzle.compose, "cubes: products of up to so many turns are actions");
    flag(app, "--moves", o.puzzle.moves, "cubes: a file of move tables instead of the turns");
    flag(app, "--steps", o.steps, "of gradient descent");
    flag(app, "--width", o.width, "of the MLP");
    flag(app, "--blocks", o.blocks, "of the MLP, residual, two layers each");
    flag(app, "--scramble", o.scramble, "moves from the goal, at most; 0: by the puzzle");
    flag(app, "--bound", o.bound,
         "lower bound that the network adds to: none, manhattan, walking-distance, lights, "
         "misplaced; empty: the puzzle's best");
    flag(app, "--check-every", o.check_every, "steps between two looks at the loss");
    flag(app, "--target-loss", o.target_loss, "below it the target network is renewed");
    flag(app, "--patience", o.patience, "looks after which it is renewed in any case");
    flag(app, "--name", o.name, "folder in the run; empty: the stage's name");
}

} // namespace

void add_puzzle_commands(CLI::App& app, const Common& common, CLI::App& group) {
    const auto value = std::make_shared<ValueOptions>();
    CLI::App* command =
        add_stage(app, common, group, "davi",
                  "the cost to go of a puzzle by deep approximate value iteration", value, davi);
    add_loop(command, *value);
    add_value(command, *value);

    const auto q = std::make_shared<DeepQOptions>();
    command = add_stage(app, common, group, "deep-q",
                        "Q-values of a puzzle's actions by deep Q-learning, for Q*", q, deep_q);
    add_loop(command, *q);
    add_value(command, *q);
    flag(command, "--each", q->each, "actions of each state that are learned from");
}

} // namespace qstar::train
