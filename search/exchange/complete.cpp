#include "search/exchange/complete.h"

#include "engine/base/error.h"
#include "engine/decode/decoder.h"
#include "engine/text/jsonl.h"
#include "engine/text/utf8.h"
#include "search/problem/search_options.h"

#include <algorithm>
#include <cstdio>
#include <fmt/core.h>
#include <span>
#include <unistd.h>

namespace qstar::search {

namespace {

// Text that comes in pieces, given on in whole characters: up to three bytes may be the beginning
// of one.
class WholeCharacters {
  public:
    explicit WholeCharacters(const std::function<void(std::string_view)>& give) : give_(give) {}

    void add(const std::string& piece) {
        held_ += piece;
        // The longest end that more bytes could make a character of.
        size_t keep = 0;
        for (size_t n = std::min<size_t>(3, held_.size()); n > 0 && keep == 0; --n) {
            const auto lead = static_cast<unsigned char>(held_[held_.size() - n]);
            const size_t needs = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
            if (needs > n) keep = n;
        }
        give(held_.size() - keep);
    }
    void end() { give(held_.size()); }

  private:
    void give(size_t count) {
        if (count > 0 && give_) give_(std::string_view(held_).substr(0, count));
        held_.erase(0, count);
    }

    const std::function<void(std::string_view)>& give_;
    std::string held_;
};

std::vector<int> prompt_ids(const RunModel& model, const RunEnds& ends, const std::string& prompt) {
    if (prompt.empty()) fail("the prompt is empty: say what to write on from");
    std::vector<int> ids = model.tokenizer.encode(prompt);
    // A prompt may have written out what begins a text.
    const bool begun = ids.size() >= ends.begin.size() &&
                       std::equal(ends.begin.begin(), ends.begin.end(), ids.begin());
    if (!begun) ids.insert(ids.begin(), ends.begin.begin(), ends.begin.end());
    const int64_t context = model.gpt.config.context;
    if (static_cast<int64_t>(ids.size()) >= context)
        fail("the prompt has {} tokens, but the model's context is {}: nothing can follow it",
             ids.size(), context);
    return ids;
}

} // namespace

Completion write_on(const RunModel& model, const RunEnds& ends, const std::string& prompt,
                    int64_t tokens, const engine::Sampling& sampling, uint64_t seed,
                    const std::function<void(std::string_view)>& on_text) {
    if (model.gpt.config.scalar_head)
        fail("{}: a reward model rates texts and writes none", model.file);
    Completion done;
    done.prompt_ids = prompt_ids(model, ends, prompt);
    const auto begun = static_cast<int64_t>(done.prompt_ids.size());
    const int64_t longest = std::min(model.gpt.config.context, begun + tokens);
    engine::Decoder decoder(model.gpt, 1, longest / 16 + 2);
    Random random(seed, "complete");
    WholeCharacters out(on_text);
    std::span<const int> fed = done.prompt_ids;
    while (static_cast<int64_t>(done.ids.size()) < tokens) {
        if (begun + static_cast<int64_t>(done.ids.size()) >= model.gpt.config.context) {
            done.end = Completion::End::context;
            break;
        }
        const engine::Decoder::Feed feed{0, fed};
        const engine::Tensor logits = decoder.feed({&feed, 1});
        // Rows beyond the vocabulary stand for nothing.
        const auto known = static_cast<size_t>(model.tokenizer.size());
        float log_prob = 0;
        const int token = engine::sample(logits.values().first(known), sampling, random, &log_prob);
        done.ids.push_back(token);
        done.log_probs.push_back(log_prob);
        if (std::find(ends.end.begin(), ends.end.end(), token) != ends.end.end()) {
            done.end = Completion::End::token;
            break;
        }
        const std::string piece = model.tokenizer.decode_continuation({token});
        done.text += piece;
        out.add(piece);
        fed = {&done.ids.back(), 1};
    }
    out.end();
    return done;
}

void describe(Flags& f, CompleteOptions& o) {
    f.argument("PROMPT", o.prompt, "The text to write on from").required();
    f.text("run", o.run, "folder of the run");
    f.text("policy", o.policy, "a model's file, instead of the run's sft (or pretrain)");
    f.number("tokens", o.tokens, 1, 1'000'000, "tokens at most");
    f.number("temperature", o.temperature, 0, 100, "0: always the likeliest token");
    search_option(f, "top-k", o.top_k);
    search_option(f, "top-p", o.top_p);
    f.seed(o.seed);
    f.mark("json", o.json, "prompt_ids, ids, log_probs and text as one JSON object");
}

void complete(const CompleteOptions& options) {
    check(flags_of(options));
    const RunModel model = load_run_model(options.run, options.policy, "sft");
    const RunEnds ends = ends_of(options.run, model.tokenizer);
    const bool terminal = ::isatty(STDOUT_FILENO) == 1 && !options.json;
    const auto show = [&](std::string_view text) {
        if (!terminal) return;
        std::fputs(printable(text).c_str(), stdout);
        std::fflush(stdout);
    };
    const Completion done =
        write_on(model, ends, options.prompt, options.tokens,
                 {options.temperature, options.top_k, options.top_p}, options.seed, show);
    if (options.json)
        fmt::print("{}\n", json_text(Json{{"prompt_ids", done.prompt_ids},
                                          {"ids", done.ids},
                                          {"log_probs", done.log_probs},
                                          {"text", done.text}}));
    else
        fmt::print("{}\n", terminal ? "" : done.text);
    if (done.end == Completion::End::context)
        fmt::print(stderr, "complete: the context of {} tokens is full\n",
                   model.gpt.config.context);
}

} // namespace qstar::search
