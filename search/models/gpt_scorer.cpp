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
constexpr int kScoresToSlots = 8; // kept sequences for each evaluated at once
constexpr float kNoRoom = 1e-6f;  // the score of a step beyond the context: surely wrong

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
    : form_(tokenizer), at_once_(at_once),
      decoder_(std::make_unique<engine::Decoder>(
          model, at_once * (1 + kScoresToSlots),
          at_once * engine::KvCache::pages_of(model.config.context))),
      prefix_cache_(*decoder_, at_once, keep ? at_once * kScoresToSlots : 0) {
    if (tokenizer.size() > model.config.vocab)
        fail("the tokenizer has {} tokens, the model a vocabulary of {}", tokenizer.size(),
             model.config.vocab);
}

// Nodes of one depth: none of them lies on the way to another.
void GptScorer::evaluate(std::span<Node* const> nodes) {
    const auto most = static_cast<size_t>(at_once_);
    for (size_t begin = 0; begin < nodes.size(); begin += most) {
        const auto few = nodes.subspan(begin, std::min(nodes.size() - begin, most));
        if (decoder_->config().scalar_head)
            evaluate_head(few);
        else
            evaluate_text(few);
        for (size_t i = 0; i < few.size(); ++i) {
            const Node& node = *few[i];
            if (node.open) prefix_cache_.keep(node.tokens, static_cast<int>(i), node.score);
            decoder_->clear(static_cast<int>(i));
        }
    }
}

void GptScorer::evaluate_head(std::span<Node* const> nodes) {
    std::vector<engine::Decoder::Feed> feeds;
    for (size_t i = 0; i < nodes.size(); ++i) {
        const int slot = static_cast<int>(i);
        const std::span<const int> tokens = nodes[i]->tokens;
        const int known = prefix_cache_.begin(tokens, slot);
        feeds.push_back({slot, tokens.subspan(static_cast<size_t>(known))});
    }
    prefix_cache_.make_room(decoder_->pages_needed(feeds));
    const engine::Tensor scores = decoder_->feed_scores(feeds);
    for (size_t i = 0; i < nodes.size(); ++i)
        nodes[i]->score = math::sigmoid(scores[static_cast<int64_t>(i)]);
}

// Token by token, as it was written: what the model says before each token of the step.
void GptScorer::evaluate_text(std::span<Node* const> nodes) {
    std::vector<engine::Decoder::Feed> feeds, next;
    std::vector<float> least(nodes.size(), 0.0f);
    std::vector<size_t> read(nodes.size()); // tokens of the node that were looked at
    for (size_t i = 0; i < nodes.size(); ++i) {
        const Node& node = *nodes[i];
        const int slot = static_cast<int>(i);
        // The last token before the step is fed again: what comes after it is asked.
        const size_t known =
            std::min(static_cast<size_t>(prefix_cache_.begin(node.tokens, slot)), node.given - 1);
        decoder_->truncate(slot, static_cast<int>(known));
        feeds.push_back({slot, node.tokens.subspan(known, node.given - known)});
        read[i] = node.given;
    }
    for (; !feeds.empty(); feeds.swap(next)) {
        prefix_cache_.make_room(decoder_->pages_needed(feeds));
        const engine::Tensor logits = decoder_->feed(feeds);
        next.clear();
        for (size_t row = 0; row < feeds.size(); ++row) {
            const auto i = static_cast<size_t>(feeds[row].slot);
            const Node& node = *nodes[i];
            if (read[i] == node.tokens.size()) continue; // its end, fed to be kept
            const int64_t classes = decoder_->config().vocab;
            const float* of_row = logits.data() + static_cast<int64_t>(row) * classes;
            const engine::LogitRow said(std::span(of_row, static_cast<size_t>(classes)));
            const double log_p = said.log_probability(node.tokens[read[i]]);
            least[i] = std::min(least[i], static_cast<float>(log_p));
            if (read[i] + 1 < node.tokens.size() || node.open)
                next.push_back({feeds[row].slot, node.tokens.subspan(read[i], 1)});
            ++read[i];
        }
    }
    for (size_t i = 0; i < nodes.size(); ++i) nodes[i]->score = math::sigmoid(text_logit(least[i]));
}

int64_t GptScorer::score_tokens(const Path& path) const {
    return path.steps.empty() ? 0 : static_cast<int64_t>(encode(form_, path).tokens.size());
}

std::vector<Scores> GptScorer::score(std::span<const Path> paths) {
    std::vector<EncodedPath> encoded;
    for (const Path& path : paths) {
        encoded.push_back(encode(form_, path));
        leave_out_what_does_not_fit(encoded.back(), decoder_->config().context);
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
            if (const auto value = prefix_cache_.value(nodes.back().tokens)) {
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
            const bool together =
                reading_ == Reading::whole_solution && !decoder_->config().scalar_head;
            if (together) before *= node->score;
            results[i].steps.push_back(together ? before : node->score);
        }
        results[i].steps.resize(paths[i].steps.size(), kNoRoom);
    }
    return results;
}

} // namespace qstar::search
