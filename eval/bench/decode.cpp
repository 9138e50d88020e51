#include "eval/bench/decode.h"

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/decode/decoder.h"
#include "engine/decode/sampling.h"
#include "engine/kernels/kernels.h"
#include "engine/text/jsonl.h"
#include "eval/bench/peers/llama_peer.h"
#include "eval/bench/peers/torch_peer.h"
#include "eval/bench/turns.h"

#include <algorithm>
#include <fmt/core.h>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace qstar::eval {

namespace {

struct DecodeWork {
    const char* model; // as the rows name it
    engine::GptConfig config;
    std::vector<int> batches; // texts side by side
};

std::vector<DecodeWork> decode_works() {
    return {
        {"L4 D128", {.layers = 4, .heads = 4, .width = 128, .context = 128, .vocab = 260}, {64, 1}},
        {"llama L12 D768, 97 million parameters",
         {.layers = 12,
          .heads = 12,
          .width = 768,
          .context = 32,
          .vocab = 16'000,
          .family = engine::Family::llama},
         {64, 1}},
    };
}

std::vector<int> first_tokens(int batch, int64_t vocab) {
    Random random(1, "bench/decode");
    std::vector<int> tokens;
    for (int b = 0; b < batch; ++b)
        tokens.push_back(static_cast<int>(random.below(static_cast<uint64_t>(vocab))));
    return tokens;
}

// Our side: texts that fill the context, the first token of each given.
std::vector<std::vector<int>> write_texts(engine::Decoder& decoder, std::span<const int> first,
                                          float temperature) {
    std::vector<std::vector<int>> texts;
    std::vector<Random> randoms;
    for (size_t b = 0; b < first.size(); ++b) {
        decoder.clear(static_cast<int>(b));
        texts.push_back({first[b]});
        randoms.emplace_back(1, b);
    }
    std::vector<engine::Decoder::Feed> feeds(first.size());
    std::vector<engine::TokenDraw> draws(first.size());
    for (int64_t position = 1; position < decoder.config().context; ++position) {
        for (size_t b = 0; b < first.size(); ++b) {
            feeds[b] = {static_cast<int>(b), {&texts[b].back(), 1}};
            draws[b] = engine::draw_from(static_cast<int>(b), {temperature, 0, 1}, randoms[b]);
        }
        decoder.feed_and_draw(feeds, draws, decoder.config().vocab);
        for (size_t b = 0; b < first.size(); ++b) texts[b].push_back(draws[b].token);
    }
    return texts;
}

// Rounding may tip a tie, after which that text goes its own way; more is another model.
void check_same_texts(const std::vector<std::vector<int>>& ours,
                      const std::vector<std::vector<int>>& theirs, const std::string& peer) {
    int64_t equal = 0, all = 0;
    for (size_t b = 0; b < ours.size(); ++b) {
        for (size_t t = 0; t < ours[b].size(); ++t) {
            equal += ours[b][t] == theirs[b][t];
            ++all;
        }
    }
    if (equal * 20 < all * 19) {
        fail("bench decode: only {} of {} of the likeliest tokens are those of {}: not the same "
             "work",
             equal, all, peer);
    }
}

std::vector<std::vector<int>> texts_of(const Json& lists) {
    std::vector<std::vector<int>> texts;
    for (size_t b = 0; b < lists.size(); ++b) {
        texts.emplace_back();
        for (size_t t = 0; t < lists[b].size(); ++t) texts.back().push_back(lists[b][t].get<int>());
    }
    return texts;
}

void measure(const std::string& name, const engine::GptConfig& config, int batch, int threads,
             bool quick, Report& report) {
    engine::set_threads(threads);
    const engine::Gpt model(config, Random(1, "bench/model"));
    const std::vector<int> first = first_tokens(batch, config.vocab);
    engine::Decoder decoder(model, batch);
    const auto likeliest = write_texts(decoder, first, 0);
    const double turn = quick ? 0.1 : 0.3;
    std::vector<Contestant> contestants = {
        repeated([&] { write_texts(decoder, first, 1); }, turn, threads)};
    std::vector<std::string> names;

    // PyTorch's half is written for gpt2.
    std::vector<std::unique_ptr<TorchPeer>> torches;
    for (const TorchSettings settings : {TorchSettings::tuned, TorchSettings::as_it_comes}) {
        if (config.family != engine::Family::gpt2) break;
        if (!torches.empty() && !torches[0]->here()) break;
        const TorchWork torch{"decode", batch, config.context, threads, 0, settings};
        torches.push_back(std::make_unique<TorchPeer>(torch, model, first));
        TorchPeer& peer = *torches.back();
        names.push_back(peer.name());
        if (!peer.here()) continue;
        check_same_texts(likeliest, texts_of(peer.greeting()["greedy"]), peer.name());
        const int times = std::max(1, static_cast<int>(turn / peer.run(1).seconds));
        contestants.push_back([&peer, times] { return peer.run(times).seconds / times; });
    }
    LlamaPeer llama(model, batch, threads);
    names.push_back(llama.name());
    if (llama.here()) {
        check_same_texts(likeliest, llama.write(first, 0), llama.name());
        contestants.push_back(repeated([&] { llama.write(first, 1); }, turn, threads));
    }
    const auto seconds = take_turns(contestants, quick ? 3 : 9, 0.15);

    const auto tokens = static_cast<double>(batch * (config.context - 1));
    Row row;
    row.work = name;
    row.unit = "tokens/s";
    row.threads = threads;
    const bool on_processor = engine::device().is_host();
    row.isa = on_processor ? engine::isa_name() : engine::device().name();
    row.ours = rates(tokens, seconds[0]);
    size_t contestant = 1;
    for (const std::string& peer : names) {
        row.peer_name = peer;
        row.peer = peer.starts_with("none") ? Summary{} : rates(tokens, seconds[contestant++]);
        report.add(row);
    }
}

} // namespace

void bench_decode(const BenchOptions& options) {
    Report report(options, "Generating text with a key/value cache");
    for (const DecodeWork& work : decode_works()) {
        for (const int batch : work.batches) {
            const std::string name = fmt::format("{}: {} text{} of {} tokens", work.model, batch,
                                                 batch > 1 ? "s" : "", work.config.context);
            if (!report.wants(name)) continue;
            for (const int threads : thread_counts(options))
                measure(name, work.config, batch, threads, options.quick, report);
        }
    }
    report.finish();
}

} // namespace qstar::eval
