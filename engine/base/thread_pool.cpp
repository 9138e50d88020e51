#include "engine/base/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>

namespace qstar::engine {

namespace {

constexpr int kMostParts = 32; // more threads share parts
constexpr int kMostOpen = 32;  // further loops are their owners' alone
constexpr std::chrono::microseconds kAwake{100}, kPutAside{500}, kBusy{50'000};

// Chunks [next, end) are still to be taken. Each on a cache line of its own.
struct alignas(64) Part {
    std::atomic<int64_t> next;
    int64_t end;
};

struct Loop {
    Body body;
    int64_t n, grain;
    const Loop* around; // the loop in whose body it was begun
    int parts;
    Part part[kMostParts] = {};
    std::atomic<bool> failed = false;
    std::exception_ptr error = {};
};

// Where an open loop is found. Its owner leaves when there are no visitors.
struct alignas(64) Place {
    std::atomic<bool> taken = false;
    std::atomic<Loop*> loop = nullptr;
    std::atomic<int> visitors = 0;
    std::atomic<bool> owner_sleeps = false;
};

struct Pool {
    std::atomic<int> threads = 1;
    Place places[kMostOpen];
    std::atomic<uint32_t> opened = 0;                                 // loops so far
    std::atomic<std::chrono::steady_clock::duration> busy_until = {}; // of the clock
    std::mutex mutex;                                                 // of starting and sleeping
    std::atomic<int> helpers = 0, sleeping = 0;
    std::condition_variable changed, more_threads; // changed: a loop was opened, or left
};

// Never destroyed: helpers may look at it until the process is gone.
Pool& pool() {
    static Pool& only = *new Pool;
    return only;
}

thread_local int number = 0;                  // of a helper, from 1
thread_local const Loop* innermost = nullptr; // the loop whose body this thread is in

void relax() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

// Awake for a while, then asleep. Who is put aside meanwhile knows that others want the processor:
// then nobody stays awake, since a thread that sleeps gets it sooner than one that has spent its
// share on waiting.
template <class Condition>
void wait_until(const Condition& holds) {
    using Clock = std::chrono::steady_clock;
    Pool& p = pool();
    auto last = Clock::now();
    const auto until = last.time_since_epoch() < p.busy_until.load() ? last : last + kAwake;
    for (int i = 1; !holds(); ++i) {
        relax();
        if (i % 32 != 0) continue;
        const auto now = Clock::now();
        if (now - last > kPutAside) p.busy_until = now.time_since_epoch() + kBusy;
        last = now;
        if (now < until) continue;
        std::unique_lock lock(p.mutex);
        ++p.sleeping;
        p.changed.wait(lock, holds);
        --p.sleeping;
        last = Clock::now();
    }
}

void wake_sleepers() {
    const std::lock_guard lock(pool().mutex);
    pool().changed.notify_all();
}

void leave_out_the_rest(Loop& loop) {
    for (int p = 0; p < loop.parts; ++p) loop.part[p].next = loop.part[p].end;
}

void run_chunk(Loop& loop, int64_t chunk) {
    try {
        loop.body(chunk * loop.grain, std::min(loop.n, (chunk + 1) * loop.grain));
    } catch (...) {
        if (!loop.failed.exchange(true)) loop.error = std::current_exception();
        leave_out_the_rest(loop);
    }
}

// This thread's part first, then what is left of the others'.
bool take_chunks(Loop& loop) {
    const Loop* const before = innermost;
    innermost = &loop;
    bool any = false;
    for (int i = 0; i < loop.parts; ++i) {
        Part& part = loop.part[(number + i) % loop.parts];
        while (part.next.load(std::memory_order_relaxed) < part.end) {
            const int64_t chunk = part.next.fetch_add(1, std::memory_order_relaxed);
            if (chunk >= part.end) break;
            run_chunk(loop, chunk);
            any = true;
        }
    }
    innermost = before;
    return any;
}

bool is_within(const Loop* loop, const Loop* outer) {
    while (loop != nullptr && loop != outer) loop = loop->around;
    return loop == outer;
}

// Looks at all open loops, or at those within `outer`; whether there was something to do.
bool visit_loops(const Loop* outer) {
    bool any = false;
    for (Place& place : pool().places) {
        if (place.loop.load(std::memory_order_relaxed) == nullptr) continue;
        ++place.visitors; // from here on the loop that is seen stays
        Loop* const loop = place.loop;
        if (loop != nullptr && (outer == nullptr || is_within(loop->around, outer)))
            any |= take_chunks(*loop);
        if (--place.visitors == 0 && place.owner_sleeps) wake_sleepers();
    }
    return any;
}

void help(int self) {
    number = self;
    Pool& p = pool();
    for (;;) {
        if (self >= p.threads) {
            std::unique_lock lock(p.mutex);
            p.more_threads.wait(lock, [&] { return self < p.threads; });
        }
        const uint32_t seen = p.opened;
        if (!visit_loops(nullptr)) wait_until([&] { return p.opened != seen; });
    }
}

void start_helpers(Pool& p) {
    const std::lock_guard lock(p.mutex);
    try {
        for (; p.helpers + 1 < p.threads; ++p.helpers) std::thread(help, p.helpers + 1).detach();
    } catch (const std::system_error&) { // the system gives no more: fewer are enough
        p.threads = p.helpers + 1;
    }
}

Place* open(Loop& loop) {
    Pool& p = pool();
    for (Place& place : p.places) {
        if (place.taken.load(std::memory_order_relaxed) || place.taken.exchange(true)) continue;
        place.loop = &loop;
        ++p.opened;
        if (p.sleeping > 0) wake_sleepers();
        return &place;
    }
    return nullptr;
}

// When nobody is in the loop any more.
void close(Place& place, const Loop& loop) {
    place.loop = nullptr;
    while (place.visitors > 0) {
        const uint32_t seen = pool().opened;
        if (visit_loops(&loop)) continue;
        place.owner_sleeps = true; // if it comes to that
        wait_until([&] { return place.visitors == 0 || pool().opened != seen; });
        place.owner_sleeps = false;
    }
    place.taken = false;
}

} // namespace

int free_in_pool() {
    int free = pool().threads;
    for (const Loop* loop = innermost; loop != nullptr; loop = loop->around) free /= loop->parts;
    return std::max(1, free);
}

void set_pool(int threads) {
    Pool& p = pool();
    const std::lock_guard lock(p.mutex);
    p.threads = threads;
    p.more_threads.notify_all();
}

void run_in_pool(Body body, int64_t n, int64_t grain) {
    Pool& p = pool();
    if (p.helpers + 1 < p.threads) start_helpers(p);
    const int64_t chunks = (n + grain - 1) / grain;
    Loop loop{.body = body, .n = n, .grain = grain, .around = innermost, .parts = 1};
    loop.parts = static_cast<int>(std::min<int64_t>({p.threads, chunks, kMostParts}));
    for (int i = 0; i < loop.parts; ++i) {
        loop.part[i].next = chunks * i / loop.parts;
        loop.part[i].end = chunks * (i + 1) / loop.parts;
    }
    Place* const place = open(loop);
    take_chunks(loop);
    if (place != nullptr) close(*place, loop);
    if (loop.error) std::rethrow_exception(loop.error);
}

} // namespace qstar::engine
