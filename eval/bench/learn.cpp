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
#include <fmt/core.h>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace qstar::eval {

namespace {

struct Learner {
    std::string name;
    int64_t steps, batch; // of its recipe
    std::function<Progressed(int64_t steps)> learn;
    // What it has come to:
    int64_t done = 0;
    double seconds = 0, loss = 0;
    bool there = false;
};

// All in turns, each until it is there or its steps are done. A turn is a fortieth of a recipe's
// steps, after which the loss is looked at.
void learn_in_turns(std::vector<Learner>& learners, double goal) {
    for (bool going = true; going;) {
        going = false;
        for (Learner& l : learners) {
            if (l.there || l.done >= l.steps) continue;
            going = true;
            std::this_thread::sleep_for(std::chrono::milliseconds(20)); // see turns.h
            const int64_t turn = std::max<int64_t>(1, l.steps / 40);
            const int64_t steps = std::min(turn, l.steps - l.done);
            const Progressed p = l.learn(steps);
            l.done += steps;
            l.seconds += p.seconds;
            l.loss = p.loss;
            l.there = p.loss <= goal;
        }
    }
}

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
        return single(static_cast<double>(l.done * l.batch * lesson.config.context));
    };
    row.unit = "tokens";
    row.ours = tokens(ours);
    if (beside) row.peer = tokens(*peer);
    report.add(row);
}

Learner learner(const Lesson& lesson, const Recipe& recipe, const engine::Gpt& model) {
    const auto learning =
        std::make_shared<Learning>(lesson, recipe, engine::without_scalar_head(model));
    return {recipe.name, recipe.steps, recipe.batch,
            [learning](int64_t steps) { return learning->learn(steps); }};
}

// A model of the lesson's sizes, but for the layers, of the family of the demo.
engine::Gpt as_qwen3(const Lesson& lesson, int64_t layers) {
    engine::GptConfig config = lesson.config;
    config.family = engine::Family::qwen3;
    config.layers = layers;
    return engine::Gpt(config, Random(1, "bench/model"));
}

// By Muon in so many steps, with the rates that were found on this lesson (LOG.md). Its momentum of
// 0.95 is for longer trainings.
struct MuonRates {
    double lr, muon_lr, floor; // floor: share of both at the end
    float momentum;
};
Recipe muon_recipe(const std::string& name, const Recipe& plain, const MuonRates& rates,
                   int64_t warmup, int64_t steps) {
    Recipe recipe = plain;
    recipe.name = name;
    recipe.optimiser.muon = engine::MuonConfig{.momentum = rates.momentum};
    recipe.lr = rates.lr, recipe.floor = rates.lr * rates.floor;
    recipe.muon_lr = rates.muon_lr;
    recipe.warmup = warmup, recipe.steps = steps;
    return recipe;
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
    const bool quick = options.quick;
    const int64_t steps = quick ? 100 : 2000;
    const Recipe plain{"the recipe", {.adamw = kNanoGpt}, 1e-3, 1e-4, 0, 100, steps, 12};
    Lesson lesson =
        lesson_of_text(read_file_of_lines(options.text),
                       {.layers = 4, .heads = 4, .width = 128, .context = 64}, plain.batch, steps);
    lesson.name = text_name(options);
    lesson.goal = quick ? 3 : 1.88;

    const engine::Gpt model(lesson.config, Random(1, "bench/model"));
    std::vector<int> tokens = lesson.rows;
    tokens.insert(tokens.end(), lesson.validation.begin(), lesson.validation.end());
    const auto torch = [&](TorchSettings settings) {
        TorchWork work{"learn",           plain.batch, lesson.config.context,
                       engine::threads(), plain.lr,    settings};
        work.recipe = TorchRecipe{plain.steps, plain.warmup, plain.floor, kNanoGpt.beta2};
        return std::make_unique<TorchPeer>(work, model, tokens);
    };
    std::vector<std::unique_ptr<TorchPeer>> peers;
    peers.push_back(torch(TorchSettings::tuned));
    if (peers[0]->here()) peers.push_back(torch(TorchSettings::as_it_comes));

    const MuonRates rates{3e-3, 0.03, 0.05, 0.85f};
    const int64_t warmup = quick ? 10 : 15;
    const Recipe muon = muon_recipe("Muon", plain, rates, warmup, quick ? steps : 480);
    const Recipe modern = muon_recipe("qwen3 by Muon", plain, rates, warmup, quick ? steps : 240);
    const Recipe small = muon_recipe("qwen3 of two layers by Muon", plain,
                                     {4e-3, 0.03, 0.05, 0.85f}, warmup, quick ? steps : 320);
    std::vector<Learner> learners = {learner(lesson, plain, model), learner(lesson, muon, model),
                                     learner(lesson, modern, as_qwen3(lesson, 4)),
                                     learner(lesson, small, as_qwen3(lesson, 2))};
    const size_t ours = learners.size();
    for (const auto& peer : peers)
        if (peer->here())
            learners.push_back({peer->name() + ", the recipe", plain.steps, plain.batch,
                                [&peer = *peer](int64_t n) {
                                    const TorchPeer::Turn turn = peer.run(static_cast<int>(n));
                                    return Progressed{turn.seconds, turn.loss};
                                }});
    learn_in_turns(learners, lesson.goal);
    note_all(learners, report);
    for (size_t i = 0; i < ours; ++i)
        for (size_t k = 0; k < peers.size(); ++k) {
            const Learner* peer = peers[k]->here() ? &learners[ours + k] : nullptr;
            report_rows(lesson, learners[i], peer, peer != nullptr ? peer->name : peers[k]->name(),
                        report);
        }
}

void learn_run(const BenchOptions& options, Report& report) {
    const bool quick = options.quick;
    const int64_t steps = quick ? 50 : 4800;
    const Recipe plain{"AdamW", {.adamw = kDemo}, 2e-3, 2e-4, 0, 100, steps, 8};
    const Recipe muon =
        muon_recipe("Muon", plain, {2e-3, 0.02, 0.1, 0.9f}, 50, quick ? steps : 1600);
    const Recipe modern =
        muon_recipe("qwen3 by Muon", plain, {3e-3, 0.02, 0.1, 0.9f}, 50, quick ? steps : 880);
    Lesson lesson = lesson_of_run(
        options.run, {.layers = 4, .heads = 4, .width = 128, .context = 128}, plain.batch, steps);
    lesson.name = kWorksheets;
    lesson.goal = quick ? 4 : 0.772;
    const engine::Gpt model(lesson.config, Random(1, "bench/model"));
    std::vector<Learner> learners = {learner(lesson, plain, model), learner(lesson, muon, model),
                                     learner(lesson, modern, as_qwen3(lesson, 4))};
    learn_in_turns(learners, lesson.goal);
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
