#include "eval/demo/puzzle_demo.h"

#include "engine/base/error.h"
#include "eval/studies/puzzles.h"
#include "train/q_learning/davi.h"
#include "train/q_learning/deep_q.h"

#include <chrono>

namespace qstar::eval {

namespace {

// What trains Lights Out 5x5 in half a minute. Without a bound the first targets are 1, 2, 3, ...
// up to the true distance, which is what the network's features can express.
train::DeepQOptions lights_out_training() {
    train::DeepQOptions training;
    train::ValueOptions& value = training.value;
    value.puzzle.world = "lights-out";
    value.puzzle.size = 5;
    value.bound = "none";
    value.width = 64;
    value.blocks = 1;
    value.steps = 2000;
    value.loop.batch = 100;
    value.loop.lr = 3e-3;
    value.scramble = 12;
    value.check_every = 20;
    value.target_loss = 0.03;
    return training;
}

} // namespace

void puzzle_demo(const std::string& world, const std::string& run, uint64_t seed, bool quick) {
    if (world != "lights-out")
        fail("unknown world \"{}\": the demo of a puzzle is that of lights-out", world);
    const auto begin = std::chrono::steady_clock::now();
    train::DeepQOptions training = lights_out_training();
    training.value.stage.run = run;
    training.value.stage.seed = seed;
    if (quick) training.value.puzzle.size = 3, training.value.steps = 300;
    fmt::print("[davi] the cost to go, from states that were scrambled "
               "from the goal\n");
    train::davi(training.value);
    fmt::print("[deep-q] the same for each action of a state, for Q*\n");
    train::deep_q(training);

    fmt::print("[puzzles] 100 fresh states, every method on the same ones\n");
    PuzzleEvalOptions eval;
    eval.search.puzzle = training.value.puzzle;
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
