#pragma once
// The matrix product against OpenBLAS, on the shapes of small transformers.
//
// Both run in one process, their repetitions interleaved, and each is given by its
// median: on a shared machine only the ratio of such neighbours means anything. One
// thread is timed by its processor time, several by the clock.

#include <string>
#include <vector>

namespace qstar::engine {

struct BenchRow {
    std::string work; // "(4096, 128) x (128, 512)", "^T" after a transposed operand
    double ours = 0;
    double peer = 0;       // 0 where there is none
    std::string peer_name; // "OpenBLAS 0.3.21 (Haswell kernels)", or "none: ..."
    std::string unit;      // "GFLOP/s"
    double ratio = 0;      // ours / peer, above 1: ours is faster; 0 without a peer
    int threads = 1;
    std::string isa;
};

// Every vector instruction set that this processor offers (scalar where there is
// none), on one thread and on all that the process may use. Some seconds long.
// Leaves the instruction set and the number of threads as they were.
std::vector<BenchRow> measure_gemm();

// Measures, prints a table to the standard output and, unless `json` is empty,
// writes the rows to that file as one JSON array.
void bench_gemm(const std::string& json);

} // namespace qstar::engine
