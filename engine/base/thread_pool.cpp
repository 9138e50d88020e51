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
constexpr std::chrono::microseconds kAwake{500};
constexpr int kPauses = 256; // some ten microseconds; then others may have the processor

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
};

struct Pool {
    std::atomic<int> threads = 1;
    Place places[kMostOpen];
    std::atomic<uint32_t> opened = 0; // loops so far
    std::mutex mutex;                 // of starting and sleeping
    std::atomic<int> helpers = 0, sleeping = 0;
    std::condition_variable loop_opened, more_threads;
};

// Never destroyed: helpers may look at it until the process is gone.
Pool& pool() {
    static Pool& only = *new Pool;
    return only;
}

thread_local int number = 0;               // of a helper, from 1
thread_local const Loop* within = nullptr; // the loop whose body this thread is in

void relax() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

void wait_a_little(int times_before) {
    if (times_before < kPauses)
        relax();
    else
        std::this_thread::yield();
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
    const Loop* const before = within;
    within = &loop;
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
    within = before;
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
        --place.visitors;
    }
    return any;
}

void sleep_until_opened(uint32_t seen) {
    Pool& p = pool();
    std::unique_lock lock(p.mutex);
    ++p.sleeping;
    p.loop_opened.wait(lock, [&] { return p.opened != seen; });
    --p.sleeping;
}

void stay_awake(uint32_t seen) {
    const auto until = std::chrono::steady_clock::now() + kAwake;
    for (int i = 0; pool().opened == seen; ++i) {
        wait_a_little(i);
        if (i % 32 == 0 && std::chrono::steady_clock::now() > until)
            return sleep_until_opened(seen);
    }
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
        if (!visit_loops(nullptr)) stay_awake(seen);
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
        if (p.sleeping > 0) {
            const std::lock_guard lock(p.mutex);
            p.loop_opened.notify_all();
        }
        return &place;
    }
    return nullptr;
}

// When nobody is in the loop any more.
void close(Place& place, const Loop& loop) {
    place.loop = nullptr;
    for (int i = 0; place.visitors > 0; ++i)
        if (!visit_loops(&loop)) wait_a_little(i);
    place.taken = false;
}

} // namespace

int free_in_pool() {
    int free = pool().threads;
    for (const Loop* loop = within; loop != nullptr; loop = loop->around) free /= loop->parts;
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
    Loop loop{.body = body, .n = n, .grain = grain, .around = within, .parts = 1};
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
