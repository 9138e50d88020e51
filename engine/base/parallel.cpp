#include "engine/base/parallel.h"

#include "engine/base/parallel_clock.h"
#include "engine/base/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

namespace qstar::engine {

namespace {
int thread_count = 0;

bool clocked = false;
std::atomic<int64_t> in_loops = 0, at_work = 0; // nanoseconds
thread_local int loop_depth = 0, work_depth = 0;

// Adds its lifetime to `total` unless it is within another of its kind on this thread.
class Clocked {
  public:
    Clocked(std::atomic<int64_t>& total, int& depth) : total_(total), depth_(depth) {
        if (depth_++ == 0 && clocked) begin_ = std::chrono::steady_clock::now();
    }
    ~Clocked() {
        if (--depth_ == 0 && clocked)
            total_ += std::chrono::nanoseconds(std::chrono::steady_clock::now() - begin_).count();
    }
    Clocked(const Clocked&) = delete;
    Clocked& operator=(const Clocked&) = delete;

  private:
    std::atomic<int64_t>& total_;
    int& depth_;
    std::chrono::steady_clock::time_point begin_;
};
} // namespace

void clock_parallel(bool on) {
    clocked = on;
    in_loops = at_work = 0;
}

ParallelTimes parallel_times() {
    return {1e-9 * static_cast<double>(in_loops), 1e-9 * static_cast<double>(at_work)};
}

void set_threads(int threads) {
    const int processors = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    thread_count = threads > 0 ? threads : processors;
    set_pool(thread_count);
}

int threads() {
    if (thread_count == 0) set_threads(0);
    return thread_count;
}

int free_threads() { return std::min(threads(), free_in_pool()); }

void parallel_for(int64_t n, int64_t grain, Body body) {
    if (n <= 0) return;
    grain = std::max<int64_t>(1, grain);
    const int64_t chunks = (n + grain - 1) / grain;
    if (chunks == 1 || threads() == 1) {
        for (int64_t begin = 0; begin < n; begin += grain) body(begin, std::min(n, begin + grain));
        return;
    }
    // A loop within a body is part of the body.
    const Clocked loop(work_depth > 0 ? at_work : in_loops,
                       work_depth > 0 ? work_depth : loop_depth);
    if (!clocked) return run_in_pool(body, n, grain);
    run_in_pool(
        [&](int64_t begin, int64_t end) {
            const Clocked chunk(at_work, work_depth);
            body(begin, end);
        },
        n, grain);
}

} // namespace qstar::engine
