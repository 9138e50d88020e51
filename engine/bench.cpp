#include "engine/bench.h"

#include "engine/io/files.h"
#include "engine/kernels/cpu.h"
#include "engine/kernels/gemm.h"
#include "engine/kernels/kernels.h"
#include "engine/parallel.h"
#include "engine/random.h"

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <fmt/format.h>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#ifdef QSTAR_OPENBLAS
#include <cblas.h>
#endif

namespace qstar::engine {

namespace {

struct Work {
    int64_t m, k, n;
    bool trans_a = false;
    bool trans_b = false;
};

// The forward products of the issue that set the goal, then the two forms of the
// backward pass: dX = dY W^T and dW = X^T dY.
const std::vector<Work> kWorks = {
    {4096, 128, 512},
    {4096, 512, 128},
    {4096, 256, 1024},
    {64, 256, 1024},
    {4096, 512, 128, false, true},
    {4096, 128, 512, false, true},
    {128, 4096, 512, true, false},
    {512, 4096, 128, true, false},
};

std::string name(const Work& w) {
    return fmt::format("({}, {}){} x ({}, {}){}", w.trans_a ? w.k : w.m, w.trans_a ? w.m : w.k,
                       w.trans_a ? "^T" : "", w.trans_b ? w.n : w.k, w.trans_b ? w.k : w.n,
                       w.trans_b ? "^T" : "");
}

std::vector<float> numbers(int64_t n, std::string_view stream) {
    std::vector<float> x(static_cast<size_t>(n));
    Random random(1, stream);
    for (float& v : x) v = static_cast<float>(random.uniform() - 0.5);
    return x;
}

// One thread is timed by its own processor time, so that other programs on the
// machine do not count; several by the clock on the wall.
double now(int thread_count) {
    timespec t{};
    clock_gettime(thread_count == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

double seconds(const std::function<void()>& body, int times, int thread_count) {
    const double start = now(thread_count);
    for (int i = 0; i < times; ++i) body();
    return (now(thread_count) - start) / times;
}

double median(std::vector<double> x) {
    std::sort(x.begin(), x.end());
    return x[x.size() / 2];
}

#ifdef QSTAR_OPENBLAS
std::string peer_name() {
    std::istringstream config(openblas_get_config()); // "OpenBLAS 0.3.21 NO_LAPACKE ..."
    std::string library;
    std::string version;
    config >> library >> version;
    return fmt::format("{} {} ({} kernels)", library, version, openblas_get_corename());
}

void peer_product(const Gemm& g) {
    cblas_sgemm(CblasRowMajor, g.trans_a ? CblasTrans : CblasNoTrans,
                g.trans_b ? CblasTrans : CblasNoTrans, static_cast<blasint>(g.m),
                static_cast<blasint>(g.n), static_cast<blasint>(g.k), 1.0f, g.a,
                static_cast<blasint>(g.lda), g.b, static_cast<blasint>(g.ldb), 0.0f, g.c,
                static_cast<blasint>(g.ldc));
}

constexpr bool kPeer = true;
#else
std::string peer_name() { return "none: built without OpenBLAS"; }
void peer_product(const Gemm&) {}
void openblas_set_num_threads(int) {}
constexpr bool kPeer = false;
#endif

// All instruction sets and the peer on one product, in turns.
void measure(const Work& work, const std::vector<std::string>& isas, int thread_count,
             std::vector<BenchRow>& rows) {
    const std::vector<float> a = numbers(work.m * work.k, "a");
    const std::vector<float> b = numbers(work.k * work.n, "b");
    std::vector<float> c(static_cast<size_t>(work.m * work.n));
    Gemm g;
    g.trans_a = work.trans_a;
    g.trans_b = work.trans_b;
    g.m = work.m;
    g.n = work.n;
    g.k = work.k;
    g.a = a.data();
    g.lda = work.trans_a ? work.m : work.k;
    g.b = b.data();
    g.ldb = work.trans_b ? work.k : work.n;
    g.c = c.data();
    g.ldc = work.n;

    constexpr int kTurns = 25;
    const double flops = 2.0 * static_cast<double>(work.m * work.n * work.k);
    const int times = std::max(1, static_cast<int>(2e8 / flops)); // some milliseconds a turn
    std::vector<std::vector<double>> ours(isas.size());
    std::vector<double> theirs;
    for (int turn = 0; turn < kTurns; ++turn) {
        for (size_t i = 0; i < isas.size(); ++i) {
            use_isa(isas[i].c_str());
            ours[i].push_back(seconds([&] { gemm(g); }, times, thread_count));
        }
        if (kPeer) theirs.push_back(seconds([&] { peer_product(g); }, times, thread_count));
    }
    for (size_t i = 0; i < isas.size(); ++i) {
        BenchRow row;
        row.work = name(work);
        row.ours = flops / median(ours[i]) * 1e-9;
        row.peer_name = peer_name();
        if (kPeer) {
            row.peer = flops / median(theirs) * 1e-9;
            row.ratio = row.ours / row.peer;
        }
        row.unit = "GFLOP/s";
        row.threads = thread_count;
        row.isa = isas[i];
        rows.push_back(row);
    }
}

std::string number(double x) { return x > 0 ? fmt::format("{:.1f}", x) : "-"; }

} // namespace

std::vector<BenchRow> measure_gemm() {
    const std::string isa_before = isa_name();
    const int threads_before = threads();
    std::vector<std::string> isas;
    if (cpu().avx2 && avx2_kernels() != nullptr) isas.push_back("avx2");
    if (cpu().avx512 && avx512_kernels() != nullptr) isas.push_back("avx512");
    if (isas.empty()) isas.push_back("scalar");

    std::vector<BenchRow> rows;
    std::vector<int> counts = {1};
    if (threads_before > 1) counts.push_back(threads_before);
    for (const int count : counts) {
        set_threads(count);
        openblas_set_num_threads(count);
        for (const Work& work : kWorks) measure(work, isas, count, rows);
    }
    openblas_set_num_threads(1); // as gemm() wants it
    set_threads(threads_before);
    use_isa(isa_before.c_str());
    return rows;
}

void bench_gemm(const std::string& json) {
    fmt::print("processor: {}\npeer: {}\n", cpu().brand, peer_name());
    if (kPeer) {
        fmt::print("OPENBLAS_CORETYPE=Haswell in the environment makes OpenBLAS take its AVX2 "
                   "kernels, SkylakeX its AVX-512 ones.\n");
    }
    fmt::print("\n{:<28} {:>7} {:>7} {:>8} {:>8} {:>6}\n", "matrix product, GFLOP/s", "isa",
               "threads", "ours", "peer", "ratio");
    const std::vector<BenchRow> rows = measure_gemm();
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const BenchRow& row : rows) {
        fmt::print("{:<28} {:>7} {:>7} {:>8} {:>8} {:>6}\n", row.work, row.isa, row.threads,
                   number(row.ours), number(row.peer),
                   row.peer > 0 ? fmt::format("{:.2f}", row.ratio) : "-");
        list.push_back({{"work", row.work},
                        {"ours", row.ours},
                        {"peer", row.peer},
                        {"peer_name", row.peer_name},
                        {"unit", row.unit},
                        {"ratio", row.ratio},
                        {"threads", row.threads},
                        {"isa", row.isa}});
    }
    if (!json.empty()) write_file_atomic(json, list.dump(2) + "\n");
}

} // namespace qstar::engine
