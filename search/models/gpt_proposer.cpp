#include "search/models/gpt_proposer.h"

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "search/models/encode.h"
#include "search/models/stream.h"
#include "search/worlds/words/annotations.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <string>

namespace qstar::search {

// One draw: the steps it has ended, and the one it is writing.
struct GptProposer::Draw {
    int request = 0;
    int sample = 0;
    int first_step = 0; // steps the path had before
    Random random;
    int next = 0;            // the token it has just drawn
    float next_log_prob = 0; // its log-probability
    std::string text;        // of the open step
    int text_tokens = 0;     // in the open step
    float log_prob = 0;      // of the open step
    int64_t tokens = 0;      // that went into the model after the prefix
    std::vector<int> read;   // what went into the model, the prefix included
    bool finished = false;   // ended in the answer token
    std::vector<std::string> steps;
    std::vector<float> log_probs;
};

// Draws that have written the same tokens so far.
struct GptProposer::Branch {
    int slot = 0;
    std::vector<int> tokens; // prefix and what was drawn
    size_t fed = 0;          // of them in the cache
    std::vector<size_t> draws;
};

// What one lane draws.
struct GptProposer::Batch {
    std::span<const ProposeRequest> requests;
    engine::CachedDecoder* trunk;
    int slots = 0;
    int max_steps = 0;
    std::map<int, std::vector<int>> prefixes = {}; // by request
    std::vector<Draw> draws = {};
    size_t next = 0; // the first draw that has not been admitted
    std::vector<Branch> branches = {};
    std::vector<int> free_slots = {};
    std::vector<engine::Decoder::Feed> feeds = {}; // of a step, kept for the next one
    std::vector<engine::TokenDraw> tokens = {};
};

namespace {

// A lane has so many draws at once, or more: fewer would make products of few rows.
constexpr int kLaneSlots = 64;

std::vector<int64_t> limits_of(std::span<const ProposeRequest> requests) {
    std::vector<int64_t> limits;
    for (const ProposeRequest& request : requests) limits.push_back(request.limit);
    return limits;
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

// The slots of the draws, the first one last.
std::vector<int> GptProposer::cleared_slots(engine::CachedDecoder& trunk, int slots) {
    std::vector<int> cleared;
    for (int slot = slots; slot-- > 0;) {
        trunk.decoder.clear(slot); // an Error may have left something there
        cleared.push_back(slot);
    }
    return cleared;
}

// Draws of one request join the batch together, as one branch, when so many slots are
// free that each of them may go its own way; those of a request with more draws than
// there are slots in several such groups.
void GptProposer::admit(Batch& batch) const {
    size_t live = 0;
    for (const Branch& branch : batch.branches) live += branch.draws.size();
    const size_t slots = static_cast<size_t>(batch.slots);
    while (batch.next < batch.draws.size()) {
        const Draw& first = batch.draws[batch.next];
        size_t end = batch.next;
        while (end < batch.draws.size() && batch.draws[end].request == first.request &&
               end - batch.next < slots)
            ++end;
        if (live + end - batch.next > slots) return;
        Branch branch;
        branch.slot = batch.free_slots.back();
        batch.free_slots.pop_back();
        branch.tokens = batch.prefixes[first.request];
        branch.fed = static_cast<size_t>(batch.trunk->kept.begin(branch.tokens, branch.slot));
        for (; batch.next < end; ++batch.next) branch.draws.push_back(batch.next);
        live += branch.draws.size();
        batch.branches.push_back(std::move(branch));
    }
}

// Feeds the branches and draws the next token of each of their draws.
void GptProposer::sample(Batch& batch) const {
    batch.feeds.clear();
    batch.tokens.clear();
    for (const Branch& branch : batch.branches) {
        const int row = static_cast<int>(batch.feeds.size());
        batch.feeds.push_back({branch.slot, std::span(branch.tokens).subspan(branch.fed)});
        for (const size_t d : branch.draws) {
            Draw& draw = batch.draws[d];
            const float temperature = batch.requests[static_cast<size_t>(draw.request)].temperature;
            batch.tokens.push_back(
                engine::draw_from(row, {temperature, limits_.top_k, limits_.top_p}, draw.random));
        }
    }
    batch.trunk->kept.make_room(batch.trunk->decoder.pages_needed(batch.feeds));
    batch.trunk->decoder.feed_and_draw(batch.feeds, batch.tokens, tokenizer_.size());
    size_t next = 0;
    for (const Branch& branch : batch.branches) {
        for (const size_t d : branch.draws) {
            batch.draws[d].next = batch.tokens[next].token;
            batch.draws[d].next_log_prob = batch.tokens[next++].log_prob;
        }
    }
}

// The draw takes the token; false when the draw is over.
bool GptProposer::take(Draw& draw, int token, float log_prob, int max_steps) const {
    draw.log_prob += log_prob;
    using Event = tokenizer::FormReader::Event;
    std::string line;
    const Event event = form_.take(token, draw.text, line);
    if (event == Event::goes_on) return ++draw.text_tokens <= limits_.step_tokens;
    if (event == Event::broken) return false;
    draw.finished = event == Event::ends_solution;
    draw.steps.push_back(std::move(line));
    draw.log_probs.push_back(draw.log_prob);
    draw.text_tokens = 0;
    draw.log_prob = 0;
    const int step = draw.first_step + static_cast<int>(draw.steps.size());
    draw.random.stream = derive_stream(draw.random.stream, static_cast<uint64_t>(step));
    draw.random.counter = 0;
    return !draw.finished && static_cast<int>(draw.steps.size()) < max_steps &&
           step < limits_.steps;
}

// What a calculator writes behind the open text; nothing if the context has no room for it behind
// `written` tokens.
std::vector<int> GptProposer::calculator_tokens(std::string_view open, size_t written) const {
    const std::optional<std::string> text = calculated(open);
    if (!text) return {};
    std::vector<int> tokens = tokenizer_.encode_continuation(*text, tokenizer::Specials::as_text);
    const auto context = static_cast<size_t>(trunk_->decoder.config().context);
    return written + tokens.size() < context ? tokens : std::vector<int>{};
}

// The tokens of a calculator, where one is asked for and knows what comes.
void GptProposer::calculate(Batch& batch, Branch& branch) const {
    const Draw& first = batch.draws[branch.draws.front()];
    if (!batch.requests[static_cast<size_t>(first.request)].calculator) return;
    const std::vector<int> tokens = calculator_tokens(first.text, branch.tokens.size());
    branch.tokens.insert(branch.tokens.end(), tokens.begin(), tokens.end());
    for (const size_t d : branch.draws) {
        Draw& draw = batch.draws[d];
        for (const int token : tokens) draw.text += tokenizer_.token(token);
        draw.text_tokens += static_cast<int>(tokens.size());
        draw.tokens += static_cast<int64_t>(tokens.size());
    }
}

// Every draw takes its token: branches end, go on or fork.
void GptProposer::advance(Batch& batch) const {
    std::vector<Branch> next;
    for (Branch& branch : batch.branches) {
        const bool fits =
            static_cast<int64_t>(branch.tokens.size()) < batch.trunk->decoder.config().context;
        bool to_keep = branch.fed == 0; // the first time: others may begin here
        branch.fed = branch.tokens.size();
        const size_t first = next.size(); // of the branches that go on from this one
        for (const size_t d : branch.draws) {
            Draw& draw = batch.draws[d];
            if (!fits) { // nor would the end token
                draw.read = branch.tokens;
                continue;
            }
            const bool goes_on = take(draw, draw.next, draw.next_log_prob, batch.max_steps);
            // A search may come back to the path that ends here, and a head may rate it.
            to_keep |= !goes_on && !draw.steps.empty() &&
                       (shared_ || (batch.max_steps == 1 && !draw.finished));
            if (!goes_on) {
                draw.read = branch.tokens;
                continue;
            }
            ++draw.tokens;
            const auto same =
                std::find_if(next.begin() + static_cast<std::ptrdiff_t>(first), next.end(),
                             [&](const Branch& other) { return other.tokens.back() == draw.next; });
            if (same != next.end()) {
                same->draws.push_back(d);
                continue;
            }
            Branch on{branch.slot, branch.tokens, branch.fed, {d}};
            on.tokens.push_back(draw.next);
            if (next.size() > first) {
                on.slot = batch.free_slots.back();
                batch.free_slots.pop_back();
                batch.trunk->decoder.fork(branch.slot, on.slot);
            }
            next.push_back(std::move(on));
        }
        for (size_t i = first; i < next.size(); ++i) calculate(batch, next[i]);
        if (to_keep) batch.trunk->kept.keep(branch.tokens, branch.slot);
        if (next.size() == first) {
            batch.trunk->decoder.clear(branch.slot);
            batch.free_slots.push_back(branch.slot);
        }
    }
    batch.branches = std::move(next);
}

void GptProposer::run(Batch& batch) const {
    batch.free_slots = cleared_slots(*batch.trunk, batch.slots);
    for (;;) {
        admit(batch);
        if (batch.branches.empty()) break;
        sample(batch);
        advance(batch);
    }
}

// The draws of each lane: a problem's are always in the same one, where its texts are kept.
std::vector<GptProposer::Batch> GptProposer::batches_of(std::span<const ProposeRequest> requests,
                                                        int max_steps) {
    const bool alone = shared_ || !trunk_->decoder.has_twin();
    const int lanes = alone ? 1 : std::clamp(limits_.slots / kLaneSlots, 1, engine::threads());
    const int slots = limits_.slots / lanes;
    if (std::ssize(twins_) != lanes - 1) {
        twins_.clear();
        for (int lane = 1; lane < lanes; ++lane)
            twins_.push_back(std::make_unique<engine::CachedDecoder>(*trunk_, slots, limits_.keep));
    }
    std::vector<Batch> batches;
    batches.push_back({requests, trunk_.get(), slots, max_steps});
    for (const auto& twin : twins_) batches.push_back({requests, twin.get(), slots, max_steps});
    for (size_t r = 0; r < requests.size(); ++r) {
        const ProposeRequest& request = requests[r];
        std::vector<int> prefix = prefix_of(request);
        const int samples =
            request.temperature > 0 ? request.samples : std::min(request.samples, 1);
        const int steps = static_cast<int>(request.path.steps.size());
        if (prefix.empty() || steps >= limits_.steps) continue;
        Batch& batch = batches[hash_name(request.path.problem) % batches.size()];
        for (int s = 0; s < samples; ++s) {
            Draw draw;
            draw.request = static_cast<int>(r);
            draw.sample = s;
            draw.first_step = steps;
            draw.random =
                Random(seed_, derive_stream(derive_stream(request.stream, static_cast<uint64_t>(s)),
                                            size_t(steps)));
            // The prefix counts once a request: with its first draw.
            if (s == 0) draw.tokens = static_cast<int64_t>(prefix.size());
            batch.draws.push_back(std::move(draw));
        }
        batch.prefixes.emplace(static_cast<int>(r), std::move(prefix));
    }
    return batches;
}

std::vector<GptProposer::Draw> GptProposer::run(std::span<const ProposeRequest> requests,
                                                int max_steps) {
    std::vector<Batch> batches = batches_of(requests, max_steps);
    std::erase_if(batches, [](const Batch& batch) { return batch.draws.empty(); });
    engine::parallel_for(std::ssize(batches), 1,
                         [&](int64_t lane, int64_t) { run(batches[static_cast<size_t>(lane)]); });
    std::vector<Draw> draws; // of a request in their order
    for (Batch& batch : batches)
        std::move(batch.draws.begin(), batch.draws.end(), std::back_inserter(draws));
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

// A draw that is cut off has read only so much.
void GptProposer::cut(Draw& draw, int64_t rest) {
    const int64_t excess = std::clamp<int64_t>(draw.tokens - rest, 0, std::ssize(draw.read));
    draw.read.resize(draw.read.size() - static_cast<size_t>(excess));
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
