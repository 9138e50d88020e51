// Lesson 1: the next token of a class that errs.

#include "engine/base/elementary.h"
#include "engine/base/error.h"
#include "engine/decode/decoder.h"
#include "engine/text/utf8.h"
#include "eval/claims/written.h"
#include "eval/lessons/experiments/experiment.h"
#include "search/models/encode.h"

#include <algorithm>
#include <fmt/core.h>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace qstar::eval::lessons {

namespace {

struct Chance {
    int token = 0;
    double p = 0, logit = 0;
};

// What the model says of the next token, the likeliest first.
std::vector<Chance> chances_after(engine::Decoder& decoder, std::span<const int> tokens, int size) {
    const engine::Decoder::Feed feed{0, tokens};
    const engine::Tensor logits = decoder.feed({&feed, 1});
    std::vector<Chance> all;
    double most = -1e30, sum = 0;
    for (int i = 0; i < size; ++i) most = std::max(most, double{logits[i]});
    for (int i = 0; i < size; ++i) {
        all.push_back({i, math::exp(double{logits[i]} - most), double{logits[i]}});
        sum += all.back().p;
    }
    for (Chance& one : all) one.p /= sum;
    std::stable_sort(all.begin(), all.end(),
                     [](const Chance& a, const Chance& b) { return a.p > b.p; });
    return all;
}

// The lines that a pupil writes under a problem whatever his luck; none if they differ.
std::vector<std::string> sure_lines(const train::ProblemSource& source, const train::Pupil& pupil,
                                    const std::string& problem, uint64_t seed) {
    Random random(seed, "lesson/pupil/" + problem);
    auto lines = source.solve(pupil, problem, random);
    for (int again = 0; again < 6; ++again)
        if (source.solve(pupil, problem, random) != lines) return {};
    return lines;
}

void class_values(LessonRun& run, const std::vector<std::string>& problems,
                  const std::string& example, Values& values) {
    const train::ProblemSource& source = run.source();
    const train::Pupil& usual = *usual_pupil(source);
    double shares = 0;
    for (const train::Pupil& pupil : source.pupils) shares += pupil.share;
    Grid grid{{"pupil", "share of the class, %", "writes", "answer"}, {}};
    for (const train::Pupil& pupil : source.pupils) {
        if (pupil.share <= 0) continue;
        Random random(run.seed(), "lesson/class/" + example);
        const auto lines = source.solve(pupil, example, random);
        grid.rows.push_back(
            {pupil.name, written(100 * pupil.share / shares, 1), in_words(lines), lines.back()});
    }
    values.set("class", std::move(grid));
    values.set("pupil", usual.name);
    // Three of his sheets, and one that is asked about: he errs in all of them, and always alike.
    Grid sheets{{"problem", "he writes", "right would be"}, {}};
    for (const std::string& problem : problems) {
        const auto lines = sure_lines(source, usual, problem, run.seed());
        if (lines.empty() || problem == example) continue;
        const search::Path path{problem, lines, true};
        if (run.world().solved(path)) continue;
        if (sheets.rows.size() < 3) {
            sheets.rows.push_back({problem, in_words(lines), run.world().answer(problem)});
            continue;
        }
        values.set("asked_problem", problem);
        values.set("asked_answer", run.world().answer_of(path));
        values.set("asked_lines", in_words(lines));
        break;
    }
    if (!values.find("asked_problem")) { // a class without such a pupil: the true answer is asked
        values.set("asked_problem", example);
        values.set("asked_answer", run.world().answer(example));
        values.set("asked_lines", run.world().answer(example));
    }
    values.set("sheets", std::move(sheets));
}

Values examine_predicting(LessonRun& run, const Given&) {
    run.require("pretrain");
    run.require_class();
    const auto problems = run.problems(run.size(200, 30));
    run.tell(0.1, "the base model answers");
    const Measured greedy = run.solve(problems, {.policy = "pretrain"}, 0);
    const train::Pupil& usual = *usual_pupil(run.source());
    int64_t copies = 0;
    size_t example = problems.size(), wrong_one = problems.size();
    for (size_t i = 0; i < problems.size(); ++i) {
        if (greedy.right[i]) continue;
        if (wrong_one == problems.size() && !greedy.results[i].steps.empty()) wrong_one = i;
        Random random(run.seed(), "claims/imitation/" + problems[i]);
        const search::Path path{problems[i], run.source().solve(usual, problems[i], random), true};
        const bool same = run.world().canonical_answer(run.world().answer_of(path)) ==
                          run.world().canonical_answer(greedy.results[i].answer);
        copies += same;
        if (same && example == problems.size()) example = i;
    }
    if (example == problems.size()) example = wrong_one < problems.size() ? wrong_one : 0;
    const search::Result& result = greedy.results[example];
    const int64_t wrong = greedy.n - greedy.solved;
    const Interval interval = wilson(copies, wrong);

    Values values;
    values.set("n", static_cast<double>(greedy.n));
    values.set("right", static_cast<double>(greedy.solved));
    values.set("wrong", static_cast<double>(wrong));
    values.set("copies", static_cast<double>(copies));
    values.set("copies_share", percent_of(copies, wrong), 1);
    values.set("copies_low", 100 * interval.low, 1);
    values.set("copies_high", 100 * interval.high, 1);
    values.set("problem", problems[example]);
    values.set("true_answer", run.world().answer(problems[example]));
    values.set("model_answer", result.answer.empty() ? "(no answer)" : result.answer);
    values.set("model_lines", in_words(result.steps));
    class_values(run, problems, problems[example], values);

    // The first line, token by token.
    run.tell(0.7, "its first line, token by token");
    const engine::Gpt& model = run.model("pretrain");
    const tokenizer::Tokenizer& tokenizer = run.tokenizer();
    engine::Decoder decoder(model, 1);
    std::vector<int> next = search::encode(tokenizer, {problems[example], {}, false}).tokens;
    const size_t begin = next.size();
    const search::EncodedPath whole =
        search::encode(tokenizer, {problems[example], result.steps, result.finished});
    const size_t end = whole.ends.empty() ? begin : static_cast<size_t>(whole.ends.front()) + 1;
    Grid top{{"next token", "score z", "probability"}, {}};
    std::string product, line;
    double p = 1;
    for (size_t at = begin; at < end; ++at) {
        const auto chances = chances_after(decoder, next, tokenizer.size());
        if (at == begin)
            for (size_t i = 0; i < 6 && i < chances.size(); ++i)
                top.rows.push_back({printable(tokenizer.token(chances[i].token)),
                                    written(chances[i].logit, 2), written(chances[i].p, 4)});
        const int token = whole.tokens[at];
        const auto found = std::find_if(chances.begin(), chances.end(),
                                        [&](const Chance& one) { return one.token == token; });
        if (found == chances.end()) break;
        p *= rounded(found->p, decimals_of(found->p));
        product += (product.empty() ? "" : " * ") + written(found->p, decimals_of(found->p));
        line += (line.empty() ? "" : " ") + printable(tokenizer.token(token));
        next = {token};
    }
    values.set("first_line", result.steps.empty() ? "" : result.steps.front());
    values.set("tokens", line);
    values.set("top", std::move(top));
    values.set("product", product);
    values.set("line_p", p, decimals_of(p));
    values.set("line_loss", -math::log(rounded(p, decimals_of(p))), 3);
    return values;
}

} // namespace

const Experiment predicting = {"predicting", {}, nullptr, examine_predicting};

} // namespace qstar::eval::lessons
