#include "eval/commands/puzzle_commands.h"

#include "engine/base/error.h"
#include "engine/run/run_folder.h"
#include "eval/studies/actions.h"
#include "train/commands/flags.h"
#include "train/q_learning/davi.h"
#include "train/q_learning/deep_q.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>

namespace qstar::eval {

namespace {

// What trains Lights Out 5x5 in half a minute. Without a bound the first targets are 1, 2, 3, ...
// up to the true distance, which is what the network's features can express.
train::DeepQOptions lights_out_training() {
    train::DeepQOptions training;
    training.puzzle.world = "lights-out";
    training.puzzle.size = 5;
    training.bound = "none";
    training.width = 64;
    training.blocks = 1;
    training.steps = 2000;
    training.batch = 100;
    training.lr = 3e-3;
    training.scramble = 12;
    training.check_every = 20;
    training.target_loss = 0.03;
    return training;
}

void add_puzzles(CLI::App& eval, const Common& common) {
    CLI::App* command = eval.add_subcommand(
        "puzzles", "What searches solve of fresh states of a puzzle, and how near to the shortest");
    const auto o = std::make_shared<PuzzleEvalOptions>();
    train::flag(command, "--world", o->search.puzzle.world, "sliding, lights-out, cube2 or cube3");
    train::flag(command, "--run", o->search.run, "the run's folder");
    command
        ->add_option("--methods", o->methods,
                     "greedy, best-of-n, beam, mcts, astar, qstar: astar,qstar")
        ->delimiter(',')
        ->capture_default_str();
    train::flag(command, "--problems", o->problems, "how many fresh states");
    train::flag(command, "--states", o->states, "a file of states instead");
    command->add_flag("--skip-bad", o->search.skip_bad, "leave bad lines of the file out");
    train::flag(command, "--write", o->write, "write the states to this file");
    train::flag(command, "--out", o->out, "write the table's rows as JSON lines to this file");
    train::flag(command, "--weight", o->search.options.weight, "astar, qstar: f = g + weight * h");
    train::flag(command, "--batch", o->search.options.batch,
                "astar, qstar: nodes expanded together");
    train::flag(command, "--width", o->search.options.width, "of the beam");
    search::add_puzzle_flags(*command, o->search);
    command->callback([o, &common] {
        o->seed = seed_for(common, o->search.run);
        puzzles(*o);
    });
}

void add_actions(CLI::App& eval, const Common& common) {
    CLI::App* command =
        eval.add_subcommand("actions", "A* against Q* on a puzzle with more and more actions");
    const auto o = std::make_shared<ActionsOptions>();
    train::DeepQOptions& t = o->training;
    t.bound = "none"; // both networks learn all of it
    train::flag(command, "--world", t.puzzle.world, "lights-out, cube2 or cube3");
    train::flag(command, "--run", t.run, "the run's folder");
    command
        ->add_option("--sets", o->sets,
                     "lights-out: widths; cubes: turns in a composed action: 1,2,3")
        ->delimiter(',')
        ->required();
    train::flag(command, "--problems", o->problems, "fresh states for each set");
    train::flag(command, "--steps", t.steps, "training steps of each network");
    train::flag(command, "--train-batch", t.batch, "states a training step");
    train::flag(command, "--lr", t.lr, "learning rate at its peak");
    train::flag(command, "--net-width", t.width, "of the networks");
    train::flag(command, "--blocks", t.blocks, "of the networks");
    train::flag(command, "--scramble", t.scramble,
                "moves from the goal, at most; 0: by the puzzle");
    train::flag(command, "--bound", t.bound, "lower bound that the networks add to");
    train::flag(command, "--check-every", t.check_every, "steps between two looks at the loss");
    train::flag(command, "--target-loss", t.target_loss, "below it the target network is renewed");
    train::flag(command, "--patience", t.patience, "looks after which it is renewed in any case");
    train::flag(command, "--each", t.each, "deep-q: actions of each state that are learned from");
    train::flag(command, "--weight", o->options.weight, "f = g + weight * h");
    train::flag(command, "--batch", o->options.batch, "nodes expanded together");
    train::flag(command, "--nodes", o->options.nodes, "budget: states kept, for each problem");
    train::flag(command, "--seconds", o->options.seconds, "budget, for each problem; 0: no bound");
    command->add_flag("--mirror", o->mirror,
                      "the mean of h, and of Q, over a state and its mirror images");
    command->callback([o, &common] {
        o->seed = seed_for(common, o->training.run);
        actions(*o);
    });
}

} // namespace

void add_puzzle_commands(CLI::App& eval, const Common& common) {
    add_puzzles(eval, common);
    add_actions(eval, common);
}

void puzzle_demo(const std::string& world, const std::string& run, uint64_t seed, bool quick) {
    if (world != "lights-out")
        fail("unknown world \"{}\": the demo of a puzzle is that of lights-out", world);
    const auto begin = std::chrono::steady_clock::now();
    train::DeepQOptions training = lights_out_training();
    training.run = run;
    training.seed = seed;
    if (quick) training.puzzle.size = 3, training.steps = 300;
    fmt::print("[davi] the cost to go, from states that were scrambled "
               "from the goal\n");
    train::davi(training);
    fmt::print("[deep-q] the same for each action of a state, for Q*\n");
    train::deep_q(training);

    fmt::print("[puzzles] 100 fresh states, every method on the same ones\n");
    PuzzleEvalOptions eval;
    eval.search.puzzle = training.puzzle;
    eval.search.run = run;
    eval.search.heuristic = "model";
    eval.search.mirror = true;
    eval.search.options.nodes = 50'000;
    eval.search.options.weight = 4;
    eval.methods = {"greedy", "best-of-n", "beam", "mcts", "astar", "qstar"};
    eval.seed = seed;
    puzzles(eval);
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
    fmt::print("\nThe run is in {}; this call took {:.0f} s.\n", run, passed.count());
}

} // namespace qstar::eval
