#include "search/gpt_proposer.h"

#include "engine/error.h"
#include "search/encode.h"
#include "search/stream.h"

#include <algorithm>
#include <map>

namespace qstar::search {

// One draw: the steps it has ended, and the one it is writing.
struct GptProposer::Draw {
    int request = 0;
    int sample = 0;
    int first_step = 0; // steps the path had before
    Random random;
    int next = 0;          // the token to feed
    std::string text;      // of the open step
    int text_tokens = 0;   // in the open step
    float log_prob = 0;    // of the open step
    int64_t tokens = 0;    // fed after the prefix
    bool finished = false; // ended in the answer token
    std::vector<std::string> steps;
    std::vector<float> log_probs;
};

GptProposer::GptProposer(const engine::Gpt& model, const tokenizer::Tokenizer& tokenizer,
                         uint64_t seed, ProposerLimits limits)
    : model_(model), tokenizer_(tokenizer), seed_(seed), limits_(limits),
      decoder_(model, limits.slots + 1) {
    if (tokenizer.size() > model.config.vocab)
        fail("the tokenizer has {} tokens, the model a vocabulary of {}", tokenizer.size(),
             model.config.vocab);
}

std::vector<int> GptProposer::prefix_of(const ProposeRequest& request) const {
    const Path& path = request.path;
    if (path.problem.empty()) fail("the problem is empty: expected at least one character");
    if (path.finished) fail("problem \"{}\": a finished path has no next step", path.problem);
    const size_t context = static_cast<size_t>(model_.config.context);
    std::vector<int> tokens = encode(tokenizer_, path).tokens;
    if (tokens.size() >= context) {
        const size_t prompt = encode(tokenizer_, {path.problem, {}, false}).tokens.size();
        if (prompt > context)
            fail("problem \"{}\": its prompt has {} tokens, the model's context is {}",
                 path.problem.substr(0, 100), prompt, context);
        tokens.clear(); // no room for a step
    }
    return tokens;
}

// Draws the next token of `draw`; false when the draw is over.
bool GptProposer::take(Draw& draw, std::span<const float> logits, float temperature, int slot,
                       int max_steps) {
    if (decoder_.length(slot) >= model_.config.context) return false; // nor would the end token fit
    float log_prob = 0;
    const int token = engine::sample(logits.first(static_cast<size_t>(tokenizer_.size())),
                                     temperature, draw.random, &log_prob);
    draw.log_prob += log_prob;
    draw.next = token;
    if (!tokenizer_.is_special(token)) {
        draw.text += tokenizer_.token(token);
        return ++draw.text_tokens <= limits_.step_tokens;
    }
    draw.finished = token == tokenizer_.special(tokenizer::answer);
    if (!draw.finished && token != tokenizer_.special(tokenizer::step)) return false;
    draw.steps.push_back(std::move(draw.text));
    draw.log_probs.push_back(draw.log_prob);
    draw.text.clear();
    draw.text_tokens = 0;
    draw.log_prob = 0;
    const int step = draw.first_step + static_cast<int>(draw.steps.size());
    draw.random.stream = mix(draw.random.stream, static_cast<uint64_t>(step));
    draw.random.counter = 0;
    return !draw.finished && static_cast<int>(draw.steps.size()) < max_steps &&
           step < limits_.steps;
}

// Draw i of the slice lives in slot i.
void GptProposer::run_slice(std::span<Draw> draws, std::span<const ProposeRequest> requests,
                            const std::vector<std::vector<int>>& prefixes, int max_steps) {
    const size_t vocab = static_cast<size_t>(model_.config.vocab);
    const int spare = limits_.slots;

    // The first draw with a prefix evaluates it, the others copy.
    std::map<std::vector<int>, int> source; // prefix -> slot
    std::map<int, size_t> row;              // slot -> row of the logits
    std::vector<engine::Decoder::Feed> feeds;
    if (carried_ >= 0) source[prefixes[static_cast<size_t>(carried_)]] = spare;
    for (size_t i = 0; i < draws.size(); ++i) {
        const int slot = static_cast<int>(i);
        decoder_.clear(slot);
        const std::vector<int>& prefix = prefixes[static_cast<size_t>(draws[i].request)];
        if (!source.try_emplace(prefix, slot).second) continue;
        row[slot] = feeds.size();
        feeds.push_back({slot, prefix});
    }
    std::vector<float> logits;
    if (!feeds.empty()) {
        const engine::Tensor out = decoder_.feed(feeds);
        logits.assign(out.data(), out.data() + out.size());
    }
    const auto first_logits = [&](int slot) {
        return slot == spare ? std::span<const float>(carried_logits_)
                             : std::span<const float>(logits).subspan(row[slot] * vocab, vocab);
    };
    std::vector<int> active;
    for (size_t i = 0; i < draws.size(); ++i) {
        const int slot = static_cast<int>(i), from = source[prefixes[size_t(draws[i].request)]];
        if (from != slot) decoder_.copy(from, slot);
    }
    const int last = draws.back().request;
    const int last_source = source[prefixes[static_cast<size_t>(last)]];
    for (size_t i = 0; i < draws.size(); ++i) {
        const int slot = static_cast<int>(i), request = draws[i].request;
        const std::span<const float> view = first_logits(source[prefixes[size_t(request)]]);
        if (take(draws[i], view, requests[size_t(request)].temperature, slot, max_steps))
            active.push_back(slot);
    }
    if (last_source != spare) { // the next slice may go on with this request
        const std::span<const float> view = first_logits(last_source);
        carried_logits_.assign(view.begin(), view.end());
        decoder_.copy(last_source, spare);
        carried_ = last;
    }

    while (!active.empty()) {
        feeds.clear();
        for (const int slot : active) feeds.push_back({slot, {&draws[size_t(slot)].next, 1}});
        const engine::Tensor out = decoder_.feed(feeds);
        std::vector<int> still;
        for (size_t i = 0; i < active.size(); ++i) {
            Draw& draw = draws[size_t(active[i])];
            ++draw.tokens;
            const std::span<const float> view(out.data() + i * vocab, vocab);
            if (take(draw, view, requests[size_t(draw.request)].temperature, active[i], max_steps))
                still.push_back(active[i]);
        }
        active = std::move(still);
    }
}

std::vector<GptProposer::Draw> GptProposer::run(std::span<const ProposeRequest> requests,
                                                int max_steps) {
    std::vector<std::vector<int>> prefixes;
    std::vector<Draw> draws;
    for (size_t r = 0; r < requests.size(); ++r) {
        const ProposeRequest& request = requests[r];
        prefixes.push_back(prefix_of(request));
        const int samples =
            request.temperature > 0 ? request.samples : std::min(request.samples, 1);
        const int steps = static_cast<int>(request.path.steps.size());
        if (prefixes.back().empty() || steps >= limits_.steps) continue;
        for (int s = 0; s < samples; ++s) {
            Draw draw;
            draw.request = static_cast<int>(r);
            draw.sample = s;
            draw.first_step = steps;
            draw.random =
                Random(seed_, mix(mix(request.stream, static_cast<uint64_t>(s)), size_t(steps)));
            draws.push_back(std::move(draw));
        }
    }
    carried_ = -1;
    const size_t slots = static_cast<size_t>(limits_.slots);
    for (size_t begin = 0; begin < draws.size(); begin += slots) {
        const size_t count = std::min(slots, draws.size() - begin);
        run_slice(std::span(draws).subspan(begin, count), requests, prefixes, max_steps);
    }
    // The prefix counts once a request: with its first draw.
    for (Draw& draw : draws)
        if (draw.sample == 0)
            draw.tokens += static_cast<int64_t>(prefixes[size_t(draw.request)].size());
    return draws;
}

std::vector<Proposals> GptProposer::propose(std::span<const ProposeRequest> requests) {
    std::vector<Proposals> results(requests.size());
    for (Draw& draw : run(requests, 1)) {
        Proposals& result = results[size_t(draw.request)];
        ++result.generated;
        result.tokens += draw.tokens;
        if (draw.steps.empty()) continue; // ran away
        const auto same = std::find_if(result.steps.begin(), result.steps.end(), [&](auto& p) {
            return p.text == draw.steps[0] && p.final == draw.finished;
        });
        if (same != result.steps.end())
            ++same->count;
        else
            result.steps.push_back({std::move(draw.steps[0]), draw.finished, draw.log_probs[0], 1});
    }
    return results;
}

std::vector<std::vector<Solution>> GptProposer::complete(std::span<const ProposeRequest> requests) {
    std::vector<std::vector<Solution>> results(requests.size());
    for (Draw& draw : run(requests, limits_.steps)) {
        Solution solution{requests[size_t(draw.request)].path, std::move(draw.log_probs),
                          draw.tokens};
        for (std::string& step : draw.steps) solution.path.steps.push_back(std::move(step));
        solution.path.finished = draw.finished;
        results[size_t(draw.request)].push_back(std::move(solution));
    }
    return results;
}

} // namespace qstar::search
