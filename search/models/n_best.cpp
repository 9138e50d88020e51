// The likeliest next steps of a path, none of them twice.
//
// A search that asks a path again for what it has not seen yet wastes most of its draws on what
// it has: in a hard hand of countdown five of six. So here nothing is drawn. A beam of texts
// grows token by token, and a text is worth the probability of all steps that begin with it,
// less that of those which are known already:
//
//   mass(text) = p(text) - sum of p(step) over the known steps that begin with text.
//
// The `samples` texts of the largest mass go on; one that reaches the end of its step is a
// result and leaves its place in the beam empty. A text all of whose ways on are too unlikely is
// exhausted; if places are left, the beam begins once more without it. Without known steps and with
// one place it is greedy decoding. As in every beam the k-th result need not be the k-th
// likeliest step.

#include "engine/base/elementary.h"
#include "search/models/gpt_proposer.h"

#include <algorithm>
#include <span>
#include <string>
#include <vector>

namespace qstar::search {

namespace {

constexpr double kLeastMass = 1e-5; // what is less likely is not looked for

// A text that may become one of the steps.
struct Hypothesis {
    int slot = 0;
    std::vector<int> tokens; // prefix and text
    size_t fed = 0;          // of them in the cache
    std::string text;
    double log_prob = 0;
    double mass = 1;
};

// A text that no step of any likelihood begins with.
struct Exhausted {
    std::string text;
    double mass = 0;
};

} // namespace

// A hypothesis and its next token.
struct GptProposer::Choice {
    double mass = 0;
    size_t hypothesis = 0;
    int token = 0;
    float log_prob = 0; // of the token
    bool ends = false, final = false;
    std::string text;                           // of the hypothesis with it
    bool operator<(const Choice& other) const { // the better one first
        if (mass != other.mass) return mass > other.mass;
        return std::pair(hypothesis, token) < std::pair(other.hypothesis, other.token);
    }
};

struct GptProposer::NBestState {
    const ProposeRequest* request = nullptr;
    std::vector<int> prefix;            // its tokens
    size_t wanted = 0;                  // steps
    std::vector<Hypothesis> hypotheses; // empty: it is done
    std::vector<Exhausted> exhausted;
    bool again = false; // some were exhausted since the beam began
    Proposals result;

    size_t depth(const Hypothesis& hypothesis) const {
        return hypothesis.tokens.size() - prefix.size();
    }
    int64_t next_cost() const { // of the next round; the prefix is paid for
        return std::count_if(hypotheses.begin(), hypotheses.end(),
                             [&](const Hypothesis& hypothesis) { return depth(hypothesis) > 0; });
    }
};

// What may follow the hypothesis, by its logits.
void GptProposer::choices_after(const NBestState& state, size_t at, std::span<const float> logits,
                                std::vector<Choice>& out) {
    const Hypothesis& hypothesis = state.hypotheses[at];
    const auto fits =
        static_cast<int64_t>(hypothesis.tokens.size()) < trunk_->decoder.config().context;
    if (!fits) return; // nor would the end token fit
    using Event = tokenizer::FormReader::Event;
    distribution_.set(logits, {});
    for (int token = 0; token < tokenizer_.size(); ++token) {
        const float log_prob = distribution_.log_prob(token);
        double mass = math::exp(hypothesis.log_prob + static_cast<double>(log_prob));
        if (!(mass >= kLeastMass)) continue;
        std::string open = hypothesis.text, line;
        const Event event = form_.take(token, open, line);
        if (event == Event::broken) continue;
        const bool ends = event != Event::goes_on, final = event == Event::ends_solution;
        if (!ends && static_cast<int>(state.depth(hypothesis)) >= limits_.step_tokens) continue;
        const std::string& text = ends ? line : open;
        for (const Proposal& known : state.request->known) {
            if (ends ? known.text == text && known.final == final : known.text.starts_with(text))
                mass -= math::exp(static_cast<double>(known.log_prob));
        }
        for (const Exhausted& one : state.exhausted)
            if (!ends && one.text.starts_with(text)) mass -= one.mass;
        if (mass >= kLeastMass) out.push_back({mass, at, token, log_prob, ends, final, text});
    }
}

// The best choices become results or hypotheses; the slots of the others are free again.
void GptProposer::take_best(NBestState& state, std::vector<Choice>& choices,
                            std::vector<int>& free_slots) {
    const size_t places = state.wanted - state.result.steps.size();
    std::sort(choices.begin(), choices.end());
    choices.resize(std::min(choices.size(), places));
    std::vector<std::vector<const Choice*>> on(state.hypotheses.size()); // those that are no end
    std::vector<size_t> used(state.hypotheses.size());
    for (const Choice& choice : choices) {
        Hypothesis& hypothesis = state.hypotheses[choice.hypothesis];
        // Each step counts as if it had been written alone, from the prefix on.
        const auto again =
            used[choice.hypothesis] > 0 ? static_cast<int64_t>(state.depth(hypothesis)) : 0;
        if (state.result.tokens + again > state.request->limit) continue;
        state.result.tokens += again;
        ++used[choice.hypothesis];
        if (!choice.ends) {
            on[choice.hypothesis].push_back(&choice);
            continue;
        }
        const auto log_prob = static_cast<float>(hypothesis.log_prob) + choice.log_prob;
        const Proposal step{choice.text, choice.final, log_prob, 1};
        // It may be there in other tokens.
        const auto same = [&](const Proposal& found) { return same_step(found, step); };
        if (std::ranges::none_of(state.result.steps, same) &&
            std::ranges::none_of(state.request->known, same))
            state.result.steps.push_back(step);
        if (!choice.final || shared_)
            trunk_->kept.keep(hypothesis.tokens, hypothesis.slot); // a search comes back
    }
    std::vector<Hypothesis> next;
    for (size_t i = 0; i < on.size(); ++i) {
        if (!on[i].empty()) continue;
        state.result.read.push_back(state.hypotheses[i].tokens);
        trunk_->decoder.clear(state.hypotheses[i].slot);
        free_slots.push_back(state.hypotheses[i].slot);
    }
    for (size_t i = 0; i < on.size(); ++i) {
        const Hypothesis& hypothesis = state.hypotheses[i];
        for (const Choice* choice : on[i]) {
            Hypothesis longer = hypothesis;
            longer.fed = hypothesis.tokens.size();
            longer.tokens.push_back(choice->token);
            longer.text = choice->text;
            if (state.request->calculator) {
                for (const int token :
                     calculator_tokens(tokenizer_, longer.text, longer.tokens.size(),
                                       trunk_->decoder.config().context)) {
                    longer.tokens.push_back(token);
                    longer.text += tokenizer_.token(token);
                    ++state.result.tokens;
                }
            }
            longer.log_prob += static_cast<double>(choice->log_prob);
            longer.mass = choice->mass;
            if (choice != on[i].front()) {
                longer.slot = free_slots.back();
                free_slots.pop_back();
                trunk_->decoder.fork(hypothesis.slot, longer.slot);
            }
            next.push_back(std::move(longer));
        }
    }
    state.hypotheses = std::move(next);
}

void GptProposer::begin(NBestState& state, std::vector<int>& free_slots) {
    Hypothesis hypothesis{free_slots.back(), state.prefix, 0, {}, 0};
    free_slots.pop_back();
    hypothesis.fed = static_cast<size_t>(trunk_->kept.begin(hypothesis.tokens, hypothesis.slot));
    state.hypotheses.push_back(std::move(hypothesis));
    state.again = false;
}

void GptProposer::end(NBestState& state, std::vector<int>& free_slots) {
    for (Hypothesis& hypothesis : state.hypotheses) {
        hypothesis.tokens.resize(hypothesis.fed); // the limit has ended it before the rest was read
        state.result.read.push_back(std::move(hypothesis.tokens));
        trunk_->decoder.clear(hypothesis.slot);
        free_slots.push_back(hypothesis.slot);
    }
    state.hypotheses.clear();
    state.result.generated = static_cast<int>(state.result.steps.size());
}

std::vector<Proposals> GptProposer::n_best(std::span<const ProposeRequest> requests) {
    std::vector<NBestState> listings(requests.size());
    std::vector<int> free_slots = cleared_slots(*trunk_, limits_.slots);
    std::vector<size_t> active;
    size_t next = 0, places = 0; // of the active ones
    for (;;) {
        // Listings join while there are slots for all of their places.
        for (; next < requests.size(); ++next) {
            NBestState& state = listings[next];
            const ProposeRequest& request = requests[next];
            state.wanted = static_cast<size_t>(std::clamp(request.samples, 0, limits_.slots));
            if (places + state.wanted > static_cast<size_t>(limits_.slots)) break;
            std::vector<int> prefix = prefix_of(request);
            const bool full = static_cast<int>(request.path.steps.size()) >= limits_.steps;
            if (prefix.empty() || full || state.wanted == 0) continue;
            places += state.wanted;
            state.request = &request;
            state.result.tokens = static_cast<int64_t>(prefix.size());
            state.prefix = std::move(prefix);
            begin(state, free_slots);
            active.push_back(next);
        }
        if (active.empty()) break;

        // A round that the limit does not pay ends a state.
        feeds_.clear();
        for (const size_t i : active) {
            NBestState& state = listings[i];
            state.result.tokens += state.next_cost();
            if (state.result.tokens > state.request->limit) {
                state.result.tokens = state.request->limit;
                end(state, free_slots);
            }
            for (const Hypothesis& hypothesis : state.hypotheses)
                feeds_.push_back(
                    {hypothesis.slot, std::span(hypothesis.tokens).subspan(hypothesis.fed)});
        }
        if (!feeds_.empty()) {
            trunk_->kept.make_room(trunk_->decoder.pages_needed(feeds_));
            const engine::Tensor logits = trunk_->decoder.feed(feeds_);
            const auto width = static_cast<size_t>(logits.shape()[1]);
            const auto classes = static_cast<size_t>(tokenizer_.size());
            size_t row = 0;
            for (const size_t i : active) {
                NBestState& state = listings[i];
                std::vector<Choice> choices;
                for (size_t h = 0; h < state.hypotheses.size(); ++h, ++row) {
                    const Hypothesis& hypothesis = state.hypotheses[h];
                    if (state.depth(hypothesis) == 0)
                        trunk_->kept.keep(hypothesis.tokens, hypothesis.slot);
                    const size_t before = choices.size();
                    choices_after(state, h, {logits.data() + row * width, classes}, choices);
                    if (choices.size() > before || state.depth(hypothesis) == 0) continue;
                    state.exhausted.push_back({hypothesis.text, hypothesis.mass});
                    state.again = true;
                }
                if (state.hypotheses.empty()) continue;
                take_best(state, choices, free_slots);
                if (state.hypotheses.empty() && state.again &&
                    state.result.steps.size() < state.wanted)
                    begin(state, free_slots);
            }
        }
        std::erase_if(active, [&](size_t i) {
            if (!listings[i].hypotheses.empty()) return false;
            end(listings[i], free_slots);
            places -= listings[i].wanted;
            return true;
        });
    }
    std::vector<Proposals> results;
    for (NBestState& state : listings) results.push_back(std::move(state.result));
    return results;
}

} // namespace qstar::search
