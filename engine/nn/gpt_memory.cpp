#include "engine/nn/gpt_memory.h"

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/nn/batch_cut.h"
#include "engine/nn/gpt_config.h"
#include "engine/nn/gradient_tree.h"
#include "engine/optim/muon.h"

#include <algorithm>
#include <charconv>
#include <fmt/core.h>

namespace qstar::engine {

// What the tape keeps of each token, in the order of hidden(): the two norms, queries, keys
// and values, attention, its projection, two sums, the two wide layers of the MLP and its
// projection: 18 C; and of each row a few numbers more.
//
// In the others: two norms, queries, keys and values before and after they are turned (in qwen3
// normalised between), attention, its projection, two sums, the MLP's projection; and three
// hidden layers: gate, up and their product.
//
// An adapter keeps its rows of r numbers twice.
int64_t activations(const GptConfig& c, int64_t sequences, int64_t time, const Trains& trains) {
    const bool gpt2 = c.family == Family::gpt2;
    const int64_t queries = query_width(c), keys = kv_width(c);
    const int64_t normed = c.family == Family::qwen3 ? queries + keys + c.heads + kv_heads(c) : 0;
    const int64_t layer =
        gpt2 ? 18 * c.width + 2 * 2 + c.heads
             : 6 * c.width + 3 * queries + 4 * keys + 3 * hidden_width(c) + normed + 2 + c.heads;
    if (trains.what == Trains::head) return sequences * time * (layer + 3 * c.width + 4);
    const int64_t adapters = c.layers * (gpt2 ? 4 : 7) * 2 * trains.rank; // of rank 0: none
    const int64_t ends = 2 * c.width + 2;                                 // embedding, last norm
    const int64_t loss = 2 * c.vocab + 1;                                 // logits, probabilities
    // Backward: the logits' gradient beside all of it; or, when those are gone, the
    // gradients around the wide layer of the last block beside the rest of it.
    const int64_t wide = gpt2 ? 6 * c.width : 3 * hidden_width(c) - 2 * c.width;
    const int64_t backward = std::max(c.vocab, wide - 2 * c.vocab);
    return sequences * time * (c.layers * layer + adapters + ends + loss + backward);
}

MemoryPlan training_memory(const GptConfig& c, int64_t batch, int64_t time, bool by_muon,
                           const Trains& trains) {
    const int64_t trained = trained_count(c, trains) * 4;
    const BatchCut cut = cut_batch(c, batch, time, device(), trained / 4);
    const bool head = trains.what == Trains::head;
    const int64_t rows = head ? (batch + cut.leaves - 1) / cut.leaves : cut.sequences;
    const int64_t side_by_side = cut.leaves > 1 && threads() > 1 ? 2 : 1;
    MemoryPlan plan;
    plan.weights = parameter_count(c) * 4;
    if (trains.what == Trains::lora) plan.weights += trained;
    plan.gradients = gradients_of(cut.leaves) * trained;
    plan.moments = 2 * trained;
    if (by_muon && trains.what == Trains::all)
        plan.moments += 4 * (threads() * muon_scratch(c.width, c.width) - hidden_count(c));
    plan.activations = side_by_side * activations(c, rows, time, trains) * 4;
    plan.packed = threads() * (int64_t{4} << 20); // a block of A and one of B, in large pages
    return plan;
}

GptConfig parse_config(std::string_view text) {
    GptConfig config;
    bool heads_given = false;
    size_t at = 0;
    while (at < text.size()) {
        const char letter = text[at++];
        if (letter == ' ' || letter == ',') continue;
        if (letter >= 'a' && letter <= 'z') {
            const size_t end_of_word = std::min(text.find(' ', at), text.size());
            config.family = family_named(text.substr(at - 1, end_of_word - at + 1),
                                         fmt::format("\"{}\": ", text));
            at = end_of_word;
            continue;
        }
        int64_t value = 0;
        const auto [end, error] =
            std::from_chars(text.data() + at, text.data() + text.size(), value);
        if (error != std::errc() || value < 1 || value > (1 << 24)) {
            fail("\"{}\": expected a letter of L D H K T V and a number, found \"{}\"", text,
                 text.substr(at - 1));
        }
        at = static_cast<size_t>(end - text.data());
        switch (letter) {
        case 'L':
            config.layers = value;
            break;
        case 'D':
            config.width = value;
            break;
        case 'H':
            config.heads = value;
            heads_given = true;
            break;
        case 'K':
            config.kv_heads = value;
            break;
        case 'T':
            config.context = value;
            break;
        case 'V':
            config.vocab = value;
            break;
        default:
            fail("\"{}\": expected L (layers), D (width), H (heads), K (heads of keys and "
                 "values), T (context) or V (vocabulary), found '{}'",
                 text, letter);
        }
    }
    if (!heads_given) config.heads = config.width % 32 == 0 ? config.width / 32 : 1;
    check_sizes(config, fmt::format("\"{}\": a GPT's ", text));
    return config;
}

} // namespace qstar::engine
