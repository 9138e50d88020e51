#include "engine/base/thread_pool.h"

#include "engine/base/parallel.h"

#include <algorithm>
#include <atomic>
#include <doctest/doctest.h>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace qstar::engine;

namespace {

struct Threads { // the others' number comes back
    explicit Threads(int n) : before(threads()) { set_threads(n); }
    ~Threads() { set_threads(before); }
    int before;
};

} // namespace

TEST_CASE("every chunk of a loop is done once, whatever threads and lengths") {
    for (const int count : {1, 2, 3, 40}) {
        const Threads of(count);
        for (const int64_t n : {1, 2, 7, 64, 1000}) {
            for (const int64_t grain : {1, 3, 64}) {
                std::vector<std::atomic<int>> met(static_cast<size_t>(n));
                for (int again = 0; again < 20; ++again)
                    parallel_for(n, grain, [&](int64_t begin, int64_t end) {
                        CHECK(begin % grain == 0);
                        CHECK(end == std::min(n, begin + grain));
                        for (int64_t i = begin; i < end; ++i) ++met[static_cast<size_t>(i)];
                    });
                CHECK(std::ranges::all_of(met, [](const auto& times) { return times == 20; }));
            }
        }
    }
}

TEST_CASE("loops within loops, of several callers at once") {
    const Threads of(3);
    std::atomic<int64_t> sum = 0;
    const auto call = [&] {
        for (int again = 0; again < 50; ++again)
            parallel_for(4, 1, [&](int64_t, int64_t) {
                parallel_for(5, 1, [&](int64_t, int64_t) {
                    parallel_for(6, 2, [&](int64_t begin, int64_t end) { sum += end - begin; });
                });
            });
    };
    std::vector<std::thread> callers;
    for (int i = 0; i < 3; ++i) callers.emplace_back(call);
    for (std::thread& caller : callers) caller.join();
    CHECK(sum == 3 * 50 * 4 * 5 * 6);
}

TEST_CASE("what a body throws comes out of the loop, and the next loop is whole") {
    const Threads of(2);
    for (int again = 0; again < 20; ++again) {
        const auto failing = [](int64_t begin, int64_t) {
            if (begin % 7 == 3) throw std::runtime_error("no");
        };
        CHECK_THROWS_WITH(parallel_for(100, 1, failing), "no");
        std::atomic<int> chunks = 0;
        parallel_for(100, 1, [&](int64_t, int64_t) { ++chunks; });
        CHECK(chunks == 100);
    }
}
