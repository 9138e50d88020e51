#include "eval/demo/puzzle_demo.h"

#include "engine/io/files.h"
#include "eval/demo/demo_stages.h"

#include <chrono>
#include <fmt/core.h>

namespace qstar::eval {

namespace {

// 100 fresh states, or as many as it takes, by networks of the run. The rows of the table are kept
// in RUN/FILE.
PuzzleEvalOptions measure_by_networks(const DemoOptions& demo, const search::PuzzleChoice& puzzle,
                                      const char* file) {
    auto eval = of<PuzzleEvalOptions>(demo);
    eval.search.puzzle = puzzle;
    eval.search.heuristic = "model";
    eval.out = join_path(demo.run, file);
    return eval;
}

struct Perform {
    void operator()(const train::ValueOptions& options) const { train::davi(options); }
    void operator()(const train::DeepQOptions& options) const { train::deep_q(options); }
    void operator()(const train::WalkOptions& options) const { train::walk(options); }
    void operator()(const PuzzleEvalOptions& options) const { puzzles(options); }
};

} // namespace

PuzzlePlan lights_out_plan(const DemoOptions& options) {
    // Without a bound the first targets are 1, 2, 3, ... up to the true distance, which is what the
    // network's features can express.
    auto training = of<train::DeepQOptions>(options);
    train::ValueOptions& value = training.value;
    value.training.puzzle.world = "lights-out";
    value.training.puzzle.size = options.quick ? 3 : 5;
    value.training.bound = "none";
    value.training.width = 64;
    value.training.blocks = 1;
    value.training.steps = options.quick ? 300 : 2000;
    value.training.loop.batch = 100;
    value.training.loop.lr = 3e-3;
    value.training.scramble = 12;
    value.check_every = 20;
    value.target_loss = 0.03;

    auto eval = measure_by_networks(options, value.training.puzzle, "puzzles.jsonl");
    eval.methods = {"greedy", "best-of-n", "beam", "mcts", "astar", "qstar"};
    eval.search.mirror = true;
    eval.search.options.nodes = 50'000;
    eval.search.options.shared.weight = 4;
    return {{{"davi", "the cost to go, from states that were scrambled from the goal", value},
             {"deep-q", "the same for each action of a state, for Q*", training},
             {"puzzles", "100 fresh states, every method on the same ones", eval}},
            ""};
}

PuzzlePlan cube_plan(const DemoOptions& options) {
    const bool quick = options.quick;

    // Every state of the 2x2x2 is 14 quarter turns away at most: value iteration reaches them all.
    auto value = of<train::ValueOptions>(options);
    value.training.puzzle.world = "cube2";
    value.training.width = quick ? 64 : 256;
    value.training.blocks = 1;
    value.training.steps = quick ? 200 : 4000;
    value.training.loop.batch = quick ? 100 : 500;
    value.training.scramble = 16;
    value.check_every = quick ? 10 : 50;
    // What it has learned of states, said of all turns of a state at once.
    auto turns = of<train::DeepQOptions>(options);
    turns.value = value;
    turns.value.training.steps = quick ? 100 : 1500;
    turns.teacher = "davi";
    turns.each = 6;

    auto fresh = measure_by_networks(options, value.training.puzzle, "puzzles-2x2x2.jsonl");
    fresh.methods = {"beam", "astar", "qstar"};
    fresh.problems = quick ? 5 : 200;
    fresh.search.options.shared.batch = 16;
    fresh.search.options.shared.weight = 0.9; // a tenth less of h is rarely above the truth
    fresh.search.options.nodes = quick ? 20'000 : 300'000;

    // The 3x3x3 is too deep for that: walks from the goal say which of two states is nearer.
    auto walk = of<train::WalkOptions>(options);
    walk.q = true;
    walk.training.puzzle.world = "cube3";
    walk.training.width = quick ? 32 : 384;
    walk.training.steps = quick ? 20 : 5000;
    walk.training.canonical = true;
    walk.training.scramble = 26;
    walk.training.loop.batch = quick ? 64 : 2000;
    walk.training.loop.lr_floor = 0.01;
    walk.training.loop.warmup = quick ? 5 : 500;

    auto wide = measure_by_networks(options, walk.training.puzzle, "puzzles-3x3x3.jsonl");
    wide.methods = {"beam"};
    wide.problems = quick ? 1 : 5;
    wide.search.options.hashed = true;
    wide.search.options.shared.width = quick ? 64 : 16'384;
    wide.search.options.nodes = quick ? 2000 : 2'000'000;

    return {
        {{"davi", "2x2x2: the cost to go, from states that were scrambled from the goal", value},
         {"deep-q", "2x2x2: the same for each turn of a state, for Q*", turns},
         {"puzzles 2x2x2", "fresh states, every method on the same ones", fresh},
         {"walk", "3x3x3: how long was the random walk that came here, and which turn goes back?",
          walk},
         {"puzzles 3x3x3", "a few fresh states by a beam", wide}},
        fmt::format("Scramble a cube of your own, R clockwise, R' the other way, R2 twice:\n\n"
                    "    qstar search --world cube3 --run {0} --heuristic model --method beam "
                    "--hashed --width 16384 --scramble \"R U2 F' L D B2 R' U\"\n\n"
                    "or by clicking, and watch it being solved, in the tab Puzzle of any demo's "
                    "page:\n\n"
                    "    qstar demo --quick --run runs/quick\n"
                    "    qstar eval serve --run runs/quick --puzzles {0}\n",
                    options.run)};
}

void puzzle_demo(const DemoOptions& options, const PuzzlePlan& plan) {
    const auto begin = std::chrono::steady_clock::now();
    StageTimes times(options);
    for (const PuzzleStage& stage : plan.stages) {
        times.next(stage.name, stage.what);
        std::visit(Perform{}, stage.options);
    }
    times.end();
    if (!plan.end.empty()) fmt::print("\n{}", plan.end);
    say_end(options, begin);
}

} // namespace qstar::eval
