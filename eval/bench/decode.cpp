#include "eval/bench/decode.h"

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/decode/decoder.h"
#include "engine/decode/sampling.h"
#include "engine/kernels/kernels.h"
#include "engine/text/jsonl.h"
#include "eval/bench/peers/torch_peer.h"
#include "eval/bench/turns.h"

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace qstar::eval {

namespace {

const engine::GptConfig kConfig = {
    .layers = 4, .heads = 4, .width = 128, .context = 128, .vocab = 260};

std::vector<int> first_tokens(int batch) {
    Random random(1, "bench/decode");
    std::vector<int> tokens;
    for (int b = 0; b < batch; ++b)
        tokens.push_back(static_cast<int>(random.below(static_cast<uint64_t>(kConfig.vocab))));
    return tokens;
}

// Our side: texts of kConfig.context tokens, the first of each given.
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
    for (int64_t position = 1; position < kConfig.context; ++position) {
        for (size_t b = 0; b < first.size(); ++b) {
            feeds[b] = {static_cast<int>(b), {&texts[b].back(), 1}};
            draws[b] = engine::draw_from(static_cast<int>(b), {temperature, 0, 1}, randoms[b]);
        }
        decoder.feed_and_draw(feeds, draws, kConfig.vocab);
        for (size_t b = 0; b < first.size(); ++b) texts[b].push_back(draws[b].token);
    }
    return texts;
}

// Rounding may tip a tie, after which that text goes its own way; more is another model.
void check_same_texts(const std::vector<std::vector<int>>& ours, const Json& theirs) {
    int64_t equal = 0, all = 0;
    for (size_t b = 0; b < ours.size(); ++b) {
        for (size_t t = 0; t < ours[b].size(); ++t) {
            equal += ours[b][t] == theirs[b][t].get<int>();
            ++all;
        }
    }
    if (equal * 20 < all * 19) {
        fail("bench decode: only {} of {} of the likeliest tokens are PyTorch's: not the same work",
             equal, all);
    }
}

void measure(const std::string& work, int batch, int threads, bool quick, Report& report) {
    engine::set_threads(threads);
    const engine::Gpt model(kConfig, Random(1, "bench/model"));
    const std::vector<int> first = first_tokens(batch);
    engine::Decoder decoder(model, batch);
    std::vector<std::unique_ptr<TorchPeer>> peers;
    for (const TorchSettings settings : {TorchSettings::tuned, TorchSettings::as_it_comes}) {
        if (!peers.empty() && !peers[0]->here()) break;
        const TorchWork torch{"decode", batch, kConfig.context, threads, 0, settings};
        peers.push_back(std::make_unique<TorchPeer>(torch, model, first));
        if (peers.back()->here())
            check_same_texts(write_texts(decoder, first, 0), peers.back()->greeting()["greedy"]);
    }

    const double turn = quick ? 0.1 : 0.3;
    std::vector<Contestant> contestants = {
        repeated([&] { write_texts(decoder, first, 1); }, turn, threads)};
    for (const auto& peer : peers) {
        if (!peer->here()) continue;
        const int times = std::max(1, static_cast<int>(turn / peer->run(1).seconds));
        contestants.push_back([&peer, times] { return peer->run(times).seconds / times; });
    }
    const auto seconds = take_turns(contestants, quick ? 3 : 9, 0.15);

    const auto tokens = static_cast<double>(batch * (kConfig.context - 1));
    Row row;
    row.work = work;
    row.unit = "tokens/s";
    row.threads = threads;
    const bool on_processor = engine::device().is_host();
    row.isa = on_processor ? engine::isa_name() : engine::device().name();
    row.ours = rates(tokens, seconds[0]);
    for (size_t i = 0; i < peers.size(); ++i) {
        row.peer_name = peers[i]->name();
        row.peer = peers[i]->here() ? rates(tokens, seconds[1 + i]) : Summary{};
        report.add(row);
    }
}

} // namespace

void bench_decode(const BenchOptions& options) {
    Report report(options, "Generating text with a key/value cache, L4 D128 V260, context 128");
    for (const int batch : {64, 1}) {
        const std::string work =
            fmt::format("{} text{} of 128 tokens", batch, batch > 1 ? "s" : "");
        if (!report.wants(work)) continue;
        for (const int threads : thread_counts(options))
            measure(work, batch, threads, options.quick, report);
    }
    report.finish();
}

} // namespace qstar::eval
