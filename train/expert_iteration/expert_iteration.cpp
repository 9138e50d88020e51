#include "train/expert_iteration/expert_iteration.h"

#include "engine/io/files.h"
#include "engine/text/json.h"
#include "engine/text/metrics.h"
#include "search/worlds/make_world.h"
#include "train/data/problem_source.h"
#include "train/run/corpus_format.h"
#include "train/supervised/sft.h"

#include <cstdio>
#include <fmt/core.h>

namespace qstar::train {

namespace {

void say(const Recipe& recipe, const Stage& stage, int64_t number, const Json& result) {
    if (stage.quiet()) return;
    fmt::print("{}, round {}: {}\n", stage.name(), number, recipe.sentence(result));
    std::fflush(stdout);
}

} // namespace

search::GptProposer IterationSetup::proposer(const engine::Gpt& policy) const {
    return {policy, tokenizer, seed, limits_of(run)};
}

DevScore IterationSetup::greedy(const engine::Gpt& policy) const {
    search::GptProposer student = proposer(policy);
    return score_greedily(dev, student, *world);
}

IterationSetup prepare(const Stage& stage, const std::string& world, int64_t dev_problems) {
    return {stage.run(), stage.seed(), search::make_world(world_of(stage.run(), world)),
            load_tokenizer(stage.run()),
            problems_for(stage.run(), Split::dev, dev_problems, stage.seed())};
}

std::optional<Json> play_round(Recipe& recipe, const Imitation& how, const Round& round,
                               const std::string& base) {
    if (recipe.explore(round) == Outcome::stopped) return {};
    const std::vector<CuratedItem> items = recipe.select(round);
    const std::string file = write_items(round.stage.path(how.items + ".jsonl"), items);
    Json record = Json::object();
    if (round.number > 0) record["round"] = round.number;
    record[how.items] = input(file);
    LoopOptions loop = how.loop;
    const double rate = recipe.rate(round);
    loop.lr *= rate, loop.muon_lr *= rate;
    Stage student(round.stage, how.student, record);
    if (items.empty() && round.number > 0 && !student.done()) {
        write_file_atomic(student.model(), read_file(base));
        student.finish(Json{{"items", 0}});
    }
    if (!student.done() &&
        imitate(loop, how.epochs, student, load_model(base), base, items, file) == Outcome::stopped)
        return {};
    return recipe.measure(round, load_model(student.model()));
}

std::string round_folder(int64_t number) { return fmt::format("round-{}", number); }

std::optional<std::vector<Json>> play_rounds(Recipe& recipe, const Imitation& how,
                                             const Rounds& rounds, const IterationSetup& setup,
                                             const Stage& stage) {
    make_folders(stage.path("partial")); // it has begun
    const auto student_of = [&](int64_t number) {
        return stage.path(round_folder(number) + "/" + how.student + "/model.safetensors");
    };
    std::vector<Json> results;
    const std::string first_file = model_path(setup.run, rounds.from);
    const engine::Gpt first = load_model(setup.run, rounds.from);
    check_vocab(first, setup.tokenizer, setup.run);
    results.push_back(Json{{"dev_greedy", json_of(setup.greedy(first))}});
    say(recipe, stage, 0, results.back());
    for (int64_t number = 1; number <= rounds.count; ++number) {
        Stage part(stage, round_folder(number), Json{{"round", number}});
        if (!part.done()) {
            const std::string last = number == 1 ? first_file : student_of(number - 1);
            const engine::Gpt before = number == 1 ? first : load_model(last);
            const auto result = play_round(recipe, how, {number, part, before, last},
                                           rounds.restart ? first_file : last);
            if (!result) return {};
            part.finish(*result);
        }
        results.push_back(part.result());
        say(recipe, stage, number, results.back());
    }
    MetricsLog metrics(stage.path("metrics.jsonl"), 0);
    for (size_t number = 0; number < results.size(); ++number)
        metrics.write(static_cast<int64_t>(number), results[number]);
    write_file_atomic(stage.model(), read_file(student_of(rounds.count)));
    return results;
}

} // namespace qstar::train
