#include "engine/base/parallel.h"

#include <algorithm>
#include <memory>
#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>
#include <thread>

namespace qstar::engine {

namespace {
std::unique_ptr<tbb::global_control> control;
int thread_count = 0;
} // namespace

void set_threads(int threads) {
    const int processors = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    thread_count = threads > 0 ? threads : processors;
    control = std::make_unique<tbb::global_control>(tbb::global_control::max_allowed_parallelism,
                                                    static_cast<size_t>(thread_count));
}

int threads() {
    if (thread_count == 0) set_threads(0);
    return thread_count;
}

void parallel_for(int64_t n, int64_t grain, Body body) {
    if (n <= 0) return;
    grain = std::max<int64_t>(1, grain);
    const int64_t chunks = (n + grain - 1) / grain;
    if (chunks == 1 || threads() == 1) {
        for (int64_t begin = 0; begin < n; begin += grain) body(begin, std::min(n, begin + grain));
        return;
    }
    const auto work = [&](const tbb::blocked_range<int64_t>& range) {
        for (int64_t chunk = range.begin(); chunk != range.end(); ++chunk) {
            body(chunk * grain, std::min(n, (chunk + 1) * grain));
        }
    };
    // Who waits for the last chunks helps with this loop, and takes up nothing else meanwhile.
    tbb::this_task_arena::isolate([&] {
        tbb::parallel_for(tbb::blocked_range<int64_t>(0, chunks, 1), work,
                          tbb::simple_partitioner());
    });
}

} // namespace qstar::engine
