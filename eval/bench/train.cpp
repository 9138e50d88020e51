#include "eval/bench/train.h"

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/base/parallel_clock.h"
#include "engine/kernels/bf16.h"
#include "engine/kernels/kernels.h"
#include "engine/text/jsonl.h"
#include "eval/bench/peak.h"
#include "eval/bench/peers/torch_peer.h"
#include "eval/bench/steps/program_steps.h"
#include "eval/bench/steps/timed_device.h"
#include "eval/bench/training.h"
#include "eval/bench/turns.h"

#include <algorithm>
#include <cmath>
#include <fmt/core.h>
#include <memory>
#include <string>
#include <vector>

namespace qstar::eval {

namespace {

// A few steps on both sides must give the same losses: then they did the same work.
void check_same_work(const TrainingShape& shape, const std::vector<double>& our_losses,
                     TorchPeer& peer, size_t steps, Report& report) {
    double theirs = 0;
    for (size_t i = 0; i < steps; ++i) {
        theirs = peer.run(1).loss;
        if (std::abs(our_losses[i] - theirs) > 1e-3 * std::abs(theirs)) {
            fail("bench train {}: PyTorch has the loss {} at step {}, ours is {}: not the same "
                 "work",
                 shape.name(), theirs, i, our_losses[i]);
        }
    }
    report.note(fmt::format("{}: loss at step {}: ours {:.6f}, PyTorch {:.6f}", shape.name(),
                            steps - 1, our_losses[steps - 1], theirs));
}

void measure(const TrainingShape& shape, int threads, bool quick, Report& report) {
    engine::set_threads(threads);
    const engine::Gpt model(shape.config, Random(1, "bench/model"));
    const std::vector<int> batch = training_batch(shape);
    // Both read the weights before we begin to change them.
    const auto torch = [&](TorchSettings settings) {
        const TorchWork work{"train", shape.batch, shape.config.context,
                             threads, kBenchRate,  settings};
        return std::make_unique<TorchPeer>(work, model, batch);
    };
    std::vector<std::unique_ptr<TorchPeer>> peers;
    peers.push_back(torch(TorchSettings::tuned));
    if (peers[0]->here()) peers.push_back(torch(TorchSettings::as_it_comes));
    Training ours(shape, model, batch);
    const std::vector<double> losses = {ours.step(), ours.step(), ours.step()};
    for (size_t i = 0; i < peers.size(); ++i) {
        if (peers[i]->here()) check_same_work(shape, losses, *peers[i], i == 0 ? 3 : 1, report);
    }

    // Contestants: we, we with one thread, the peak, PyTorch in both ways.
    const double turn = quick ? 0.1 : 0.4; // seconds, or one step
    const std::string isa = engine::isa_name();
    std::vector<Contestant> contestants;
    const auto add = [&](const Contestant& c) {
        contestants.push_back(c);
        return contestants.size() - 1;
    };
    const auto with_threads = [&](int n, const Contestant& c) {
        return [n, c] {
            engine::set_threads(n);
            return c();
        };
    };
    const auto step = [&] { ours.step(); };
    const size_t we = add(with_threads(threads, repeated(step, turn, threads)));
    const size_t alone = threads > 1 ? add(with_threads(1, repeated(step, turn, 1))) : we;
    constexpr int64_t kBursts = 320; // of a thread
    const auto burst = [&](int n) {
        return with_threads(n, repeated([=] { run_peak(isa, kBursts * n); }, 0.02, n));
    };
    const size_t peak = has_peak(isa) ? add(burst(threads)) : we;
    const size_t peak_alone = has_peak(isa) && threads > 1 ? add(burst(1)) : peak;
    // In bf16 where that is faster than fp32: on the wider models.
    std::unique_ptr<Training> half;
    if (shape.config.width >= 256 && engine::bf16_kernels() != nullptr)
        half = std::make_unique<Training>(shape, model, batch, engine::Precision::bf16);
    const size_t in_half =
        half ? add(with_threads(threads, repeated([&] { half->step(); }, turn, threads))) : we;
    const size_t they = contestants.size();
    for (const auto& peer : peers) {
        if (!peer->here()) continue;
        const int times = std::max(1, static_cast<int>(turn / peer->run(1).seconds));
        add([&peer, times] { return peer->run(times).seconds / times; });
    }
    const auto seconds = take_turns(contestants, quick ? 3 : 7, 0.15);
    engine::set_threads(threads);

    const auto tokens = static_cast<double>(shape.batch * shape.config.context);
    const double flops = 6 * static_cast<double>(model.parameter_count()) * tokens * 1e-9;
    Row row;
    row.threads = threads;
    row.isa = isa;
    row.work = shape.name();
    row.unit = "tokens/s";
    row.ours = rates(tokens, seconds[we]);
    for (size_t i = 0; i < peers.size(); ++i) {
        row.peer_name = peers[i]->name();
        row.peer = peers[i]->here() ? rates(tokens, seconds[they + i]) : Summary{};
        report.add(row);
    }

    if (half) {
        row.work = shape.name() + ", bf16";
        row.ours = rates(tokens, seconds[in_half]);
        row.peer = rates(tokens, seconds[we]);
        row.peer_name = "ours, fp32";
        report.add(row);
    }

    row.work = shape.name() + ", 6ND";
    row.unit = "GFLOP/s";
    row.ours = rates(flops, seconds[we]);
    const Summary all = rates(kPeakWork * kBursts * threads * 1e-9, seconds[peak]);
    row.peer = has_peak(isa) ? all : Summary{};
    row.peer_name = has_peak(isa) ? "fp32 peak, measured" : "none: no loop measures this peak";
    report.add(row);

    if (threads == 1) return;
    row.work = shape.name() + fmt::format(", {} threads against 1", threads);
    row.unit = "tokens/s";
    row.ours = rates(tokens, seconds[we]);
    row.peer = rates(tokens, seconds[alone]);
    row.peer_name = "ours, one thread";
    report.add(row);
    if (!has_peak(isa)) return;
    report.add(peak_row(all, rates(kPeakWork * kBursts * 1e-9, seconds[peak_alone]), threads, isa));
    if (report.rows().back().ratio() < kUndisturbed) {
        report.note("  Other programs had part of the processors: do not trust the figures above.");
    }
}

// One of the program's own steps: what its products come to beside the measured peak, and all
// threads beside one.
void measure(const ProgramStepMaker& maker, int threads, bool quick, Report& report) {
    const ProgramStep step = maker.make();
    const std::string isa = engine::isa_name();
    const double turn = quick ? 0.05 : 0.2; // seconds
    const auto with_threads = [](int n, const Contestant& c) {
        return [n, c] {
            engine::set_threads(n);
            return c();
        };
    };
    const auto all = [&] {
        step.gradient();
        step.update();
    };
    constexpr int64_t kStepBursts = 64; // of a thread
    std::vector<Contestant> contestants = {with_threads(threads, repeated(all, turn, threads)),
                                           with_threads(1, repeated(all, turn, 1))};
    if (has_peak(isa))
        contestants.push_back(with_threads(
            threads, repeated([&] { run_peak(isa, kStepBursts * threads); }, 0.02, threads)));
    const auto seconds = take_turns(contestants, quick ? 5 : 11, threads == 1 ? 0 : 0.02);
    engine::set_threads(threads);

    Row row;
    row.threads = threads;
    row.isa = isa;
    row.work = step.name;
    row.unit = "GFLOP/s";
    row.ours = rates(step.flops * 1e-9, seconds[0]);
    row.peer_name = has_peak(isa) ? "fp32 peak, measured" : "none: no loop measures this peak";
    if (has_peak(isa)) row.peer = rates(kPeakWork * kStepBursts * threads * 1e-9, seconds[2]);
    report.add(row);
    row.work += threads == 1 ? ", steps" : fmt::format(", {} threads against 1", threads);
    row.unit = "steps/s";
    row.ours = rates(1, seconds[0]);
    row.peer = threads == 1 ? Summary{} : rates(1, seconds[1]);
    row.peer_name = threads == 1 ? "none: one thread" : "ours, one thread";
    report.add(row);
}

// Where the time of such a step goes.
void profile(const ProgramStepMaker& maker, int threads, bool quick) {
    const TimedDevice timed(threads == 1 ? [] { return clock_seconds(1); }
                                         : [] { return clock_seconds(2); });
    const engine::Device& before = engine::device();
    engine::use_device(timed);
    ProgramStep step = maker.make();
    const int steps = quick ? 10 : 50;
    double wall = 0;
    for (int i = 0; i < steps + 3; ++i) {
        if (i == 3) { // warm
            timed.clear();
            engine::clock_parallel(true);
            wall = 0;
        }
        const double begin = clock_seconds(threads);
        step.gradient();
        timed.update(true);
        step.update();
        timed.update(false);
        wall += clock_seconds(threads) - begin;
    }
    const engine::ParallelTimes loops = engine::parallel_times();
    engine::clock_parallel(false);
    const std::string name = step.name;
    step = {}; // before its device
    engine::use_device(before);
    const TimedDevice::Times times = timed.times();
    const auto line = [&](const std::string& what, double seconds, const std::string& calls) {
        fmt::print("    {:<34} {:8.3f} ms {:5.1f} % {}\n", what, 1e3 * seconds / steps,
                   100 * seconds / wall, calls);
    };
    fmt::print("{}, {} threads: a step takes {:.3f} ms\n", name, threads, 1e3 * wall / steps);
    double known = 0;
    for (size_t i = 0; i < kWorkNames.size(); ++i) {
        known += times.seconds[i];
        line(kWorkNames[i], times.seconds[i], fmt::format("{} calls", times.calls[i] / steps));
    }
    line("the rest, packed attention too", wall - known, "");
    if (threads == 1) return;
    line("threads wait in loops", threads * loops.loops - loops.work, "of all threads");
    line("threads wait outside of loops", (threads - 1) * (wall - loops.loops), "of all threads");
}

} // namespace

std::vector<TrainingShape> training_shapes() {
    //          layers heads width context vocabulary    batch
    return {{{.layers = 4, .heads = 4, .width = 128, .context = 64, .vocab = 65}, 12},
            {{.layers = 4, .heads = 4, .width = 128, .context = 128, .vocab = 64}, 64},
            {{.layers = 6, .heads = 6, .width = 192, .context = 128, .vocab = 256}, 64},
            {{.layers = 6, .heads = 8, .width = 256, .context = 128, .vocab = 512}, 64},
            {{.layers = 6, .heads = 6, .width = 384, .context = 256, .vocab = 65}, 16}};
}

void bench_train(const BenchOptions& options) {
    Report report(options, "Training steps, in fp32 unless said");
    if (engine::bf16_kernels() == nullptr)
        report.note(
            "bf16 is left out: this processor multiplies no bf16 numbers (AMX, AVX512_BF16).");
    const int threads = thread_counts(options).back();
    engine::set_threads(threads);
    for (const ProgramStepMaker& maker : program_steps()) {
        if (!report.wants(maker.name)) continue;
        if (options.profile)
            profile(maker, threads, options.quick);
        else
            measure(maker, threads, options.quick, report);
    }
    if (options.profile) return;
    for (const TrainingShape& shape : training_shapes()) {
        if (report.wants(shape.name())) measure(shape, threads, options.quick, report);
    }
    report.finish();
}

} // namespace qstar::eval
