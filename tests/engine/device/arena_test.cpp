#include "engine/device/arena.h"

#include "engine/base/random.h"
#include "engine/tensor/tensor.h"

#include <algorithm>
#include <cstdint>
#include <doctest/doctest.h>
#include <vector>

using namespace qstar;
using namespace qstar::engine;

namespace {

struct Piece {
    float* begin;
    int64_t count;
};

} // namespace

TEST_CASE("pieces of the arena never overlap and begin at a cache line") {
    Arena arena;
    Random random(3, "pieces");
    std::vector<Piece> live;
    for (int turn = 0; turn < 2000; ++turn) {
        if (!live.empty() && random.below(5) < 2) {
            const size_t i = random.below(live.size());
            for (int64_t k = 0; k < live[i].count; ++k) {
                REQUIRE(live[i].begin[k] == static_cast<float>(live[i].count));
            }
            arena.release(live[i].begin, live[i].count);
            live.erase(live.begin() + static_cast<int64_t>(i));
        } else {
            const auto count = static_cast<int64_t>(random.below(3000));
            float* begin = arena.allocate(count);
            CHECK(reinterpret_cast<uintptr_t>(begin) % 64 == 0);
            std::fill_n(begin, count, static_cast<float>(count));
            live.push_back({begin, count});
        }
    }
    std::sort(live.begin(), live.end(),
              [](const Piece& a, const Piece& b) { return a.begin < b.begin; });
    for (size_t i = 1; i < live.size(); ++i) {
        CHECK(live[i - 1].begin + live[i - 1].count <= live[i].begin);
    }
}

TEST_CASE("what was given back is found again, and its neighbours join") {
    Arena arena;
    float* a = arena.allocate(100);
    float* b = arena.allocate(100);
    float* c = arena.allocate(100);
    arena.allocate(100);
    arena.release(a, 100);
    arena.release(c, 100);
    arena.release(b, 100); // all three are one hole now
    CHECK(arena.allocate(300) == a);
    CHECK(arena.peak_bytes() == 4 * 112 * sizeof(float)); // whole cache lines

    const size_t reserved = arena.reserved_bytes();
    arena.reset();
    CHECK(arena.allocate(100) == a);
    CHECK(arena.reserved_bytes() == reserved);
}

TEST_CASE("a piece larger than a block has one of its own") {
    Arena arena;
    arena.allocate(10);
    const int64_t large = (int64_t{1} << 24) + 5;
    float* begin = arena.allocate(large);
    begin[large - 1] = 1;
    arena.release(begin, large);
    CHECK(arena.allocate(large) == begin);
}
