// Claim 5: a step is only a special token.

#include "engine/base/elementary.h"
#include "eval/claims/claim_context.h"
#include "eval/claims/written.h"
#include "search/models/encode.h"
#include "train/rl/minibatch.h"

#include <algorithm>
#include <fmt/core.h>
#include <span>
#include <string>
#include <vector>

namespace qstar::eval {

namespace {

// The policy, whose prompt's step token is where it should be, a line feed in its place (and
// in the place of all that it writes), or one character too early.
enum class Mark { intact, away, moved };

std::vector<bool> solve_with(ClaimContext& shared, const std::vector<std::string>& problems,
                             Mark mark) {
    const int line_feed = shared.tokenizer().encode("\n")[0];
    std::vector<std::vector<int>> prompts;
    for (const std::string& problem : problems) {
        std::vector<int> prompt = search::encode(shared.tokenizer(), {problem, {}, false}).tokens;
        if (mark == Mark::away) prompt.back() = line_feed;
        if (mark == Mark::moved) std::swap(prompt[prompt.size() - 2], prompt.back());
        prompts.push_back(std::move(prompt));
    }
    std::vector<bool> solved;
    for (const search::Path& path :
         write_greedily(shared.model("sft"), shared.tokenizer(), prompts, problems, 64,
                        mark == Mark::away ? line_feed : -1))
        solved.push_back(path.finished && shared.world().solved(path));
    return solved;
}

// The PRM reads its scores at the step tokens, at line feeds in their places, or at the last
// character of each line. Gives pools that have these scores and no others.
std::vector<Pool> read_with(ClaimContext& shared, std::span<const Pool> drawn, Mark mark) {
    std::vector<Pool> pools(drawn.begin(), drawn.end());
    const int line_feed = shared.tokenizer().encode("\n")[0];
    for (Pool& pool : pools) {
        std::vector<train::Episode> episodes;
        for (const PoolSample& sample : pool.samples) {
            if (!sample.path.finished) continue;
            train::Episode episode;
            const search::EncodedPath encoded = search::encode(shared.tokenizer(), sample.path);
            episode.tokens = encoded.tokens;
            episode.prompt = static_cast<int>(pool.prompt_tokens);
            episode.ends = encoded.ends;
            if (mark == Mark::away)
                for (const int end : encoded.ends)
                    episode.tokens[static_cast<size_t>(end)] = line_feed;
            episodes.push_back(std::move(episode));
        }
        const auto offsets = train::offsets_of(episodes);
        const auto flat = train::scores_at(shared.model("prm"), episodes);
        size_t e = 0;
        for (PoolSample& sample : pool.samples) {
            sample.scores = {{}};
            if (!sample.path.finished) continue;
            const train::Episode& episode = episodes[e];
            for (const int end : episode.ends) {
                const int at = std::max(end - (mark == Mark::moved), episode.prompt);
                const float score = flat[offsets[e] + static_cast<size_t>(at - episode.prompt)];
                sample.scores[0].push_back(math::sigmoid(score));
            }
            ++e;
        }
    }
    return pools;
}

Findings examine_step_token(ClaimContext& shared) {
    Findings found;
    if (!shared.needs({"sft", "orm", "prm"}, found)) return found;
    const auto problems = shared.problems(shared.size(1000, 150));
    const auto pools = shared.pools("sft", shared.size(300, 200));
    const auto minimum = search::Aggregate::minimum;
    std::vector<bool> policy[3], choice[3];
    const Mark marks[] = {Mark::intact, Mark::away, Mark::moved};
    const char* said[] = {"as it is", "a line feed in its place", "one character too early"};
    for (size_t i = 0; i < 3; ++i) {
        policy[i] = solve_with(shared, problems, marks[i]);
        choice[i] = chosen(read_with(shared, pools, marks[i]), false, 0, minimum);
        found.numbers.push_back(share(fmt::format("policy, the token {}", said[i]),
                                      count(policy[i]), std::ssize(policy[i])));
    }
    for (size_t i = 0; i < 3; ++i)
        found.numbers.push_back(
            share(fmt::format("best of {} by the PRM, the token {}", shared.samples(), said[i]),
                  count(choice[i]), std::ssize(choice[i])));
    const Duel of_policy = duel(policy[0], policy[1]), of_choice = duel(choice[0], choice[1]);
    found.numbers.push_back(
        share("policy: of those that exactly one of both solves, with the token", of_policy));
    found.numbers.push_back(
        share("PRM: of those that exactly one of both solves, with the token", of_choice));
    if (of_policy.won() && of_choice.won()) {
        found.verdict = Verdict::holds;
        found.why = "without the token the policy solves less, and so does the PRM's choice";
    } else if (of_policy.lost() || of_choice.lost()) {
        found.verdict = Verdict::fails;
        found.why = "without the token more is solved than with it";
    } else {
        found.why = fmt::format("taking the token away costs the policy {}, and the PRM's choice "
                                "{}",
                                of_policy.won() ? "solved problems" : "nothing beyond doubt",
                                of_choice.won() ? "solved problems" : "nothing beyond doubt");
    }
    return found;
}

} // namespace

const Claim step_token = {
    5,
    "A step is only a special token: what the models know of steps hangs on it.",
    "The token is taken away (a line feed stands in its place) or moved one character to the left: "
    "for the tuned policy, which then answers held-out problems greedily, and for the PRM, which "
    "then reads solutions of the same pool and chooses by the weakest step.",
    "Share solved with the token as it is, away, and moved; with and without it on the same "
    "problems.",
    "Of the problems that exactly one of with and without solves, the share that is solved with "
    "the token: holds if its interval is wholly above one half for the policy and for the PRM's "
    "choice, does not hold if it is wholly below for one of them, otherwise undecided.",
    examine_step_token};

} // namespace qstar::eval
