#include "eval/studies/actions.h"

#include "engine/base/error.h"
#include "engine/base/range.h"
#include "engine/io/files.h"
#include "eval/measure/study.h"
#include "eval/plot/plot.h"
#include "train/q_learning/davi.h"
#include "train/q_learning/walk.h"

#include <fmt/core.h>
#include <string>

namespace qstar::eval {

namespace {

search::PuzzleChoice choice_of(const ActionsOptions& options, int set) {
    search::PuzzleChoice choice = options.q.value.training.puzzle;
    (choice.world == "lights-out" ? choice.size : choice.compose) = set;
    return choice;
}

bool by_walks(const ActionsOptions& options) { return options.learning == "walks"; }

// Trains both networks for a set; gives their stages.
struct Networks {
    std::string value, q;
};
Networks train_networks(const ActionsOptions& options, int set) {
    train::DeepQOptions q = options.q;
    q.value.training.puzzle = choice_of(options, set);
    q.value.training.stage.seed = options.seed;
    q.value.training.stage.quiet = options.quiet;
    Networks names{fmt::format("davi-{}", set), fmt::format("deep-q-{}", set)};
    train::ValueOptions value = q.value;
    if (by_walks(options)) {
        const int turns = value.training.puzzle.compose; // of an action
        value.training.puzzle.compose = 1;
        names.value = fmt::format("walk-{}", turns > 1 ? 1 : set);
        value.training.name = names.value;
        train::walk({value.training});
        if (value.training.scramble == 0)
            value.training.scramble =
                train::default_scramble(*search::make_space(value.training.puzzle));
        q.value.training.scramble = (value.training.scramble + turns - 1) / turns;
        q.teacher = names.value;
    } else {
        value.training.name = names.value;
        train::davi(value);
    }
    q.value.training.name = names.q;
    if (options.q_steps > 0) q.value.training.steps = options.q_steps;
    train::deep_q(q);
    return names;
}

// A bar for each set, as long as the ratio.
std::string ratios(const std::vector<std::pair<PuzzleRow, PuzzleRow>>& pairs) {
    std::string out;
    for (const auto& [astar, qstar] : pairs) {
        const double nodes = astar.generated / qstar.generated,
                     time = astar.seconds / qstar.seconds;
        out += fmt::format("{:>5} actions  generated {:6.1f} x |", astar.actions, nodes);
        for (double bar = 1; bar <= nodes && bar < 1e6; bar *= 1.25) out += '#';
        out += fmt::format("\n               seconds   {:6.1f} x |", time);
        for (double bar = 1; bar <= time && bar < 1e6; bar *= 1.25) out += '=';
        out += "\n";
    }
    return out;
}

// What both searches need, against the number of actions.
Plot plot(const ActionsOptions& options, const std::vector<PuzzleRow>& rows, const char* what,
          double PuzzleRow::*value) {
    Plot plot;
    plot.title = fmt::format("{}: A* against Q*, {} fresh states for each set of actions, seed {}",
                             options.q.value.training.puzzle.world, options.problems, options.seed);
    plot.x_label = "actions of a state";
    plot.y_label = fmt::format("{}, mean of all states", what);
    plot.log_x = plot.log_y = true;
    plot.wide = plot.narrow = 640;
    plot.series = {{"A*, value network", {}}, {"Q*, Q-network", {}}};
    for (const PuzzleRow& row : rows) {
        PlotPoint point;
        point.x = static_cast<double>(row.actions);
        point.y = row.*value;
        point.title = fmt::format("{}, {} actions: {:g}", row.method, row.actions, point.y);
        plot.series[row.method == "qstar"].points.push_back(point);
    }
    return plot;
}

} // namespace

void describe(Flags& f, ActionsOptions& o) {
    train::DeepQOptions& t = o.q;
    f.text("world", t.value.training.puzzle.world, "lights-out, cube2 or cube3")
        .offers({"lights-out", "cube2", "cube3"});
    f.text("run", t.value.training.stage.run, "the run's folder");
    f.seed(o.seed);
    f.list("sets", o.sets, 1, 40, "lights-out: widths; cubes: turns in a composed action: 1,2,3")
        .required();
    f.number("problems", o.problems, 1, 10'000'000, "fresh states for each set");
    f.choice("learning", o.learning, {"value-iteration", "walks"},
             "davi and deep-q, or walk and a Q-network that it teaches");
    f.number("steps", t.value.training.steps, 1, kMost, "training steps of each network");
    f.number("q-steps", o.q_steps, 0, kMost, "of each Q-network; 0: as many");
    f.number("train-batch", t.value.training.loop.batch, 1, 1'000'000, "states a training step");
    f.number("lr", t.value.training.loop.lr, 0, 10, "learning rate at its peak");
    f.number("net-width", t.value.training.width, 1, 100'000, "of the networks");
    f.number("blocks", t.value.training.blocks, 0, 1000, "of the networks");
    f.number("scramble", t.value.training.scramble, 0, 1'000'000,
             "moves from the goal, at most; 0: by the puzzle");
    f.text("bound", t.value.training.bound, "lower bound that the networks add to")
        .offers({"none", "manhattan", "walking-distance", "lights", "misplaced"});
    f.number("check-every", t.value.check_every, 1, kMost, "steps between two looks at the loss");
    f.number_above("target-loss", t.value.target_loss, 0, 1e9,
                   "below it the target network is renewed");
    f.number("patience", t.value.patience, 1, kMost, "looks after which it is renewed in any case");
    f.number("each", t.each, 1, kMost, "deep-q: actions of each state that are learned from");
    search::search_option(f, "weight", o.options.shared.weight);
    search::search_option(f, "batch", o.options.shared.batch);
    search::search_option(f, "nodes", o.options.nodes);
    search::search_option(f, "seconds", o.options.shared.seconds);
    f.mark("mirror", o.mirror, "the mean of h, and of Q, over a state and its mirror images");
}

void actions(const ActionsOptions& options) {
    if (options.sets.empty()) fail("--sets: expected at least one, found none");
    check(flags_of(options));
    check(flags_of(options.q));
    std::vector<PuzzleRow> rows;
    std::vector<std::pair<PuzzleRow, PuzzleRow>> pairs;
    for (const int set : options.sets) {
        const Networks networks = train_networks(options, set);
        const search::PuzzleChoice puzzle = choice_of(options, set);
        const auto space = search::make_space(puzzle);
        const std::vector<search::State> states =
            fresh_states(*space, options.problems, options.seed);
        const std::vector<int64_t> shortest = shortest_lengths(*space, states);
        search::PuzzleSearch search;
        search.puzzle = puzzle;
        search.options = options.options;
        if (by_walks(options)) search.options.shared.weight /= puzzle.compose;
        search.heuristic = "model";
        search.mirror = options.mirror;
        for (const char* method : {"astar", "qstar"}) {
            search.method = method;
            search.model =
                train::model_path(options.q.value.training.stage.run,
                                  search.method == "astar" ? networks.value : networks.q);
            rows.push_back(measure(*space, search, states, shortest, options.quiet));
        }
        pairs.emplace_back(rows[rows.size() - 2], rows.back());
    }
    const std::string text = fmt::format(
        "A* against Q* on {}, {} fresh states for each set, seed {}; networks trained by {}, {} "
        "steps, Q {}.\n\n{}",
        options.q.value.training.puzzle.world, options.problems, options.seed, options.learning,
        options.q.value.training.steps,
        options.q_steps > 0 ? options.q_steps : options.q.value.training.steps,
        table_of(rows).markdown());
    const std::string file = join_path(options.q.value.training.stage.run, "actions");
    write_file_atomic(file + "-generated.svg",
                      picture(plot(options, rows, "states made", &PuzzleRow::generated)));
    write_file_atomic(file + "-seconds.svg",
                      picture(plot(options, rows, "seconds a state", &PuzzleRow::seconds)));
    write_file_atomic(file + "-memory.svg",
                      picture(plot(options, rows, "bytes a search", &PuzzleRow::bytes)));
    write_study(file, options, {{"rows", table_of(rows).json()}}, text);
    if (!options.quiet) fmt::print("\nA* by Q*:\n\n{}", ratios(pairs));
}

} // namespace qstar::eval
