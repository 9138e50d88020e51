#include "train/annotation/select.h"

#include "engine/base/error.h"
#include "engine/base/range.h"
#include "engine/io/progress.h"
#include "engine/text/jsonl.h"
#include "search/models/gpt_scorer.h"
#include "search/models/method.h"
#include "search/worlds/make_world.h"
#include "train/data/left_out.h"
#include "train/data/problem_source.h"
#include "train/run/stage.h"

#include <algorithm>
#include <cmath>
#include <fmt/core.h>

namespace qstar::train {

std::vector<size_t> select_convincing(std::span<const Candidate> candidates, int64_t each,
                                      double wrong) {
    std::vector<size_t> picked;
    double due = 0; // wrong answers that should have been picked by now
    int64_t picks = 0, wrong_picks = 0;
    for (size_t begin = 0; begin < candidates.size();) {
        size_t end = begin;
        while (end < candidates.size() && candidates[end].problem == candidates[begin].problem)
            ++end;
        std::vector<size_t> left;
        for (size_t i = begin; i < end; ++i) left.push_back(i);
        std::stable_sort(left.begin(), left.end(), [&](size_t a, size_t b) {
            return candidates[a].score > candidates[b].score;
        });
        for (int64_t k = 0; k < each && !left.empty(); ++k) {
            ++picks;
            due = wrong * static_cast<double>(picks);
            const bool want_wrong = static_cast<double>(wrong_picks) + 0.5 < due;
            auto at = left.begin(); // the most convincing of all that is left
            if (want_wrong) {
                at = std::find_if(left.begin(), left.end(),
                                  [&](size_t i) { return !candidates[i].right; });
                if (at == left.end()) at = left.begin();
            }
            wrong_picks += want_wrong;
            picked.push_back(*at);
            left.erase(at);
        }
        begin = end;
    }
    std::sort(picked.begin(), picked.end());
    return picked;
}

std::vector<double> convincing_scores(search::Scorer& scorer,
                                      std::span<const SampledSolution> solutions) {
    constexpr size_t kChunkSolutions = 512;
    std::vector<double> scores;
    for (size_t begin = 0; begin < solutions.size(); begin += kChunkSolutions) {
        std::vector<search::Path> paths;
        for (const auto& s :
             solutions.subspan(begin, std::min(kChunkSolutions, solutions.size() - begin)))
            paths.push_back({s.problem, s.steps, s.finished});
        for (const search::Scores& score : scorer.score(paths))
            scores.push_back(search::aggregate(search::Aggregate::product, score.steps));
    }
    return scores;
}

void describe(Flags& f, SelectOptions& o) {
    describe(f, o.stage);
    f["seed"].quiet(); // it draws nothing
    f.text("scorer", o.scorer, "stage of the PRM that selects");
    f.text("solutions", o.solutions, "a file of solutions, instead of DIR/samples").content();
    describe_skip_bad(f, o.stage);
    f.number("each", o.each, 1, kMost, "solutions picked of a problem");
    f.number("wrong", o.wrong, 0, 1, "share of convincing wrong answers");
    f.number("limit", o.limit, 0, kMost, "of the first so many solutions only; 0: all");
    search::world_flag(f, o.world);
}

void select(const SelectOptions& options) {
    check(flags_of(options));
    const std::string file =
        given_or_of_stage(options.solutions, options.stage.run, "sample", "solutions.jsonl");
    require(options.stage.run, options.scorer, model_path(options.stage.run, options.scorer));
    const std::string name = world_of(options.stage.run, options.world);
    SelectOptions recorded = options;
    recorded.world = name;
    Json flags = stage_record(recorded);
    flags["inputs"] = {{"solutions", input(file)},
                       {"model.safetensors", input(model_path(options.stage.run, options.scorer))}};
    Stage stage(options.stage, "select", flags);
    if (stage.done()) return;

    const auto world = search::make_world(name);
    const tokenizer::Tokenizer tokenizer = load_tokenizer(options.stage.run);
    engine::Gpt model = load_model(options.stage.run, options.scorer);
    check_vocab(model, tokenizer, options.stage.run);
    search::GptScorer scorer(model, tokenizer);
    BadLines bad(options.stage.skip_bad);
    std::vector<SampledSolution> solutions = read_solutions(file, bad, *world);
    settle(bad, options.stage, "select", file);
    if (options.limit > 0 && solutions.size() > static_cast<size_t>(options.limit))
        solutions.resize(static_cast<size_t>(options.limit));
    std::erase_if(solutions, [](const auto& s) { return !s.finished || s.steps.empty(); });
    if (solutions.empty()) fail("{}: no finished solution to select from", file);

    const std::vector<double> scores = convincing_scores(scorer, solutions);
    std::vector<Candidate> candidates;
    size_t problem = 0;
    for (size_t i = 0; i < solutions.size(); ++i) {
        if (i > 0 && solutions[i].problem != solutions[i - 1].problem) ++problem;
        candidates.push_back(
            {problem, scores[i], world->solved({solutions[i].problem, solutions[i].steps, true})});
    }
    std::vector<Json> lines;
    int64_t wrong = 0;
    for (const size_t i : select_convincing(candidates, options.each, options.wrong)) {
        lines.push_back(json_of(solutions[i]));
        wrong += !candidates[i].right;
    }
    write_jsonl(stage.path("solutions.jsonl"), lines);
    stage.finish(
        Json{{"candidates", solutions.size()}, {"selected", lines.size()}, {"wrong", wrong}});
    if (!options.stage.quiet)
        fmt::print("select: {} of {} solutions, {} of them with a wrong answer\n", lines.size(),
                   solutions.size(), wrong);
}

} // namespace qstar::train
