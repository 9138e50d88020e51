#include "search/models/gpt_scorer.h"

#include "engine/base/elementary.h"
#include "engine/base/error.h"
#include "engine/device/logit_row.h"

#include <algorithm>
#include <deque>
#include <span>
#include <vector>

namespace qstar::search {

namespace {
constexpr float kNoRoom = 1e-6f; // the score of a step beyond the context: surely wrong

// The steps that the context has no room for. The policy that drew them had, but the tokens
// that it drew need not be the fewest for their text, nor the tokenizer's.
void leave_out_what_does_not_fit(EncodedPath& path, int64_t context) {
    while (!path.ends.empty() && path.ends.back() >= context) {
        path.ends.pop_back();
        path.tokens.resize(path.ends.empty() ? 0 : static_cast<size_t>(path.ends.back()) + 1);
    }
}
} // namespace

GptScorer::GptScorer(const engine::Gpt& model, const tokenizer::Tokenizer& tokenizer, int at_once,
                     bool keep)
    : form_(tokenizer), at_once_(at_once), config_(model.config),
      trunk_(std::make_shared<engine::CachedDecoder>(model, at_once, keep)),
      head_(model.config.scalar_head ? 0 : engine::kTokenHead) {
    if (tokenizer.size() > model.config.vocab)
        fail("the tokenizer has {} tokens, the model a vocabulary of {}", tokenizer.size(),
             model.config.vocab);
}

GptScorer::GptScorer(GptProposer& policy, const engine::Gpt& model,
                     const tokenizer::Tokenizer& tokenizer, Reading reading)
    : form_(tokenizer), at_once_(policy.slots()), reading_(reading), config_(model.config),
      on_policys_trunk_(true), trunk_(policy.shared_trunk()),
      head_(trunk_->decoder.add_head(model)) {}

// Nodes of one depth: none of them lies on the way to another.
void GptScorer::evaluate(std::span<Node* const> nodes) {
    const auto most = static_cast<size_t>(at_once_);
    for (size_t begin = 0; begin < nodes.size(); begin += most) {
        const auto few = nodes.subspan(begin, std::min(nodes.size() - begin, most));
        if (config_.scalar_head)
            evaluate_head(few);
        else
            evaluate_text(few);
        for (size_t i = 0; i < few.size(); ++i) {
            const Node& node = *few[i];
            const int slot = static_cast<int>(i);
            // A text on the policy's trunk is read without its end, and its score is not kept: the
            // policy reads the end if it goes on from there.
            const auto held = node.tokens.first(static_cast<size_t>(trunk_->decoder.length(slot)));
            if (on_policys_trunk_ && held.size() < node.tokens.size())
                trunk_->kept.keep(held, slot);
            else if (node.open)
                trunk_->kept.keep(node.tokens, slot, node.score, head_);
            trunk_->decoder.clear(slot);
        }
    }
}

void GptScorer::evaluate_head(std::span<Node* const> nodes) {
    std::vector<engine::Decoder::Feed> feeds;
    for (size_t i = 0; i < nodes.size(); ++i) {
        const int slot = static_cast<int>(i);
        const std::span<const int> tokens = nodes[i]->tokens;
        const int known = trunk_->kept.begin(tokens, slot);
        feeds.push_back({slot, tokens.subspan(static_cast<size_t>(known))});
    }
    trunk_->kept.make_room(trunk_->decoder.pages_needed(feeds));
    const engine::Tensor scores = trunk_->decoder.feed_scores(feeds, head_);
    for (size_t i = 0; i < nodes.size(); ++i)
        nodes[i]->score = math::sigmoid(scores[static_cast<int64_t>(i)]);
}

// Token by token, as it was written: what the model says before each token of the step. On the
// policy's trunk that was said when the step was drawn, as far as it is kept.
void GptScorer::evaluate_text(std::span<Node* const> nodes) {
    engine::Decoder& decoder = trunk_->decoder;
    std::vector<engine::Decoder::Feed> feeds, next;
    std::vector<engine::Decoder::Place> places;
    std::vector<float> least(nodes.size(), 0.0f);
    std::vector<size_t> read(nodes.size()); // tokens of the node that were looked at
    const auto look = [&](size_t i, const engine::Tensor& logits, size_t row, size_t token) {
        const auto classes = static_cast<size_t>(config_.vocab);
        const engine::LogitRow said(std::span(logits.data() + row * classes, classes));
        const double log_p = said.log_probability(nodes[i]->tokens[token]);
        least[i] = std::min(least[i], static_cast<float>(log_p));
    };
    for (size_t i = 0; i < nodes.size(); ++i) {
        const Node& node = *nodes[i];
        const int slot = static_cast<int>(i);
        const auto known = static_cast<size_t>(trunk_->kept.begin(node.tokens, slot));
        read[i] = node.given;
        for (; read[i] < node.tokens.size(); ++read[i]) {
            const engine::Decoder::Place place{slot, static_cast<int>(read[i]) - 1};
            if (!decoder.can_read(place)) break;
            places.push_back(place);
        }
        if (read[i] == node.tokens.size()) {
            decoder.truncate(slot, static_cast<int>(read[i]) - 1);
            continue;
        }
        // The last token before is fed again: what comes after it is asked.
        const size_t begin = std::min(known, read[i] - 1);
        decoder.truncate(slot, static_cast<int>(begin));
        feeds.push_back({slot, node.tokens.subspan(begin, read[i] - begin)});
    }
    if (!places.empty()) {
        const engine::Tensor kept = decoder.read(places, head_);
        for (size_t row = 0; row < places.size(); ++row)
            look(static_cast<size_t>(places[row].slot), kept, row,
                 static_cast<size_t>(places[row].position) + 1);
    }
    for (; !feeds.empty(); feeds.swap(next)) {
        trunk_->kept.make_room(decoder.pages_needed(feeds));
        const engine::Tensor logits =
            head_ == engine::kTokenHead ? decoder.feed(feeds) : decoder.feed_scores(feeds, head_);
        next.clear();
        for (size_t row = 0; row < feeds.size(); ++row) {
            const auto i = static_cast<size_t>(feeds[row].slot);
            const Node& node = *nodes[i];
            if (read[i] == node.tokens.size()) continue; // its end, fed to be kept
            look(i, logits, row, read[i]);
            if (read[i] + 1 < node.tokens.size() || (node.open && !on_policys_trunk_))
                next.push_back({feeds[row].slot, node.tokens.subspan(read[i], 1)});
            ++read[i];
        }
    }
    for (size_t i = 0; i < nodes.size(); ++i) nodes[i]->score = math::sigmoid(text_logit(least[i]));
}

int64_t GptScorer::score_tokens(const Path& path) const {
    return path.steps.empty() ? 0 : static_cast<int64_t>(encode(form_, path).tokens.size());
}

std::vector<int> GptScorer::scored_tokens(const Path& path) const {
    if (path.steps.empty()) return {};
    EncodedPath encoded = encode(form_, path);
    leave_out_what_does_not_fit(encoded, config_.context);
    // Nobody asks what comes after the last one.
    if (!config_.scalar_head && !encoded.tokens.empty()) encoded.tokens.pop_back();
    return std::move(encoded.tokens);
}

double GptScorer::score_multiply_adds() const {
    return on_policys_trunk_ ? engine::head_multiply_adds(config_) : engine::multiply_adds(config_);
}

std::vector<Scores> GptScorer::score(std::span<const Path> paths) {
    std::vector<EncodedPath> encoded;
    for (const Path& path : paths) {
        encoded.push_back(encode(form_, path));
        leave_out_what_does_not_fit(encoded.back(), config_.context);
    }
    // In the order of a dictionary, what a path shares with any other of those before it
    // it shares with the last of them.
    std::vector<size_t> order;
    for (size_t i = 0; i < paths.size(); ++i)
        if (!paths[i].steps.empty()) order.push_back(i);
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return encoded[a].tokens < encoded[b].tokens; });

    std::deque<Node> nodes;
    std::vector<std::vector<Node*>> of_path(paths.size());
    std::vector<std::vector<Node*>> unknown; // by depth
    for (size_t k = 0; k < order.size(); ++k) {
        const EncodedPath& path = encoded[order[k]];
        std::ptrdiff_t shared = 0; // tokens, with the path before
        if (k > 0) {
            const std::vector<int>& before = encoded[order[k - 1]].tokens;
            shared =
                std::mismatch(path.tokens.begin(), path.tokens.end(), before.begin(), before.end())
                    .first -
                path.tokens.begin();
        }
        for (size_t depth = 0; depth < path.ends.size(); ++depth) {
            if (path.ends[depth] < shared) {
                of_path[order[k]].push_back(of_path[order[k - 1]][depth]);
                continue;
            }
            const auto length = static_cast<size_t>(path.ends[depth]) + 1;
            const bool last = depth + 1 == paths[order[k]].steps.size();
            // The tokens of the step before, or of the problem, end where this step begins.
            nodes.push_back({std::span(path.tokens).first(length), path.begin_of(depth),
                             !(last && paths[order[k]].finished), 0});
            of_path[order[k]].push_back(&nodes.back());
            if (const auto value = trunk_->kept.value(nodes.back().tokens, head_)) {
                nodes.back().score = *value;
                continue;
            }
            unknown.resize(std::max(unknown.size(), depth + 1));
            unknown[depth].push_back(&nodes.back());
        }
    }
    for (const std::vector<Node*>& level : unknown) evaluate(level);

    std::vector<Scores> results(paths.size());
    for (const size_t i : order) {
        results[i].tokens = static_cast<int64_t>(encoded[i].tokens.size());
        float before = 1;
        for (const Node* node : of_path[i]) {
            const bool together = reading_ == Reading::whole_solution && !config_.scalar_head;
            if (together) before *= node->score;
            results[i].steps.push_back(together ? before : node->score);
        }
        results[i].steps.resize(paths[i].steps.size(), kNoRoom);
    }
    return results;
}

} // namespace qstar::search
