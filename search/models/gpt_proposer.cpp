#include "search/models/gpt_proposer.h"

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/base/random.h"
#include "search/models/encode.h"

#include <algorithm>
#include <iterator>
#include <string>

namespace qstar::search {

namespace {

// A lane has so many draws at once, or more: fewer would make products of few rows.
constexpr int kLaneSlots = 64;

std::vector<int64_t> limits_of(std::span<const ProposeRequest> requests) {
    std::vector<int64_t> limits;
    for (const ProposeRequest& request : requests) limits.push_back(request.limit);
    return limits;
}

// A draw that is cut off has read only so much.
void cut(Draw& draw, int64_t rest) {
    const int64_t excess = std::clamp<int64_t>(draw.tokens - rest, 0, std::ssize(draw.read));
    draw.read.resize(draw.read.size() - static_cast<size_t>(excess));
}

} // namespace

GptProposer::GptProposer(const engine::Gpt& model, const tokenizer::Tokenizer& tokenizer,
                         uint64_t seed, ProposerLimits limits)
    : tokenizer_(tokenizer), form_(tokenizer), seed_(seed), limits_(limits),
      trunk_(std::make_shared<engine::CachedDecoder>(model, limits.slots, limits.keep)) {
    limits_.step_tokens = std::max(limits_.step_tokens, form_.longest_step());
    engine::check(engine::Sampling{1, limits.top_k, limits.top_p});
    if (tokenizer.size() > model.config.vocab)
        fail("the tokenizer has {} tokens, the model a vocabulary of {}", tokenizer.size(),
             model.config.vocab);
}

std::vector<int> GptProposer::prefix_of(const ProposeRequest& request) const {
    const Path& path = request.path;
    if (path.problem.empty()) fail("the problem is empty: expected at least one character");
    if (path.finished) fail("problem \"{}\": a finished path has no next step", path.problem);
    const size_t context = static_cast<size_t>(trunk_->decoder.config().context);
    EncodedPath encoded = encode(form_, path);
    if (encoded.prompt > context)
        fail("problem \"{}\": its prompt has {} tokens, the model's context is {}",
             path.problem.substr(0, 100), encoded.prompt, context);
    if (encoded.tokens.size() >= context) encoded.tokens.clear(); // a step does not fit
    return std::move(encoded.tokens);
}

// The draws of each lane: a problem's are always in the same one, where its texts are kept.
std::vector<DrawBatch> GptProposer::batches_of(std::span<const ProposeRequest> requests,
                                               int max_steps) {
    const bool alone = shared_ || !trunk_->decoder.has_twin();
    const int lanes = alone ? 1 : std::clamp(limits_.slots / kLaneSlots, 1, engine::threads());
    const int slots = limits_.slots / lanes;
    if (std::ssize(twins_) != lanes - 1) {
        twins_.clear();
        for (int lane = 1; lane < lanes; ++lane)
            twins_.push_back(std::make_unique<engine::CachedDecoder>(*trunk_, slots, limits_.keep));
    }
    const DrawRules rules{tokenizer_, form_, limits_, shared_};
    std::vector<DrawBatch> batches;
    batches.emplace_back(rules, requests, *trunk_, slots, max_steps);
    for (const auto& twin : twins_) batches.emplace_back(rules, requests, *twin, slots, max_steps);
    for (size_t r = 0; r < requests.size(); ++r) {
        const ProposeRequest& request = requests[r];
        std::vector<int> prefix = prefix_of(request);
        const int samples =
            request.temperature > 0 ? request.samples : std::min(request.samples, 1);
        const int steps = static_cast<int>(request.path.steps.size());
        if (prefix.empty() || steps >= limits_.steps) continue;
        std::vector<Draw> draws;
        for (int s = 0; s < samples; ++s) {
            Draw& draw = draws.emplace_back();
            draw.request = static_cast<int>(r);
            draw.first_step = steps;
            draw.random =
                Random(seed_, derive_stream(derive_stream(request.stream, static_cast<uint64_t>(s)),
                                            size_t(steps)));
            // The prefix counts once a request: with its first draw.
            if (s == 0) draw.tokens = static_cast<int64_t>(prefix.size());
        }
        batches[hash_name(request.path.problem) % batches.size()].add(
            static_cast<int>(r), std::move(prefix), std::move(draws));
    }
    return batches;
}

std::vector<Draw> GptProposer::run(std::span<const ProposeRequest> requests, int max_steps) {
    std::vector<DrawBatch> batches = batches_of(requests, max_steps);
    std::vector<DrawBatch*> busy; // a lane that is alone has all threads
    for (DrawBatch& batch : batches)
        if (!batch.draws().empty()) busy.push_back(&batch);
    engine::parallel_for(std::ssize(busy), 1,
                         [&](int64_t lane, int64_t) { busy[static_cast<size_t>(lane)]->run(); });
    std::vector<Draw> draws; // of a request in their order
    for (DrawBatch& batch : batches)
        std::move(batch.draws().begin(), batch.draws().end(), std::back_inserter(draws));
    return draws;
}

int64_t GptProposer::tokens_evaluated() const {
    int64_t tokens = trunk_->decoder.tokens_evaluated();
    for (const auto& twin : twins_) tokens += twin->decoder.tokens_evaluated();
    return tokens;
}

int64_t GptProposer::prefix_tokens(const Path& path) const { return std::ssize(tokens_of(path)); }

std::vector<int> GptProposer::tokens_of(const Path& path) const {
    return std::move(encode(form_, path).tokens);
}

std::vector<Proposals> GptProposer::propose(std::span<const ProposeRequest> requests) {
    const auto listed = [](const ProposeRequest& request) { return request.n_best; };
    if (std::ranges::none_of(requests, listed)) return drawn(requests);
    if (std::ranges::all_of(requests, listed)) return n_best(requests);
    std::vector<Proposals> results; // of both kinds: one by one
    for (const ProposeRequest& request : requests)
        results.push_back(std::move(propose({&request, 1})[0]));
    return results;
}

std::vector<Proposals> GptProposer::drawn(std::span<const ProposeRequest> requests) {
    std::vector<Proposals> results(requests.size());
    std::vector<int64_t> left = limits_of(requests);
    for (Draw& draw : run(requests, 1)) {
        int64_t& rest = left[size_t(draw.request)];
        if (rest <= 0) continue; // not made
        Proposals& result = results[size_t(draw.request)];
        ++result.generated;
        result.tokens += std::min(draw.tokens, rest);
        cut(draw, rest);
        result.read.push_back(std::move(draw.read));
        if ((rest -= draw.tokens) < 0) continue; // cut off
        if (draw.steps.empty()) continue;        // ran away
        Proposal step{std::move(draw.steps[0]), draw.finished, draw.log_probs[0], 1};
        const auto same = std::ranges::find_if(
            result.steps, [&](const Proposal& known) { return same_step(known, step); });
        if (same != result.steps.end())
            ++same->count;
        else
            result.steps.push_back(std::move(step));
    }
    return results;
}

std::vector<std::vector<Solution>> GptProposer::complete(std::span<const ProposeRequest> requests) {
    std::vector<std::vector<Solution>> results(requests.size());
    std::vector<int64_t> left = limits_of(requests);
    for (Draw& draw : run(requests, limits_.steps)) {
        int64_t& rest = left[size_t(draw.request)];
        if (rest <= 0) continue; // not made
        const Path& path = requests[size_t(draw.request)].path;
        if (draw.tokens > rest) { // cut off
            cut(draw, rest);
            results[size_t(draw.request)].push_back({path, {}, rest, std::move(draw.read)});
            rest = 0;
            continue;
        }
        rest -= draw.tokens;
        Solution solution{path, std::move(draw.log_probs), draw.tokens, std::move(draw.read)};
        for (std::string& step : draw.steps) solution.path.steps.push_back(std::move(step));
        solution.path.finished = draw.finished;
        // Its text may take more tokens than were drawn. Then nobody could read it.
        if (draw.finished && prefix_tokens(solution.path) > trunk_->decoder.config().context)
            solution.path.finished = false;
        results[size_t(draw.request)].push_back(std::move(solution));
    }
    return results;
}

} // namespace qstar::search
