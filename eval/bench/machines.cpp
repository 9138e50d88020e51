#include "eval/bench/machines.h"

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/base/ranks.h"
#include "engine/kernels/kernels.h"
#include "engine/nn/batch_cut.h"
#include "engine/text/jsonl.h"
#include "eval/bench/peers/child.h"
#include "eval/bench/training.h"

#include <algorithm>
#include <chrono>
#include <fmt/core.h>
#include <string>
#include <vector>

namespace qstar::eval {

namespace {

constexpr int kRanks = 2; // that this machine starts by itself
constexpr int64_t kModelLeaves = 64;
constexpr const char* kBytes = "MB a step"; // into each rank

std::vector<TrainingShape> shared_shapes() {
    return {{{.layers = 4, .heads = 4, .width = 128, .context = 128, .vocab = 512}, 64},
            {{.layers = 6, .heads = 6, .width = 384, .context = 256, .vocab = 512}, 16}};
}

double seconds_now() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration<double>(now).count();
}

struct StepTimes {
    std::vector<double> step, update; // seconds of each
    double bytes = 0;                 // that came from other ranks, in the mean
};

// The clock on the wall, since waiting counts.
StepTimes time_steps(const TrainingShape& shape, int warm, int steps) {
    Training training(shape, engine::Gpt(shape.config, Random(1, "bench/model")),
                      training_batch(shape));
    StepTimes times;
    for (int i = -warm; i < steps; ++i) {
        const double begin = seconds_now();
        const int64_t bytes = engine::bytes_of_ranks();
        training.gradient();
        const double updating = seconds_now();
        training.update();
        if (i < 0) continue;
        times.update.push_back(seconds_now() - updating);
        times.step.push_back(seconds_now() - begin);
        times.bytes += static_cast<double>(engine::bytes_of_ranks() - bytes) / steps;
    }
    return times;
}

Row row_here(const TrainingShape& shape, int ranks) {
    Row row;
    row.work = fmt::format("training {}, {} ranks", shape.name(), ranks);
    row.peer_name = "none: one process was not measured";
    row.unit = "steps/s";
    row.threads = engine::threads();
    row.isa = engine::isa_name();
    return row;
}

void measure_ranks(const TrainingShape& shape, bool quick, Report& report) {
    const StepTimes times = time_steps(shape, 2, quick ? 3 : 8);
    Row row = row_here(shape, engine::ranks());
    row.ours = rates(1, times.step);
    report.add(row);
    const double megabytes = times.bytes * 1e-6;
    row.ours = {megabytes, megabytes, megabytes};
    row.unit = kBytes;
    row.peer_name = "none";
    report.add(row);
}

// The rows of this program, started by mpirun.
std::vector<Row> rows_by_mpirun(const BenchOptions& options, const TrainingShape& shape) {
    ChildOptions child;
    child.command = {"mpirun",
                     "-q",
                     "--oversubscribe",
                     "--bind-to",
                     "none",
                     "-n",
                     std::to_string(kRanks),
                     own_program(),
                     "eval",
                     "bench",
                     "mpi",
                     "--lines",
                     "--threads",
                     std::to_string(engine::threads()),
                     "--only=" + shape.name()};
    if (options.quick) child.command.push_back("--quick");
    Child process(child);
    std::vector<Row> rows;
    while (const auto line = process.read_line())
        for (const JsonLine& row : parse_jsonl(*line, "bench mpi --lines"))
            rows.push_back(row_of(row));
    if (const int status = process.wait(); status != 0 || rows.size() != 2)
        fail("bench mpi: mpirun ended with status {} after {} rows, expected 2", status,
             rows.size());
    return rows;
}

void print_model(const TrainingShape& shape, const StepCost& measured, Report& report) {
    StepCost cost = measured;
    cost.leaves = kModelLeaves;
    const double alone = modelled_step(cost, 1, 1);
    const int64_t batch = shape.batch / measured.leaves * kModelLeaves;
    std::string text = fmt::format(
        "\nA model of these figures, not a measurement: L{} D{} T{} with a batch of {} sequences "
        "({} leaves of {:.0f} ms),\n{:.1f} ms for the optimiser, {:.1f} ms to copy and add up, a "
        "gradient of {:.1f} MB, no latency, nothing overlaps.\n\n"
        "| machines | of one's speed, 1 Gb/s | 10 Gb/s |\n|---:|---:|---:|\n",
        shape.config.layers, shape.config.width, shape.config.context, batch, cost.leaves,
        1e3 * cost.leaf, 1e3 * cost.update, 1e3 * cost.exchange, 1e-6 * cost.bytes);
    for (int64_t machines = 2; machines <= kModelLeaves; machines *= 2)
        text += fmt::format("| {} | {:.2f} | {:.2f} |\n", machines,
                            alone / modelled_step(cost, machines, 1e9),
                            alone / modelled_step(cost, machines, 1e10));
    report.note(text);
}

// Both in turns, each turn of mpirun anew: it has what comes into a rank before its steps.
void measure_both(const TrainingShape& shape, const BenchOptions& options, Report& report) {
    std::vector<double> alone, updates, shared;
    Row bytes;
    for (int turn = 0; turn < (options.quick ? 1 : 5); ++turn) {
        const StepTimes times = time_steps(shape, 2, options.quick ? 3 : 8);
        alone.push_back(summarise(times.step).median);
        updates.push_back(summarise(times.update).median);
        const std::vector<Row> rows = rows_by_mpirun(options, shape);
        shared.push_back(1 / rows[0].ours.median);
        bytes = rows[1];
    }
    Row row = row_here(shape, kRanks);
    row.ours = rates(1, shared);
    row.peer = rates(1, alone);
    row.peer_name = "ours, one process";
    report.add(row);
    report.add(bytes);

    const double one = summarise(alone).median, both = summarise(shared).median;
    StepCost cost{};
    cost.leaves = engine::cut_batch(shape.config, shape.batch, shape.config.context).leaves;
    cost.update = summarise(updates).median;
    cost.leaf = (one - cost.update) / static_cast<double>(cost.leaves);
    cost.exchange =
        std::max(0.0, both - cost.update - static_cast<double>(cost.leaves) / kRanks * cost.leaf);
    cost.bytes = 1e6 * bytes.ours.median; // 2 (n - 1) / n of it is all of it
    print_model(shape, cost, report);
}

} // namespace

double modelled_step(const StepCost& cost, int64_t machines, double bits_per_second) {
    const int64_t most = (cost.leaves + machines - 1) / machines; // leaves of one machine
    const double step = static_cast<double>(most) * cost.leaf + cost.update;
    if (machines == 1) return step;
    const auto n = static_cast<double>(machines);
    return step + cost.exchange + 8 * cost.bytes * 2 * (n - 1) / n / bits_per_second;
}

void bench_machines(const BenchOptions& options) {
    engine::set_threads(std::max(1, options.threads));
    Report report(options, "Training on more than one rank");
    for (const TrainingShape& shape : shared_shapes()) {
        if (!report.wants(shape.name())) continue;
        if (options.quick && options.only.empty() && shape.config.width > 128) continue;
        if (engine::ranks() > 1)
            measure_ranks(shape, options.quick, report);
        else
            measure_both(shape, options, report);
    }
    report.finish();
}

} // namespace qstar::eval
