#include "search/puzzle_command.h"

#include "engine/base/error.h"
#include "engine/base/process.h"
#include "engine/base/range.h"
#include "engine/base/ranks.h"
#include "engine/io/files.h"
#include "engine/io/progress.h"
#include "engine/io/sha256.h"
#include "engine/run/record.h"
#include "engine/run/run_folder.h"
#include "engine/text/json.h"
#include "engine/text/jsonl.h"
#include "search/puzzles/value_model.h"
#include "search/results_log.h"
#include "search/solve.h"
#include "search/spaces/layer_space.h"
#include "search/spaces/views.h"

#include <cmath>
#include <fmt/core.h>
#include <memory>
#include <string>
#include <vector>

namespace qstar::search {

namespace {

// The state to which the actions lead.
State replay(const Space& space, State state, const std::vector<int>& actions,
             std::vector<std::string>* names) {
    for (const int action : actions) {
        if (!space.legal(state.data(), action))
            fail("{}: the search took an action that is not legal", space.name());
        if (names != nullptr) names->push_back(space.action_name(state.data(), action));
        space.apply(state.data(), action);
    }
    return state;
}

std::string model_file(const PuzzleSearch& flags, const char* stage) {
    const std::string path = join_path(join_path(flags.run, stage), "model.safetensors");
    if (!exists(path)) require_run(flags.run);
    if (!exists(path))
        fail("{} is missing: run `qstar train {} --run {} --world {}` first, or name a file with "
             "--model",
             path, stage, flags.run, flags.puzzle.world);
    return path;
}

// The file of the network that the search asks; empty: it asks none.
std::string value_model_file(const PuzzleSearch& flags) {
    if (flags.heuristic != "model") return "";
    if (!flags.model.empty()) return flags.model;
    const char* stage = flags.method == "qstar" ? "deep-q" : flags.options.hashed ? "walk" : "davi";
    return model_file(flags, stage);
}

std::string result_text(const Space& space, const StateLine& line, const PuzzleResult& result) {
    std::string out;
    for (const std::string& sentence : result.trace) out += sentence + "\n";
    if (!result.trace.empty()) out += "\n";
    std::vector<std::string> names;
    const State end = replay(space, line.state, result.actions, &names);
    out += space.text(line.state.data()) + "\n";
    for (const std::string& name : names) out += name + " ";
    out += "\n";
    if (result.solved)
        out += fmt::format("solved in {} steps\n", names.size());
    else
        out += fmt::format("not solved ({}); the best state found: {}\n",
                           result.ended == "exhausted" ? "nothing is left to expand"
                                                       : "budget of " + result.ended,
                           space.text(end.data()));
    return out + fmt::format("{} states expanded, {} generated, {} evaluated, {} kept in {:.1f} "
                             "MB ({:.0f} bytes each), {:.3f} s\n",
                             result.expanded, result.generated, result.evaluations, result.nodes,
                             static_cast<double>(result.bytes) / 1e6,
                             static_cast<double>(result.bytes) / static_cast<double>(result.nodes),
                             result.seconds);
}

} // namespace

void describe_puzzle(Flags& f, PuzzleSearch& o) {
    const size_t first = f.all.size();
    f.number("size", o.puzzle.size, 0, 40, "width of sliding and lights-out; 0: by the first state")
        .quiet(); // the states say it
    describe_cubes(f, o.puzzle).content();
    f.choice("goal", o.puzzle.goal, {"blank-last", "blank-first"},
             "sliding: 1 2 ... 0, or 0 1 2 ...: where others have the blank")
        .only_if(o.puzzle.goal != "blank-last");
    f.text("heuristic", o.heuristic,
           "model, or a bound: none, manhattan, walking-distance, lights, misplaced; empty: the "
           "puzzle's best bound")
        .offers({"model", "none", "manhattan", "walking-distance", "lights", "misplaced"});
    f.text("model", o.model,
           "a network's file; empty: RUN/davi's, for qstar RUN/deep-q's, with --hashed RUN/walk's")
        .content();
    f.number("bias", o.bias, -1e6, 1e6, "taken from the model's h");
    describe_puzzle_budgets(f, o.options);
    f.mark("mirror", o.mirror,
           "the mean of the model's h, or Q, over a state and its mirror images");
    f.mark("round", o.round, "the model's h to whole numbers of the right parity");
    f.choice("precision", o.precision, {"fp32", "bf16"},
             "of the model's products: fp32, or bf16 with sums in fp32")
        .only_if(o.precision != "fp32");
    for (size_t i = first; i < f.all.size(); ++i) f.all[i].in_group("Puzzles");
}

PuzzleModels load_puzzle_models(const Space& space, const PuzzleSearch& flags) {
    PuzzleModels models;
    bool wants_q = flags.method == "qstar";
    if (flags.heuristic == "model") {
        const std::string path = value_model_file(flags);
        auto model = std::make_unique<ValueModel>(space, path);
        const int different = views(space) / space.images();
        if (model->canonical() && (flags.mirror || flags.options.views > different))
            fail("{}: this network is shown one image of each state, so that others gain nothing: "
                 "expected no --mirror and --views of 1{}",
                 path, different > 1 ? " or 2" : "");
        if (flags.precision == "bf16") model->precision = engine::Precision::bf16;
        if (flags.options.hashed && model->is_q()) wants_q = true;
        if (wants_q) {
            if (!model->is_q())
                fail("{}: --method qstar needs a Q-network (`qstar train deep-q`), found a value "
                     "network",
                     path);
            models.q = std::move(model);
            if (flags.mirror) {
                models.q_model = std::move(models.q);
                models.q = std::make_unique<MirroredQ>(space, *models.q_model);
            }
            return models;
        }
        models.model = std::move(model);
        models.heuristic = models.model.get();
        if (flags.mirror) {
            models.mirrored = std::make_unique<Mirrored>(space, *models.heuristic);
            models.heuristic = models.mirrored.get();
        }
        if (flags.round || flags.bias != 0) {
            models.rounded = std::make_unique<Rounded>(space, *models.heuristic, best_bound(space),
                                                       static_cast<float>(flags.bias), flags.round);
            models.heuristic = models.rounded.get();
        }
        return models;
    }
    models.bound = make_bound(space, flags.heuristic.empty() ? best_bound(space) : flags.heuristic);
    models.heuristic = models.bound.get();
    if (wants_q) models.q = std::make_unique<OneStepQ>(space, *models.heuristic);
    return models;
}

namespace {

void say_memory(const Space& space, const PuzzleSearch& flags, const PuzzleModels& models) {
    if (!flags.options.hashed || !engine::is_first_rank()) return;
    const int64_t bytes =
        LayerSpace::memory(space, flags.options.shared.width, models.q != nullptr);
    fmt::print(stderr, "a beam of {} states takes {}, and of each beam {} are kept\n",
               flags.options.shared.width, engine::memory_text(bytes),
               engine::memory_text(int64_t{6} * flags.options.shared.width));
}

} // namespace

Json puzzle_json(const Space& space, const StateLine& line, const PuzzleResult& result) {
    std::vector<std::string> names;
    const State end = replay(space, line.state, result.actions, &names);
    Json json;
    json["problem"] = space.text(line.state.data());
    if (line.input != json["problem"]) json["input"] = line.input;
    json["answer"] = space.text(end.data());
    json["correct"] = result.solved && space.solved(end.data());
    json["steps"] = names;
    json["expanded"] = result.expanded;
    json["generated"] = result.generated;
    json["tokens"] = result.evaluations;
    json["evaluations"] = result.evaluations;
    json["nodes"] = result.nodes;
    json["bytes"] = result.bytes;
    json["seconds"] = std::round(result.seconds * 1e6) / 1e6;
    json["finished"] = result.solved;
    json["ended"] = result.ended;
    json["length"] = result.actions.size();
    return json;
}

namespace {

// All that decides about the results of a file of states.
Json call_of(const Space& space, const PuzzleSearch& flags, const std::vector<StateLine>& lines) {
    Json call{{"world", space.name()}, {"--method", flags.method}};
    Sha256 states;
    for (const StateLine& line : lines) states.update(line.input + "\n");
    call["the problems' SHA-256"] = states.digest();
    for (const std::string& file : {value_model_file(flags), moves_file(flags.puzzle)})
        if (!file.empty()) call["the SHA-256 of " + file] = sha256_file(file);
    PuzzleSearch described = flags;
    Flags own;
    describe(own, described.options.shared);
    describe_puzzle(own, described);
    call["--seed"] = flags.options.seed;
    for (const auto& [name, value] : record(own).items())
        if (name != "files") call["--" + name] = value;
    return call;
}

void search_file(const PuzzleSearch& flags, Method method, const PuzzleFile& file) {
    const Space& space = *file.space;
    const std::vector<StateLine>& lines = file.states;
    const PuzzleModels models = load_puzzle_models(space, flags);
    say_memory(space, flags, models);
    std::vector<std::string> problems;
    for (const StateLine& line : lines) problems.push_back(space.text(line.state.data()));
    ResultsLog log(flags.out, call_of(space, flags, lines), std::move(problems));
    Progress progress("search", static_cast<int64_t>(lines.size()), "states",
                      static_cast<int64_t>(log.rows().size()), lines.size() == 1);
    int64_t solved = 0, generated = 0, length = 0;
    const auto count = [&](const Json& row) {
        generated += row["generated"].get<int64_t>();
        if (!row["correct"].get<bool>()) return;
        ++solved;
        length += row["length"].get<int64_t>();
    };
    for (const Json& row : log.rows()) count(row);
    const size_t kept = log.rows().size();
    std::string record; // of one state
    engine::share_in_order(
        lines.size() - kept,
        [&](size_t i) {
            const StateLine& line = lines[kept + i];
            const PuzzleResult result =
                solve(space, method, models.heuristic, models.q.get(), line.state, flags.options);
            record = result.record;
            return json_text(puzzle_json(space, line, result));
        },
        [&](size_t, const std::string& row) {
            log.add(parse_jsonl(row, "a result")[0].value);
            count(log.rows().back());
            progress.update(static_cast<int64_t>(log.rows().size()),
                            fmt::format("{} solved", solved));
        });
    if (!flags.trace_file.empty()) write_file_atomic(flags.trace_file, record);
    log.finish();
    progress.finish();
    const auto mean = [](int64_t sum, size_t n) {
        return n > 0 ? static_cast<double>(sum) / static_cast<double>(n) : 0.0;
    };
    fmt::print(stderr,
               "{}: {} of {} solved, {:.2f} steps a solution, {:.0f} states generated each\n",
               flags.method, solved, lines.size(), mean(length, static_cast<size_t>(solved)),
               mean(generated, lines.size()));
}

void search_one(const PuzzleSearch& flags, Method method) {
    const bool scrambled = !flags.scramble.empty();
    const std::unique_ptr<Space> space =
        scrambled ? make_space(flags.puzzle) : make_space(flags.puzzle, flags.state);
    const State start = scrambled ? scrambled_by(*space, flags.scramble) : space->read(flags.state);
    const StateLine line{scrambled ? space->text(start.data()) : flags.state, start};
    const PuzzleModels models = load_puzzle_models(*space, flags);
    say_memory(*space, flags, models);
    const PuzzleResult result =
        solve(*space, method, models.heuristic, models.q.get(), line.state, flags.options);
    if (!flags.trace_file.empty()) write_file_atomic(flags.trace_file, result.record);
    if (flags.out.empty())
        fmt::print("{}", result_text(*space, line, result));
    else
        write_jsonl(flags.out, std::vector<Json>{puzzle_json(*space, line, result)});
}

} // namespace

void search_puzzles(PuzzleSearch flags) {
    Flags described;
    describe_puzzle(described, flags);
    check(described);
    const Method method = puzzle_method_named(flags.method);
    check(flags.options);
    check(flags.puzzle);
    if (flags.options.hashed && method != Method::beam)
        fail("--hashed is for --method beam, found with {}", flags.method);
    if (flags.options.hashed && !flags.trace_file.empty())
        fail("--trace-file needs all states of a search: expected it without --hashed");
    flags.options.record = !flags.trace_file.empty();
    if (flags.states.empty()) return search_one(flags, method);
    const PuzzleFile file = read_puzzle(flags.puzzle, flags.states, flags.skip_bad);
    if (flags.options.record && file.states.size() > 1)
        fail("--trace-file is for one state, found {} in {}", file.states.size(), flags.states);
    search_file(flags, method, file);
}

} // namespace qstar::search
