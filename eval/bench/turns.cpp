#include "eval/bench/turns.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <memory>
#include <thread>

namespace qstar::eval {

std::vector<std::vector<double>> take_turns(std::span<const Contestant> contestants, int turns,
                                            double pause) {
    std::vector<std::vector<double>> seconds(contestants.size());
    // No allocation of ours between the turns: oneDNN's speed depends on where its buffers
    // come to lie.
    for (auto& list : seconds) list.reserve(static_cast<size_t>(turns));
    for (int turn = 0; turn < turns; ++turn) {
        for (size_t i = 0; i < contestants.size(); ++i) {
            const size_t who = (i + static_cast<size_t>(turn)) % contestants.size();
            std::this_thread::sleep_for(std::chrono::duration<double>(pause));
            seconds[who].push_back(contestants[who]());
        }
    }
    return seconds;
}

double clock_seconds(int threads) {
    timespec t{};
    clock_gettime(threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

Contestant repeated(std::function<void()> body, double seconds, int threads) {
    const auto times = std::make_shared<int>(0); // repetitions that fill a turn
    return [=] {
        if (*times == 0) {
            const double begin = clock_seconds(threads);
            double start = begin, end = begin;
            for (int i = 0; i < 12 && end - begin < 0.5; ++i) {
                start = clock_seconds(threads);
                body();
                end = clock_seconds(threads);
            }
            const double once = std::max(1e-9, end - start);
            *times = static_cast<int>(std::clamp(std::ceil(seconds / once), 1.0, 1e6));
        }
        const double begin = clock_seconds(threads);
        do {
            body();
        } while (clock_seconds(threads) - begin < seconds / 4);
        const double start = clock_seconds(threads);
        for (int i = 0; i < *times; ++i) body();
        return (clock_seconds(threads) - start) / *times;
    };
}

} // namespace qstar::eval
