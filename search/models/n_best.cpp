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
// dead; if places are left, the beam begins once more without it. Without known steps and with
// one place it is greedy decoding. As in every beam the k-th result need not be the k-th
// likeliest step.

#include "search/models/gpt_proposer.h"

#include <algorithm>
#include <cmath>
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

// A hope and its next token.
struct GptProposer::Choice {
    double mass = 0;
    size_t hope = 0;
    int token = 0;
    float log_prob = 0;                         // of the token
    bool operator<(const Choice& other) const { // the better one first
        if (mass != other.mass) return mass > other.mass;
        return std::pair(hope, token) < std::pair(other.hope, other.token);
    }
};

struct GptProposer::NBestState {
    const ProposeRequest* request = nullptr;
    std::vector<int> prefix;       // its tokens
    size_t wanted = 0;             // steps
    std::vector<Hypothesis> hopes; // empty: it is done
    std::vector<Exhausted> dead;
    bool again = false; // some died since the beam began
    Proposals result;

    size_t depth(const Hypothesis& hope) const { return hope.tokens.size() - prefix.size(); }
    int64_t next_cost() const { // of the next round; the prefix is paid for
        return std::count_if(hopes.begin(), hopes.end(),
                             [&](const Hypothesis& hope) { return depth(hope) > 0; });
    }
};

// What may follow the hope, by its logits.
void GptProposer::choices_after(const NBestState& listing, size_t at, std::span<const float> logits,
                                std::vector<Choice>& out) {
    const Hypothesis& hope = listing.hopes[at];
    const auto room = static_cast<int64_t>(hope.tokens.size()) < decoder_->config().context;
    if (!room) return; // nor would the end token fit
    const int step_end = tokenizer_.special(tokenizer::step);
    const int answer = tokenizer_.special(tokenizer::answer);
    distribution_.set(logits, {});
    for (int token = 0; token < tokenizer_.size(); ++token) {
        const float log_prob = distribution_.log_prob(token);
        double mass = std::exp(hope.log_prob + static_cast<double>(log_prob));
        if (!(mass >= kLeastMass)) continue;
        const bool special = tokenizer_.is_special(token);
        if (special && token != step_end && token != answer) continue;
        if (!special && static_cast<int>(listing.depth(hope)) >= limits_.step_tokens) continue;
        const std::string text = special ? hope.text : hope.text + tokenizer_.token(token);
        for (const Proposal& known : listing.request->known) {
            if (special ? known.text == text && known.final == (token == answer)
                        : known.text.starts_with(text))
                mass -= std::exp(static_cast<double>(known.log_prob));
        }
        for (const Exhausted& dead : listing.dead)
            if (!special && dead.text.starts_with(text)) mass -= dead.mass;
        if (mass >= kLeastMass) out.push_back({mass, at, token, log_prob});
    }
}

// The best choices become results or hopes; the slots of the others are free again.
void GptProposer::take_best(NBestState& listing, std::vector<Choice>& choices,
                            std::vector<int>& free_slots) {
    const int step_end = tokenizer_.special(tokenizer::step);
    const size_t places = listing.wanted - listing.result.steps.size();
    std::sort(choices.begin(), choices.end());
    choices.resize(std::min(choices.size(), places));
    std::vector<std::vector<const Choice*>> on(listing.hopes.size()); // those that are no end
    std::vector<size_t> used(listing.hopes.size());
    for (const Choice& choice : choices) {
        Hypothesis& hope = listing.hopes[choice.hope];
        // Each step counts as if it had been written alone, from the prefix on.
        const auto again = used[choice.hope] > 0 ? static_cast<int64_t>(listing.depth(hope)) : 0;
        if (listing.result.tokens + again > listing.request->limit) continue;
        listing.result.tokens += again;
        ++used[choice.hope];
        if (!tokenizer_.is_special(choice.token)) {
            on[choice.hope].push_back(&choice);
            continue;
        }
        const auto log_prob = static_cast<float>(hope.log_prob) + choice.log_prob;
        const Proposal step{hope.text, choice.token != step_end, log_prob, 1};
        const auto same = [&](const Proposal& found) { return same_step(found, step); };
        if (std::ranges::none_of(listing.result.steps, same)) // in other tokens, perhaps
            listing.result.steps.push_back(step);
        if (choice.token == step_end)
            prefix_cache_.keep(hope.tokens, hope.slot); // a search comes back
    }
    std::vector<Hypothesis> next;
    for (size_t i = 0; i < on.size(); ++i) {
        if (!on[i].empty()) continue;
        decoder_->clear(listing.hopes[i].slot);
        free_slots.push_back(listing.hopes[i].slot);
    }
    for (size_t i = 0; i < on.size(); ++i) {
        const Hypothesis& hope = listing.hopes[i];
        for (const Choice* choice : on[i]) {
            Hypothesis longer = hope;
            longer.fed = hope.tokens.size();
            longer.tokens.push_back(choice->token);
            longer.text += tokenizer_.token(choice->token);
            longer.log_prob += static_cast<double>(choice->log_prob);
            longer.mass = choice->mass;
            if (choice != on[i].front()) {
                longer.slot = free_slots.back();
                free_slots.pop_back();
                decoder_->fork(hope.slot, longer.slot);
            }
            next.push_back(std::move(longer));
        }
    }
    listing.hopes = std::move(next);
}

void GptProposer::begin(NBestState& listing, std::vector<int>& free_slots) {
    Hypothesis hope{free_slots.back(), listing.prefix, 0, {}, 0};
    free_slots.pop_back();
    hope.fed = static_cast<size_t>(prefix_cache_.begin(hope.tokens, hope.slot));
    listing.hopes.push_back(std::move(hope));
    listing.again = false;
}

void GptProposer::end(NBestState& listing, std::vector<int>& free_slots) {
    for (const Hypothesis& hope : listing.hopes) {
        decoder_->clear(hope.slot);
        free_slots.push_back(hope.slot);
    }
    listing.hopes.clear();
    listing.result.generated = static_cast<int>(listing.result.steps.size());
}

std::vector<Proposals> GptProposer::n_best(std::span<const ProposeRequest> requests) {
    std::vector<NBestState> listings(requests.size());
    std::vector<int> free_slots = cleared_slots();
    std::vector<size_t> active;
    size_t next = 0, places = 0; // of the active ones
    for (;;) {
        // Listings join while there are slots for all of their places.
        for (; next < requests.size(); ++next) {
            NBestState& listing = listings[next];
            const ProposeRequest& request = requests[next];
            listing.wanted = static_cast<size_t>(std::clamp(request.samples, 0, limits_.slots));
            if (places + listing.wanted > static_cast<size_t>(limits_.slots)) break;
            std::vector<int> prefix = prefix_of(request);
            const bool full = static_cast<int>(request.path.steps.size()) >= limits_.steps;
            if (prefix.empty() || full || listing.wanted == 0) continue;
            places += listing.wanted;
            listing.request = &request;
            listing.result.tokens = static_cast<int64_t>(prefix.size());
            listing.prefix = std::move(prefix);
            begin(listing, free_slots);
            active.push_back(next);
        }
        if (active.empty()) break;

        // A round that the limit does not pay ends a listing.
        feeds_.clear();
        for (const size_t i : active) {
            NBestState& listing = listings[i];
            listing.result.tokens += listing.next_cost();
            if (listing.result.tokens > listing.request->limit) {
                listing.result.tokens = listing.request->limit;
                end(listing, free_slots);
            }
            for (const Hypothesis& hope : listing.hopes)
                feeds_.push_back({hope.slot, std::span(hope.tokens).subspan(hope.fed)});
        }
        if (!feeds_.empty()) {
            prefix_cache_.make_room(decoder_->pages_needed(feeds_));
            const engine::Tensor logits = decoder_->feed(feeds_);
            const auto width = static_cast<size_t>(logits.shape()[1]);
            const auto classes = static_cast<size_t>(tokenizer_.size());
            size_t row = 0;
            for (const size_t i : active) {
                NBestState& listing = listings[i];
                std::vector<Choice> choices;
                for (size_t h = 0; h < listing.hopes.size(); ++h, ++row) {
                    const Hypothesis& hope = listing.hopes[h];
                    if (listing.depth(hope) == 0) prefix_cache_.keep(hope.tokens, hope.slot);
                    const size_t before = choices.size();
                    choices_after(listing, h, {logits.data() + row * width, classes}, choices);
                    if (choices.size() > before || listing.depth(hope) == 0) continue;
                    listing.dead.push_back({hope.text, hope.mass});
                    listing.again = true;
                }
                if (listing.hopes.empty()) continue;
                take_best(listing, choices, free_slots);
                if (listing.hopes.empty() && listing.again &&
                    listing.result.steps.size() < listing.wanted)
                    begin(listing, free_slots);
            }
        }
        std::erase_if(active, [&](size_t i) {
            if (!listings[i].hopes.empty()) return false;
            end(listings[i], free_slots);
            places -= listings[i].wanted;
            return true;
        });
    }
    std::vector<Proposals> results;
    for (NBestState& listing : listings) results.push_back(std::move(listing.result));
    return results;
}

} // namespace qstar::search
