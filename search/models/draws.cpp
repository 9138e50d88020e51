#include "search/models/draws.h"

#include "search/worlds/words/annotations.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace qstar::search {

std::vector<int> cleared_slots(engine::CachedDecoder& trunk, int slots) {
    std::vector<int> cleared;
    for (int slot = slots; slot-- > 0;) {
        trunk.decoder.clear(slot); // an Error may have left something there
        cleared.push_back(slot);
    }
    return cleared;
}

std::vector<int> calculator_tokens(const tokenizer::Tokenizer& tokenizer, std::string_view open,
                                   size_t written, int64_t context) {
    const std::optional<std::string> text = calculated(open);
    if (!text) return {};
    std::vector<int> tokens = tokenizer.encode_continuation(*text, tokenizer::Specials::as_text);
    const bool fits = written + tokens.size() < static_cast<size_t>(context);
    return fits ? tokens : std::vector<int>{};
}

DrawBatch::DrawBatch(const DrawRules& rules, std::span<const ProposeRequest> requests,
                     engine::CachedDecoder& trunk, int slots, int max_steps)
    : rules_(rules), requests_(requests), trunk_(trunk), slots_(slots), max_steps_(max_steps) {}

void DrawBatch::add(int request, std::vector<int> prefix, std::vector<Draw> draws) {
    prefixes_.emplace(request, std::move(prefix));
    std::move(draws.begin(), draws.end(), std::back_inserter(draws_));
}

// Draws of one request join the batch together, as one branch, when so many slots are
// free that each of them may go its own way; those of a request with more draws than
// there are slots in several such groups.
void DrawBatch::admit() {
    size_t live = 0;
    for (const Branch& branch : branches_) live += branch.draws.size();
    const size_t slots = static_cast<size_t>(slots_);
    while (next_ < draws_.size()) {
        const Draw& first = draws_[next_];
        size_t end = next_;
        while (end < draws_.size() && draws_[end].request == first.request && end - next_ < slots)
            ++end;
        if (live + end - next_ > slots) return;
        Branch branch;
        branch.slot = free_slots_.back();
        free_slots_.pop_back();
        branch.tokens = prefixes_[first.request];
        branch.fed = static_cast<size_t>(trunk_.kept.begin(branch.tokens, branch.slot));
        for (; next_ < end; ++next_) branch.draws.push_back(next_);
        live += branch.draws.size();
        branches_.push_back(std::move(branch));
    }
}

// Feeds the branches and draws the next token of each of their draws.
void DrawBatch::sample() {
    feeds_.clear();
    tokens_.clear();
    for (const Branch& branch : branches_) {
        const int row = static_cast<int>(feeds_.size());
        feeds_.push_back({branch.slot, std::span(branch.tokens).subspan(branch.fed)});
        for (const size_t d : branch.draws) {
            Draw& draw = draws_[d];
            const float temperature = requests_[static_cast<size_t>(draw.request)].temperature;
            tokens_.push_back(engine::draw_from(
                row, {temperature, rules_.limits.top_k, rules_.limits.top_p}, draw.random));
        }
    }
    trunk_.kept.make_room(trunk_.decoder.pages_needed(feeds_));
    trunk_.decoder.feed_and_draw(feeds_, tokens_, rules_.tokenizer.size());
    size_t next = 0;
    for (const Branch& branch : branches_) {
        for (const size_t d : branch.draws) {
            draws_[d].next = tokens_[next].token;
            draws_[d].next_log_prob = tokens_[next++].log_prob;
        }
    }
}

// The draw takes the token; false when the draw is over.
bool DrawBatch::take(Draw& draw, int token, float log_prob) const {
    draw.log_prob += log_prob;
    using Event = tokenizer::FormReader::Event;
    std::string line;
    const Event event = rules_.form.take(token, draw.text, line);
    if (event == Event::goes_on) return ++draw.text_tokens <= rules_.limits.step_tokens;
    if (event == Event::broken) return false;
    draw.finished = event == Event::ends_solution;
    draw.steps.push_back(std::move(line));
    draw.log_probs.push_back(draw.log_prob);
    draw.text_tokens = 0;
    draw.log_prob = 0;
    const int step = draw.first_step + static_cast<int>(draw.steps.size());
    draw.random.stream = derive_stream(draw.random.stream, static_cast<uint64_t>(step));
    draw.random.counter = 0;
    return !draw.finished && static_cast<int>(draw.steps.size()) < max_steps_ &&
           step < rules_.limits.steps;
}

// The tokens of a calculator, where one is asked for and knows what comes.
void DrawBatch::calculate(Branch& branch) {
    const Draw& first = draws_[branch.draws.front()];
    if (!requests_[static_cast<size_t>(first.request)].calculator) return;
    const std::vector<int> tokens = calculator_tokens(
        rules_.tokenizer, first.text, branch.tokens.size(), trunk_.decoder.config().context);
    branch.tokens.insert(branch.tokens.end(), tokens.begin(), tokens.end());
    for (const size_t d : branch.draws) {
        Draw& draw = draws_[d];
        for (const int token : tokens) draw.text += rules_.tokenizer.token(token);
        draw.text_tokens += static_cast<int>(tokens.size());
        draw.tokens += static_cast<int64_t>(tokens.size());
    }
}

// Every draw takes its token: branches end, go on or fork.
void DrawBatch::advance() {
    std::vector<Branch> next;
    for (Branch& branch : branches_) {
        const bool fits =
            static_cast<int64_t>(branch.tokens.size()) < trunk_.decoder.config().context;
        bool to_keep = branch.fed == 0; // the first time: others may begin here
        branch.fed = branch.tokens.size();
        const size_t first = next.size(); // of the branches that go on from this one
        for (const size_t d : branch.draws) {
            Draw& draw = draws_[d];
            if (!fits) { // nor would the end token
                draw.read = branch.tokens;
                continue;
            }
            const bool goes_on = take(draw, draw.next, draw.next_log_prob);
            // A search may come back to the path that ends here, and a head may rate it.
            to_keep |= !goes_on && !draw.steps.empty() &&
                       (rules_.for_heads || (max_steps_ == 1 && !draw.finished));
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
                on.slot = free_slots_.back();
                free_slots_.pop_back();
                trunk_.decoder.fork(branch.slot, on.slot);
            }
            next.push_back(std::move(on));
        }
        for (size_t i = first; i < next.size(); ++i) calculate(next[i]);
        if (to_keep) trunk_.kept.keep(branch.tokens, branch.slot);
        if (next.size() == first) {
            trunk_.decoder.clear(branch.slot);
            free_slots_.push_back(branch.slot);
        }
    }
    branches_ = std::move(next);
}

void DrawBatch::run() {
    free_slots_ = cleared_slots(trunk_, slots_);
    for (;;) {
        admit();
        if (branches_.empty()) break;
        sample();
        advance();
    }
}

} // namespace qstar::search
