// Sequences without their padding: the bytes of losses and gradients are those with it.

#include "engine/autograd/packed_rows.h"

#include "engine/base/random.h"
#include "engine/nn/gpt.h"
#include "engine/nn/next_token.h"

#include <algorithm>
#include <cstring>
#include <doctest/doctest.h>
#include <span>
#include <vector>

using namespace qstar;
using namespace qstar::engine;

namespace {

// Sequences of 1 to `time` tokens, padded; each asks something of its last one.
struct PaddedBatch {
    int64_t rows, time;
    std::vector<int> inputs, targets;
    std::vector<float> weights, labels;
};

PaddedBatch padded_batch(int64_t rows, int64_t time, int vocab) {
    PaddedBatch b{rows, time, {}, {}, {}, {}};
    Random random(3, "test/packed");
    const auto draw = [&] { return static_cast<int>(random.below(static_cast<uint64_t>(vocab))); };
    for (int64_t r = 0; r < rows; ++r) {
        const auto length = r == 2 ? time : 1 + static_cast<int64_t>(random.below(20));
        for (int64_t t = 0; t < time; ++t) {
            const bool there = t < length;
            b.inputs.push_back(there ? draw() : 0);
            b.targets.push_back(there ? draw() : 0);
            b.labels.push_back(there && draw() % 2 == 0 ? 1.0f : 0.0f);
            b.weights.push_back(t == length - 1 || (there && draw() % 3 > 0) ? 1.0f : 0.0f);
        }
    }
    return b;
}

Gpt packed_model(Family family, bool scores) {
    GptConfig config{.layers = 2, .heads = 4, .width = 32, .context = 40, .vocab = 31};
    config.family = family;
    if (family != Family::gpt2) config.kv_heads = 2;
    config.scalar_head = scores;
    Gpt model(config, Random(1, "test/packed/model"));
    if (scores) { // 0 at the beginning, and with it all gradients below
        Random random(2, "test/packed/head");
        for (float& w : model.parameter("score.weight").value.values())
            w = static_cast<float>(random.normal());
    }
    return model;
}

void check_same_gradients(const Gpt& a, const Gpt& b) {
    for (size_t i = 0; i < a.parameters.size(); ++i) {
        CAPTURE(a.parameters[i].name);
        const Tensor &x = a.parameters[i].grad, &y = b.parameters[i].grad;
        if (x.empty()) continue; // lies above the loss
        REQUIRE(x.size() == y.size());
        CHECK(std::memcmp(x.data(), y.data(), static_cast<size_t>(x.size()) * sizeof(float)) == 0);
        const auto values = x.values();
        CHECK(std::any_of(values.begin(), values.end(), [](float v) { return v != 0; }));
    }
}

} // namespace

TEST_CASE("the rows that are left, and the chunks of the padded ones") {
    const Tape tape;
    Packing packing;
    const std::vector<float> weights = {1, 0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1};
    const std::vector<float> more = {0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0};
    REQUIRE(pack_rows(tape, 4, weights, {}, packing));
    CHECK(packing.at == std::vector<int>{0, 1, 2, 4, 8, 9, 10, 11});
    CHECK(packing.first == std::vector<int>{0, 3, 4, 8});
    REQUIRE(pack_rows(tape, 4, weights, more, packing));
    CHECK(packing.at == std::vector<int>{0, 1, 2, 3, 4, 8, 9, 10, 11});
    // 12 padded rows of 32 groups are 6 chunks of 64: two rows each.
    std::vector<int> borders;
    packing.borders(32, borders);
    CHECK(borders == std::vector<int>{0, 64, 128, 160, 160, 224, 288});
    // Of 24 groups a border lies within a row: at 64 that is row 2, after 16 of its groups.
    packing.borders(24, borders);
    CHECK(borders == std::vector<int>{0, 64, 120, 120, 184, 216});
    CHECK(!pack_rows(tape, 4, std::vector<float>(12, 1.0f), {}, packing)); // nothing to leave out
}

TEST_CASE("the next token: the bytes of padded sequences") {
    for (const Family family : {Family::llama, Family::qwen3, Family::qwen2, Family::gpt2}) {
        const PaddedBatch b = padded_batch(9, 37, 31);
        Gpt padded = packed_model(family, false), packed = packed_model(family, false);
        Tape tape, other;
        const Var state = hidden(tape, padded, b.inputs, b.rows, b.time);
        const Var loss = cross_entropy(tape, logits(tape, padded, state), b.targets, b.weights);
        tape.backward(loss);
        const double found =
            next_token_gradient(other, packed, b.inputs, b.targets, b.weights, b.rows, b.time);
        CHECK(static_cast<float>(found) == tape.value(loss)[0]);
        check_same_gradients(padded, packed);
    }
}

TEST_CASE("a scalar head: the bytes of padded sequences") {
    const PaddedBatch b = padded_batch(11, 33, 31);
    Gpt padded = packed_model(Family::qwen3, true), packed = packed_model(Family::qwen3, true);
    Tape tape, other;
    const Var all = hidden(tape, padded, b.inputs, b.rows, b.time);
    const Var loss = binary_cross_entropy(tape, scores(tape, padded, all), b.labels, b.weights);
    tape.backward(loss);

    Packing packing;
    std::vector<float> labels, weights;
    const Var left =
        hidden_where_asked(other, packed, b.inputs, b.rows, b.time, b.weights, {}, packing);
    REQUIRE(packing.rows() < b.rows * b.time * 2 / 3);
    const Var same =
        binary_cross_entropy(other, in_padded_chunks(other, scores(other, packed, left), packing),
                             where_asked(packing, std::span<const float>(b.labels), labels),
                             where_asked(packing, std::span<const float>(b.weights), weights));
    other.backward(same);
    CHECK(tape.value(loss)[0] == other.value(same)[0]);
    check_same_gradients(padded, packed);
}
