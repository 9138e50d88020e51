#include "eval/bench/gemm.h"

#include "engine/base/cpu.h"
#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/base/random.h"
#include "engine/device/arena.h"
#include "engine/kernels/bf16.h"
#include "engine/kernels/kernels.h"
#include "engine/text/jsonl.h"
#include "eval/bench/peak.h"
#include "eval/bench/peers/child.h"
#include "eval/bench/peers/sgemm_peers.h"
#include "eval/bench/turns.h"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::eval {

namespace {

constexpr std::array<std::array<int64_t, 3>, 13> kShapes = {{{4096, 128, 128},
                                                             {4096, 128, 384},
                                                             {4096, 128, 512},
                                                             {4096, 512, 128},
                                                             {4096, 256, 1024},
                                                             {4096, 1024, 256},
                                                             {2048, 768, 3072},
                                                             {64, 128, 512},
                                                             {64, 256, 1024},
                                                             {64, 768, 3072},
                                                             {8, 128, 512},
                                                             {1, 128, 512},
                                                             {1024, 1024, 1024}}};

// Where tensors lie, too: in an arena.
float* numbers(engine::Arena& memory, int64_t n, std::string_view stream) {
    float* x = memory.allocate(n);
    Random random(1, stream);
    std::generate_n(x, n, [&] { return static_cast<float>(random.uniform() - 0.5); });
    return x;
}

// The peak as one of the contestants.
constexpr int64_t kBursts = 32; // of a thread

Contestant peak_contestant(int threads, double turn) {
    const std::string isa = engine::isa_name();
    return repeated([=] { run_peak(isa, kBursts * threads); }, turn, threads);
}

Summary peak_rate(int threads, const std::vector<double>& seconds) {
    return rates(kPeakWork * kBursts * threads * 1e-9, seconds);
}

// The processor's limit, and whether we have the processors for ourselves.
void measure_peak(int threads, Report& report) {
    const std::string isa = engine::isa_name();
    const auto with_threads = [](int n, const Contestant& c) {
        return [n, c] {
            engine::set_threads(n);
            return c();
        };
    };
    const auto seconds =
        take_turns(std::vector<Contestant>{with_threads(threads, peak_contestant(threads, 0.01)),
                                           with_threads(1, peak_contestant(1, 0.01))},
                   9, 0.01);
    engine::set_threads(threads);
    report.add(peak_row(peak_rate(threads, seconds[0]), peak_rate(1, seconds[1]), threads, isa));
}

// Ours, every peer and the peak on one product, in turns; a row for each peer.
void measure(const Product& product, const std::vector<SgemmPeer>& peers, int threads, bool quick,
             Report& report) {
    engine::Arena memory;
    engine::Gemm g;
    g.trans_a = product.trans_a;
    g.trans_b = product.trans_b;
    g.m = product.m, g.n = product.n, g.k = product.k;
    g.a = numbers(memory, product.m * product.k, "a"),
    g.lda = product.trans_a ? product.m : product.k;
    g.b = numbers(memory, product.k * product.n, "b"),
    g.ldb = product.trans_b ? product.k : product.n;
    g.c = memory.allocate(product.m * product.n), g.ldc = product.n;

    const double turn = (quick ? 0.002 : 0.004) * (threads == 1 ? 1 : 2); // seconds
    const std::string isa = engine::isa_name();
    std::vector<Contestant> contestants = {repeated([&] { engine::gemm(g); }, turn, threads)};
    for (const SgemmPeer& peer : peers) {
        if (peer.product && peer.takes(g))
            contestants.push_back(repeated([&] { peer.product(g); }, turn, threads));
    }
    const bool half = isa == "avx512" && engine::bf16_kernels() != nullptr;
    const auto in_half = [&] { engine::gemm(g, engine::Precision::bf16); };
    if (half) contestants.push_back(repeated(in_half, turn, threads));
    if (has_peak(isa)) contestants.push_back(peak_contestant(threads, turn));
    const auto seconds = take_turns(contestants, quick ? 5 : 15, threads == 1 ? 0 : 0.01);

    Row row;
    row.work = product.name();
    row.unit = "GFLOP/s";
    row.threads = threads;
    row.isa = isa;
    row.ours = rates(product.flops() * 1e-9, seconds[0]);
    if (has_peak(isa)) row.peak = peak_rate(threads, seconds.back()).median;
    size_t next = 1;
    for (const SgemmPeer& peer : peers) {
        if (!peer.takes(g)) continue;
        row.peer_name = peer.name;
        row.peer = peer.product ? rates(product.flops() * 1e-9, seconds[next++]) : Summary{};
        report.add(row);
    }
    if (!half) return;
    row.work += ", bf16"; // fp32 numbers in and out, rounded by the way
    row.peak = 0;         // which is that of fp32
    row.peer_name = "ours, fp32";
    row.peer = row.ours;
    row.ours = rates(product.flops() * 1e-9, seconds[next]);
    report.add(row);
}

// In this process, with its environment: one instruction set, one number of threads.
void measure_here(const BenchOptions& options, Report& report) {
    engine::use_isa(options.isa.c_str());
    engine::set_threads(options.threads);
    std::vector<SgemmPeer> peers;
    if (options.isa != "scalar") peers.push_back(onednn_peer());
    peers.push_back(openblas_peer(options.threads));
    if (options.isa != "scalar" && options.threads == 1) peers.push_back(libxsmm_peer());
    if (has_peak(options.isa) && report.wants("peak")) measure_peak(options.threads, report);
    for (const Product& product : products()) {
        if (options.quick && options.only.empty() && (product.trans_a || product.trans_b)) continue;
        if (report.wants(product.name()))
            measure(product, peers, options.threads, options.quick, report);
    }
}

// The same in a process whose libraries are loaded with the right environment.
void measure_in_child(const BenchOptions& options, const std::string& isa, int threads,
                      Report& report) {
    const std::string count = std::to_string(threads);
    ChildOptions child;
    child.command = {own_program(), "eval",    "bench",     "gemm", "--isa",
                     isa,           "--lines", "--threads", count};
    if (options.quick) child.command.push_back("--quick");
    if (!options.only.empty()) child.command.push_back("--only=" + options.only);
    child.environment = {{"OMP_NUM_THREADS", count},
                         {"OPENBLAS_NUM_THREADS", count},
                         {"OPENBLAS_L2_SIZE", std::nullopt},
                         // Threads of OpenBLAS look for work for 2^28 cycles, a tenth of a
                         // second, before they sleep; with 2^22 the next turn is undisturbed.
                         {"OPENBLAS_THREAD_TIMEOUT", "22"},
                         {"OPENBLAS_CORETYPE", std::nullopt}};
    if (isa == "avx512") { // OpenBLAS takes processors that are newer than itself for old ones
        child.environment["OPENBLAS_CORETYPE"] = "SkylakeX";
    } else if (isa == "avx2") { // of all of them
        child.environment["OPENBLAS_CORETYPE"] = "Haswell";
        child.environment["ONEDNN_MAX_CPU_ISA"] = "AVX2";
        child.environment["LIBXSMM_TARGET"] = "hsw";
    }
    Child process(child);
    while (const auto line = process.read_line()) {
        for (const JsonLine& row : parse_jsonl(*line, "bench gemm --lines"))
            report.add(row_of(row));
        const Row& last = report.rows().back();
        if (last.work.starts_with("peak") && last.has_peer() && last.ratio() < kUndisturbed)
            report.note("  Other programs have part of the processors: do not trust what follows.");
    }
    const int status = process.wait();
    if (status != 0) fail("the measuring process for {} ended with status {}", isa, status);
}

} // namespace

std::string Product::name() const {
    return fmt::format("({}, {}){} x ({}, {}){}", trans_a ? k : m, trans_a ? m : k,
                       trans_a ? "^T" : "", trans_b ? n : k, trans_b ? k : n, trans_b ? "^T" : "");
}

std::vector<Product> products() {
    std::vector<Product> list;
    for (const auto& [m, k, n] : kShapes) list.push_back({m, k, n});
    for (const auto& [m, k, n] : kShapes) {
        if (m < 64) continue;
        list.push_back({m, n, k, false, true}); // dX (M, K) = dY (M, N) W (K, N)^T
        list.push_back({k, m, n, true, false}); // dW (K, N) = X (M, K)^T dY (M, N)
    }
    return list;
}

void bench_gemm(const BenchOptions& options) {
    Report report(options, "Matrix products, GFLOP/s", true);
    if (!options.isa.empty() && options.lines) {
        measure_here(options, report);
        return;
    }
    std::vector<std::string> isas;
    if (engine::cpu().avx512 && engine::avx512_kernels() != nullptr) isas.push_back("avx512");
    if (engine::cpu().avx2 && engine::avx2_kernels() != nullptr) isas.push_back("avx2");
    if (isas.empty()) isas.push_back("scalar");
    if (!options.isa.empty()) isas = {options.isa};
    for (const std::string& isa : isas) {
        for (const int threads : thread_counts(options))
            measure_in_child(options, isa, threads, report);
    }
    report.finish();
}

} // namespace qstar::eval
