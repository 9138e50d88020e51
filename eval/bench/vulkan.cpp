#include "eval/bench/vulkan.h"

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/device/arena.h"
#include "engine/device/device.h"
#include "engine/kernels/kernels.h"
#include "engine/run/use_device.h"
#include "engine/text/json_parse.h"
#include "eval/bench/gemm.h"
#include "eval/bench/peers/child.h"
#include "eval/bench/peers/torch_peer.h"
#include "eval/bench/train.h"
#include "eval/bench/training.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fmt/core.h>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace qstar::eval {

namespace {

double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

// Seconds of one `body`, in turns of about `turn` seconds: each as many times as fill it, then
// the device is waited for. First as many for nothing, and at least one.
std::vector<double> timed(const std::function<void()>& body, int turns, double turn) {
    const auto run = [&](int times) {
        const double start = now();
        for (int i = 0; i < times; ++i) body();
        engine::device().finish();
        return (now() - start) / times;
    };
    double once = run(1); // compiles shaders, makes room
    if (once < turn) once = run(std::clamp(static_cast<int>(0.1 * turn / once), 1, 100));
    const int times = std::clamp(static_cast<int>(turn / once), 1, 10000);
    if (once < turn) run(times);
    std::vector<double> seconds;
    for (int i = 0; i < turns; ++i) seconds.push_back(run(times));
    return seconds;
}

struct Settings {
    const engine::Device& device;
    int turns;
    double turn; // seconds
    engine::Precision precision = engine::Precision::fp32;

    const char* name() const { return precision == engine::Precision::bf16 ? "bf16" : "fp32"; }
    std::string work(const std::string& what) const { // "..., bf16"
        return precision == engine::Precision::bf16 ? what + ", bf16" : what;
    }
};

// PyTorch's matrix products, all in one process.
class TorchProducts {
  public:
    TorchProducts() {
        const std::string python = find_python(name_);
        if (python.empty()) return;
        ChildOptions options;
        options.command = {python, "-c",
                           std::string(embedded_text(torch_programs(), "torch_matmul.py"))};
        child_ = std::make_unique<Child>(options);
        const auto line = child_->read_line();
        const Json greeting = line ? parse_json(*line, "the PyTorch process") : Json::object();
        if (greeting.contains("name")) {
            name_ = greeting["name"].get<std::string>();
            return;
        }
        name_ = greeting.value("none", "none: PyTorch did not start");
        child_ = nullptr;
    }

    bool here() const { return child_ != nullptr; }
    const std::string& name() const { return name_; }

    // Seconds of one, in turns.
    std::vector<double> seconds(const Product& p, const Settings& settings) {
        const auto run = [&](int times) {
            child_->write_line(fmt::format("{} {} {} {} {} {} {}", p.m, p.k, p.n, p.trans_a ? 1 : 0,
                                           p.trans_b ? 1 : 0, times, settings.name()));
            const auto line = child_->read_line();
            if (!line) fail("the PyTorch process has gone (status {})", child_->wait());
            return number_field({parse_json(*line, "the PyTorch process"), "the PyTorch process"},
                                "seconds") /
                   times;
        };
        run(10);
        const int times = std::clamp(static_cast<int>(settings.turn / run(10)), 1, 10000);
        std::vector<double> all;
        for (int i = 0; i < settings.turns; ++i) all.push_back(run(times));
        return all;
    }

  private:
    std::string name_;
    std::unique_ptr<Child> child_;
};

std::vector<Product> vulkan_products() {
    //        m     k     n
    return {{1024, 1024, 1024},
            {2048, 2048, 2048},
            {4096, 4096, 4096},
            // The widest products of the two models below: forward, dX and dW.
            {16384, 384, 1536},
            {16384, 1536, 384, false, true},
            {384, 16384, 1536, true, false},
            {8192, 768, 3072},
            {8192, 3072, 768, false, true},
            {768, 8192, 3072, true, false}};
}

std::vector<double> product_seconds(const Product& p, const Settings& settings) {
    engine::Arena memory;
    engine::Gemm g;
    g.trans_a = p.trans_a;
    g.trans_b = p.trans_b;
    g.m = p.m, g.n = p.n, g.k = p.k;
    float* const a = memory.allocate(p.m * p.k);
    float* const b = memory.allocate(p.k * p.n);
    g.a = a, g.lda = p.trans_a ? p.m : p.k;
    g.b = b, g.ldb = p.trans_b ? p.k : p.n;
    g.c = memory.allocate(p.m * p.n), g.ldc = p.n;
    for (int64_t i = 0; i < p.m * p.k; ++i) a[i] = static_cast<float>(i % 17) / 17;
    for (int64_t i = 0; i < p.k * p.n; ++i) b[i] = static_cast<float>(i % 13) / 13;
    const auto seconds =
        timed([&] { engine::device().gemm(g, settings.precision); }, settings.turns, settings.turn);
    engine::device().finish();
    return seconds;
}

void measure_products(const Settings& settings, Report& report) {
    std::vector<Product> wanted = vulkan_products();
    std::erase_if(wanted, [&](const Product& p) { return !report.wants(settings.work(p.name())); });
    if (wanted.empty()) return;
    TorchProducts torch;
    for (const Product& p : wanted) {
        const double work = p.flops() * 1e-9;
        Row row;
        row.work = settings.work(p.name());
        row.unit = "GFLOP/s";
        row.isa = "vulkan";
        row.threads = engine::threads();
        row.ours = rates(work, product_seconds(p, settings));
        row.peer_name = torch.name();
        row.peer = torch.here() ? rates(work, torch.seconds(p, settings)) : Summary{};
        report.add(row);
        if (settings.precision != engine::Precision::fp32) continue;
        engine::use_device(engine::cpu_device());
        row.peer = rates(work, product_seconds(p, {engine::device(), 3, settings.turn / 4}));
        row.peer_name =
            fmt::format("ours, {} kernels, {} threads", engine::isa_name(), engine::threads());
        engine::use_device(settings.device);
        report.add(row);
    }
}

std::vector<TrainingShape> vulkan_training_shapes() {
    //          layers heads width context vocabulary    batch
    return {{{.layers = 1, .heads = 2, .width = 16, .context = 8, .vocab = 16}, 2}, // a trial
            {{.layers = 6, .heads = 6, .width = 384, .context = 256, .vocab = 65}, 64},
            {{.layers = 12, .heads = 12, .width = 768, .context = 1024, .vocab = 512}, 8}};
}

void measure_training(const TrainingShape& shape, const Settings& settings, Report& report) {
    const std::vector<int> batch = training_batch(shape);
    const auto tokens = static_cast<double>(shape.batch * shape.config.context);
    // The first steps' losses tell whether all sides do the same work.
    constexpr int kLosses = 3;
    const auto ours = [&](int turns, double turn, int compared, std::vector<double>& losses) {
        Training training(shape, engine::Gpt(shape.config, Random(1, "bench/model")), batch,
                          settings.precision);
        for (int i = 0; i < compared; ++i) losses.push_back(training.step());
        return timed([&] { training.step(); }, turns, turn);
    };
    const double close = settings.precision == engine::Precision::bf16 ? 1e-2 : 1e-3;
    const auto check = [&](double found, double expected, const std::string& who) {
        if (std::abs(found - expected) > close * std::abs(expected)) {
            fail("bench vulkan {}: the loss is {}, with {} it is {}: not the same work",
                 shape.name(), expected, who, found);
        }
    };
    std::vector<double> losses, cpu_losses;
    Row row;
    row.work = settings.work(shape.name());
    row.unit = "tokens/s";
    row.isa = "vulkan";
    row.threads = engine::threads();
    row.ours = rates(tokens, ours(settings.turns, settings.turn, kLosses, losses));

    engine::use_device(engine::cpu_device());
    {
        const TorchWork work{"train",
                             shape.batch,
                             shape.config.context,
                             engine::threads(),
                             kBenchRate,
                             TorchSettings::as_it_comes,
                             "cuda",
                             settings.name()};
        TorchPeer torch(work, engine::Gpt(shape.config, Random(1, "bench/model")), batch);
        row.peer_name = torch.name();
        if (torch.here()) {
            for (const double loss : losses) check(torch.run(1).loss, loss, "PyTorch");
            const double once = torch.run(3).seconds / 3;
            const int times = std::max(1, static_cast<int>(settings.turn / once));
            std::vector<double> seconds;
            for (int i = 0; i < settings.turns; ++i) {
                seconds.push_back(torch.run(times).seconds / times);
            }
            row.peer = rates(tokens, seconds);
        }
    }
    report.add(row);
    if (settings.precision == engine::Precision::fp32) {
        row.peer_name =
            fmt::format("ours, {} kernels, {} threads", engine::isa_name(), engine::threads());
        row.peer = rates(tokens, ours(2, 0, 1, cpu_losses));
        check(cpu_losses[0], losses[0], "the processor");
        report.add(row);
    }
    engine::use_device(settings.device);
}

} // namespace

void bench_vulkan(const BenchOptions& options) {
    engine::set_threads(options.threads);
    if (engine::device().is_host()) engine::use_device("vulkan");
    Settings settings{engine::device(), options.quick ? 3 : 7, options.quick ? 0.1 : 0.3};
    Report report(options, fmt::format("fp32 unless said, on {}", settings.device.name()));
    // A GPU that was idle takes a while to raise its clock.
    product_seconds({1024, 1024, 1024}, {settings.device, 1, 1.0});
    for (const auto precision : {engine::Precision::fp32, engine::Precision::bf16}) {
        settings.precision = precision;
        if (precision == engine::Precision::bf16 && !settings.device.has_bf16()) {
            report.note("bf16 is left out: the device has no matrix units for it, or the program "
                        "was built by a compiler of shaders that does not know them.");
            break;
        }
        measure_products(settings, report);
        for (const TrainingShape& shape : vulkan_training_shapes()) {
            if (report.wants(settings.work(shape.name())))
                measure_training(shape, settings, report);
        }
    }
    report.finish();
}

} // namespace qstar::eval
