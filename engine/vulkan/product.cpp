// The matrix product: how it is cut into tiles, and the sum where there are too few of them.

#include "engine/vulkan/product.h"
#include "engine/vulkan/operations.h"

#include <algorithm>

namespace qstar::engine::vulkan {

namespace {

// A large GPU has about so many cores, and keeps so many work groups on each of them to have
// something to do while memory is waited for. The order of the sums follows from it, so these
// are constants and not the device's own numbers.
constexpr int64_t kCores = 128;
constexpr int64_t groups_a_core(int64_t side) { return side == 128 ? 2 : 8; }
constexpr int64_t kShortestPart = 256; // of k

int64_t divided_up(int64_t n, int64_t by) { return (n + by - 1) / by; }

// How many numbers a product reads or writes, from its first to its last.
int64_t span_of(int64_t rows, int64_t columns, int64_t ld) {
    return rows == 0 || columns == 0 ? 0 : (rows - 1) * ld + columns;
}
int64_t last_product(const Product& p, int64_t sequence, int64_t head) {
    return divided_up(p.count, p.heads) * sequence - sequence +
           (std::min(p.count, p.heads) - 1) * head;
}

// Can it be read four numbers at a time?
bool whole(const float* at, int64_t columns, int64_t ld, int64_t sequence = 0, int64_t head = 0) {
    return reinterpret_cast<uintptr_t>(at) % 16 == 0 && columns % 4 == 0 && ld % 4 == 0 &&
           sequence % 4 == 0 && head % 4 == 0;
}

} // namespace

void sum_chunks(Job& job, int64_t n, int64_t chunks, int64_t stride, const float* x, float* d,
                bool fresh) {
    const struct {
        Address x, d;
        int32_t n, chunks, stride;
        uint32_t fresh;
    } push = {job.read(x, chunks == 0 ? 0 : (chunks - 1) * stride + n),
              job.write(d, n),
              number(n),
              number(chunks),
              number(stride),
              fresh};
    job.run(shaders::chunk_sums, {}, push, groups_for(n, 64));
}

void multiply(Job& job, const Product& p) {
    if (p.m == 0 || p.n == 0 || p.count == 0) return;
    const auto tiles = [&](int64_t side) {
        return divided_up(p.m, side) * divided_up(p.n, side) * p.count;
    };
    // Where there are few tiles and a long sum (the gradient of a weight), the sum is cut, too,
    // and its parts are added up in order.
    const bool can_split = p.count == 1 && p.ldc == p.n && p.bias == nullptr && p.gelu == nullptr &&
                           p.causal == Causal::none;
    const auto parts_of = [&](int64_t side) {
        const int64_t wanted = divided_up(kCores * groups_a_core(side), tiles(side));
        return can_split ? std::max<int64_t>(1, std::min(wanted, p.k / kShortestPart)) : 1;
    };
    // Large tiles, unless they would stand empty by more (a head is often 64 numbers wide).
    const auto covered = [&](int64_t side) { return tiles(side) * side * side; };
    const bool large = tiles(128) * parts_of(128) >= kCores && 4 * covered(128) <= 5 * covered(64);
    const int64_t side = large ? 128 : 64;
    const int64_t parts = parts_of(side);
    const bool split = parts > 1;
    const int64_t part_k = split ? divided_up(divided_up(p.k, parts), 16) * 16 : 0;
    const int64_t count = split ? divided_up(p.k, part_k) : p.count;
    float* const c = split ? job.scratch(count * p.m * p.n) : p.c;

    const int64_t a_rows = p.trans_a ? p.k : p.m, a_columns = p.trans_a ? p.m : p.k;
    const int64_t b_rows = p.trans_b ? p.n : p.k, b_columns = p.trans_b ? p.k : p.n;
    const bool whole_ab = whole(p.a, a_columns, p.lda, p.a_sequence, p.a_head) &&
                          whole(p.b, b_columns, p.ldb, p.b_sequence, p.b_head);
    const int64_t c_head = split ? p.m * p.n : p.c_head;
    const bool whole_c =
        whole(c, p.n, p.ldc, p.c_sequence, c_head) && whole(p.bias, 0, 0) && whole(p.gelu, 0, 0);
    const int64_t c_span = split
                               ? count * p.m * p.n
                               : span_of(p.m, p.n, p.ldc) + last_product(p, p.c_sequence, p.c_head);
    const struct {
        Address a, b, c, bias, gelu;
        int32_t m, n, k, lda, ldb, ldc;
        int32_t heads, a_sequence, a_head, b_sequence, b_head, c_sequence, c_head;
        int32_t split, causal, flags;
    } push = {
        job.read(p.a, span_of(a_rows, a_columns, p.lda) + last_product(p, p.a_sequence, p.a_head)),
        job.read(p.b, span_of(b_rows, b_columns, p.ldb) + last_product(p, p.b_sequence, p.b_head)),
        job.write(c, c_span),
        job.read(p.bias, p.bias == nullptr ? 0 : p.n),
        p.gelu == nullptr ? 0 : job.write(p.gelu, span_of(p.m, p.n, p.ldc)),
        number(p.m),
        number(p.n),
        number(p.k),
        number(p.lda),
        number(p.ldb),
        number(p.ldc),
        number(split ? count : p.heads),
        number(p.a_sequence),
        number(p.a_head),
        number(p.b_sequence),
        number(p.b_head),
        number(p.c_sequence),
        number(c_head),
        number(part_k),
        static_cast<int32_t>(p.causal),
        (p.accumulate && !split ? 1 : 0) | (p.bias != nullptr ? 2 : 0),
    };
    number(c_span);
    const auto threads = static_cast<uint32_t>(side * side / 64);
    const bool unroll = gpu().physical().properties.deviceType != VK_PHYSICAL_DEVICE_TYPE_CPU;
    job.run(shaders::gemm,
            {threads, static_cast<uint32_t>(side), p.trans_a, p.trans_b, whole_ab, whole_c,
             p.gelu != nullptr, unroll},
            push, {divided_up(p.n, side), divided_up(p.m, side), count});
    if (split) sum_chunks(job, p.m * p.n, count, p.m * p.n, c, p.c, !p.accumulate);
}

void gemm(const Gemm& g, Precision) { // bf16 is computed in fp32 here
    Job job(gpu());
    multiply(job, {.trans_a = g.trans_a,
                   .trans_b = g.trans_b,
                   .m = g.m,
                   .n = g.n,
                   .k = g.k,
                   .a = g.a,
                   .b = g.b,
                   .c = g.c,
                   .lda = g.lda,
                   .ldb = g.ldb,
                   .ldc = g.ldc,
                   .bias = g.bias,
                   .gelu = g.gelu,
                   .accumulate = g.accumulate});
}

} // namespace qstar::engine::vulkan
