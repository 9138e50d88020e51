#include "eval/bench/learn.h"

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/io/files.h"
#include "engine/kernels/kernels.h"
#include "eval/bench/learning.h"
#include "eval/bench/peers/torch_peer.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace qstar::eval {

namespace {

struct Learner {
    std::string name;
    int64_t steps; // of its recipe
    std::function<Progressed(int64_t steps)> learn;
    // What it has come to:
    int64_t done = 0;
    double seconds = 0, loss = 0;
    bool there = false;
};

// All in turns of so many steps, each until it is there or its steps are done.
void learn_in_turns(std::vector<Learner>& learners, double goal, int64_t turn) {
    for (bool going = true; going;) {
        going = false;
        for (Learner& l : learners) {
            if (l.there || l.done >= l.steps) continue;
            going = true;
            std::this_thread::sleep_for(std::chrono::milliseconds(20)); // see turns.h
            const int64_t steps = std::min(turn, l.steps - l.done);
            const Progressed p = l.learn(steps);
            l.done += steps;
            l.seconds += p.seconds;
            l.loss = p.loss;
            l.there = p.loss <= goal;
        }
    }
}

int64_t turn_of(const BenchOptions& options) { return options.quick ? 5 : 50; }

Summary single(double x) { return {x, x, x}; }

// Seconds and tokens of `ours` beside `peer`, where there is one that got there.
void report_rows(const Lesson& lesson, const Learner& ours, const Learner* peer,
                 const std::string& peer_name, Report& report) {
    if (!ours.there) return; // a note has said so
    Row row;
    row.work = fmt::format("{} to {}, {}", lesson.name, lesson.goal, ours.name);
    row.threads = engine::threads();
    row.isa = engine::isa_name();
    row.peer_name = peer_name;
    const bool beside = peer != nullptr && peer->there;
    if (peer != nullptr && !beside) row.peer_name = "none: " + peer_name + " did not get there";
    row.unit = "s";
    row.ours = single(ours.seconds);
    if (beside) row.peer = single(peer->seconds);
    report.add(row);
    const auto tokens = [&](const Learner& l) {
        return single(static_cast<double>(l.done * lesson.batch * lesson.config.context));
    };
    row.unit = "tokens";
    row.ours = tokens(ours);
    if (beside) row.peer = tokens(*peer);
    report.add(row);
}

Learner learner(const Lesson& lesson, const Recipe& recipe, const engine::Gpt& model) {
    const auto learning =
        std::make_shared<Learning>(lesson, recipe, engine::without_scalar_head(model));
    return {recipe.name, recipe.steps,
            [learning](int64_t steps) { return learning->learn(steps); }};
}

// A model of the lesson's sizes, of the family of the demo.
engine::Gpt as_qwen3(const Lesson& lesson) {
    engine::GptConfig config = lesson.config;
    config.family = engine::Family::qwen3;
    return engine::Gpt(config, Random(1, "bench/model"));
}

// The same by Muon in so many steps, the rest by twice the rate of nanoGPT's recipe.
Recipe muon_recipe(const engine::AdamWConfig& rest, int64_t warmup, int64_t steps) {
    return {"Muon", {.adamw = rest, .muon = engine::MuonConfig{}}, 2e-3, 2e-4, 0.02, warmup, steps};
}

// That of the demo's family.
Recipe qwen3_recipe(Recipe muon, int64_t steps) {
    muon.name = "qwen3 by Muon";
    muon.lr = 3e-3, muon.floor = 3e-4;
    muon.steps = steps;
    return muon;
}

void note_all(const std::vector<Learner>& learners, Report& report) {
    for (const Learner& l : learners)
        report.note(
            fmt::format("{}: {:.3f} after {} steps, {:.1f} s", l.name, l.loss, l.done, l.seconds));
}

const engine::AdamWConfig kNanoGpt{.beta2 = 0.99f};
const engine::AdamWConfig kDemo{};

// "tinyshakespeare" of tinyshakespeare/input.txt.
std::string text_name(const BenchOptions& options) {
    const std::filesystem::path path = options.text;
    const std::string folder = path.parent_path().filename().string();
    return path.stem() == "input" && !folder.empty() ? folder : path.stem().string();
}

constexpr const char* kWorksheets = "worksheets";

void learn_text(const BenchOptions& options, Report& report) {
    const int64_t steps = options.quick ? 100 : 2000;
    const Recipe plain{"the recipe", {.adamw = kNanoGpt}, 1e-3, 1e-4, 0, 100, steps};
    const Recipe muon =
        muon_recipe(kNanoGpt, std::min<int64_t>(100, steps / 10), options.quick ? steps : 600);
    Lesson lesson = lesson_of_text(
        read_file(options.text), {.layers = 4, .heads = 4, .width = 128, .context = 64}, 12, steps);
    lesson.name = text_name(options);
    lesson.goal = options.quick ? 3 : 1.88;

    const engine::Gpt model(lesson.config, Random(1, "bench/model"));
    std::vector<int> tokens = lesson.rows;
    tokens.insert(tokens.end(), lesson.validation.begin(), lesson.validation.end());
    TorchWork work{"learn", lesson.batch, lesson.config.context, engine::threads(), plain.lr};
    work.recipe = TorchRecipe{plain.steps, plain.warmup, plain.floor, kNanoGpt.beta2};
    TorchPeer torch(work, model, tokens);

    const Recipe modern = qwen3_recipe(muon, muon.steps);
    std::vector<Learner> learners = {learner(lesson, plain, model), learner(lesson, muon, model),
                                     learner(lesson, modern, as_qwen3(lesson))};
    if (torch.here())
        learners.push_back({torch.name(), plain.steps, [&](int64_t n) {
                                const TorchPeer::Turn turn = torch.run(static_cast<int>(n));
                                return Progressed{turn.seconds, turn.loss};
                            }});
    learn_in_turns(learners, lesson.goal, turn_of(options));
    note_all(learners, report);
    const Learner* peer = torch.here() ? &learners.back() : nullptr;
    const std::string name = torch.name() + (torch.here() ? ", the recipe" : "");
    for (size_t i = 0; i < 3; ++i) report_rows(lesson, learners[i], peer, name, report);
}

void learn_run(const BenchOptions& options, Report& report) {
    const int64_t steps = options.quick ? 50 : 4800;
    const Recipe plain{"AdamW", {.adamw = kDemo}, 2e-3, 2e-4, 0, 100, steps};
    const Recipe muon = muon_recipe(kDemo, 100, options.quick ? steps : 1600);
    const Recipe modern = qwen3_recipe(muon, options.quick ? steps : 1000);
    Lesson lesson = lesson_of_run(
        options.run, {.layers = 4, .heads = 4, .width = 128, .context = 128}, 8, steps);
    lesson.name = kWorksheets;
    lesson.goal = options.quick ? 4 : 0.772;
    const engine::Gpt model(lesson.config, Random(1, "bench/model"));
    std::vector<Learner> learners = {learner(lesson, plain, model), learner(lesson, muon, model),
                                     learner(lesson, modern, as_qwen3(lesson))};
    learn_in_turns(learners, lesson.goal, turn_of(options));
    note_all(learners, report);
    for (size_t i = 1; i < 3; ++i)
        report_rows(lesson, learners[i], &learners[0], "ours, AdamW", report);
}

} // namespace

void bench_learn(const BenchOptions& options) {
    if (options.text.empty() && options.run.empty())
        fail("bench learn: expected --text FILE or --run DIR, found neither");
    Report report(options, "Learning until a loss is reached");
    engine::set_threads(thread_counts(options).back());
    if (!options.text.empty() && report.wants(text_name(options))) learn_text(options, report);
    if (!options.run.empty() && report.wants(kWorksheets)) learn_run(options, report);
    report.finish();
}

} // namespace qstar::eval
