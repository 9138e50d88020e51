// Claim 2: wrong work in the context makes the next answer worse.

#include "eval/claims/claim_context.h"
#include "eval/claims/written.h"
#include "search/models/encode.h"
#include "train/data/problem_source.h"

#include <algorithm>
#include <fmt/format.h>
#include <string>
#include <vector>

namespace qstar::eval {

namespace {

constexpr int most_items = 3;
constexpr size_t room_to_write = 40; // tokens, for the solution

// An item of a worksheet that ends in a right or a wrong answer, short enough to leave room
// for the others; from the training side.
std::vector<int> item(const ClaimContext& shared, const train::ProblemSource& source, bool right,
                      size_t longest, Random& random) {
    for (int tries = 0; tries < 20'000; ++tries) {
        const std::string problem = source.draw(train::Split::train, random);
        const train::Pupil& pupil = train::draw_pupil(source.pupils, random);
        const auto lines = source.solve(pupil, problem, random);
        if (shared.world().solved({problem, lines, true}) != right) continue;
        const auto tokens = shared.tokenizer().encode(train::text_of_item(problem, lines));
        if (tokens.size() <= longest) return tokens;
    }
    return {};
}

Findings examine_context(ClaimContext& shared) {
    Findings found;
    if (!shared.needs({"pretrain"}, found)) return found;
    const engine::Gpt& model = shared.model("pretrain");
    const auto problems = shared.problems(shared.size(1000, 150));
    const train::ProblemSource source = train::problem_source_of(shared.options().run, 0);
    const auto right_after = [&](int items, bool right) {
        std::vector<std::vector<int>> prompts;
        for (const std::string& problem : problems) {
            // The same items whether one, two or three of them stand there.
            Random random(shared.options().seed,
                          fmt::format("claims/context/{}/{}", right ? "right" : "wrong", problem));
            std::vector<int> end = search::encode(shared.tokenizer(), {problem, {}, false}).tokens;
            const size_t context = static_cast<size_t>(model.config.context);
            const size_t taken = end.size() + room_to_write;
            const size_t each = context > taken ? (context - taken) / most_items : 0;
            std::vector<int> prompt{end.front()}; // <|endoftext|>
            for (int i = 0; i < items; ++i) {
                const std::vector<int> one = item(shared, source, right, each, random);
                prompt.insert(prompt.end(), one.begin(), one.end());
            }
            prompt.insert(prompt.end(), end.begin() + 1, end.end());
            prompts.push_back(std::move(prompt));
        }
        std::vector<bool> solved;
        for (const search::Path& path :
             write_greedily(model, shared.tokenizer(), prompts, problems))
            solved.push_back(path.finished && shared.world().solved(path));
        return solved;
    };
    const int64_t n = std::ssize(problems);
    const std::vector<bool> alone = right_after(0, false);
    found.numbers.push_back(share("nothing before it", count(alone), n));
    std::vector<bool> worst;
    for (const bool right : {false, true})
        for (int items = 1; items <= most_items; ++items) {
            const auto solved = right_after(items, right);
            found.numbers.push_back(
                share(fmt::format("after {} {} item{}", items, right ? "right" : "wrong",
                                  items > 1 ? "s" : ""),
                      count(solved), n));
            if (!right) worst = solved;
        }
    const Duel repaired = duel(alone, worst);
    found.numbers.push_back(share(
        "of those that exactly one of both solves, with the three wrong items deleted", repaired));
    if (repaired.won()) {
        found.verdict = Verdict::holds;
        found.why = "with three wrong items before them fewer problems are solved than when the "
                    "items are deleted";
    } else if (repaired.lost()) {
        found.verdict = Verdict::fails;
        found.why = "with three wrong items before them more problems are solved than without";
    } else {
        found.why = "the interval of the share that deleting wins includes one half";
    }
    return found;
}

} // namespace

const Claim context = {
    2,
    "Wrong work in the context makes the next answer worse; deleting it repairs it.",
    "The base model answers held-out problems greedily as the next item of a worksheet with none, "
    "one, two or three items before it, all ending in wrong answers or all in right ones, as the "
    "class wrote them.",
    "Share solved after each context; and three wrong items against the same prompt with the items "
    "deleted, on the same problems.",
    "Of the problems that exactly one of both solves, the share that is solved with the wrong "
    "items deleted: holds if its interval is wholly above one half, does not hold if wholly below, "
    "otherwise undecided.",
    examine_context};

} // namespace qstar::eval
