// What self-play, STaR and distillation learn from, exactly; and all of them in a row on a
// tiny run, with a stop in between.

#include "engine/text/jsonl.h"
#include "search/worlds/make_world.h"
#include "train/data/corpus.h"
#include "train/data/worlds/arithmetic/arithmetic_teaching.h"
#include "train/expert_iteration/confirm.h"
#include "train/expert_iteration/self_play.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "tests/temporary.h"
#include "tests/train/quiet.h"
#include "tests/train/small_class.h"
#include "train/annotation/rollout.h"
#include "train/data/label_steps.h"
#include "train/data/sample.h"
#include "train/expert_iteration/distil.h"
#include "train/expert_iteration/star.h"
#include "train/supervised/pretrain.h"
#include "train/supervised/prm.h"
#include "train/supervised/sft.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <set>

using namespace qstar;
using namespace qstar::train;

namespace {

using Steps = std::vector<std::string>;

// A policy that ends most of its solutions, with some right ones: short sums of small
// numbers, learned by heart.
void tiny_road(const std::string& run) {
    auto class_ = quiet<CorpusOptions>(run);
    class_.tokens = 60'000;
    class_.curated = 40;
    class_.experts = 0.6;
    make_small(class_);
    ProblemConfig& problems = class_.of<ArithmeticTeaching>().problems;
    problems.high = 3;
    problems.max_operands = 3;
    problems.brackets = 0;
    corpus(class_);
    auto learn = quiet<PretrainOptions>(run);
    learn.layers = 1;
    learn.width = 32;
    learn.heads = 2;
    learn.context = 64;
    learn.steps = 150;
    learn.loop.lr = 5e-3;
    learn.val_every = 0;
    pretrain(learn);
    sft(quiet<SftOptions>(run));
}

SelfPlayOptions small_play(const std::string& run) {
    auto options = quiet<SelfPlayOptions>(run);
    options.rounds = 2;
    options.problems = 30;
    options.epochs = 1;
    options.loop.warmup = 2;
    options.dev_problems = 4;
    options.search.budget = 100;
    options.q.explore.samples = 4;
    options.q.explore.proposals = 2;
    options.q.loop.warmup = 2;
    options.q.extra_layers = 1;
    return options;
}

} // namespace

TEST_CASE("self-play learns what ends in the right answer: the search's first, then often drawn") {
    const auto world = search::make_world("arithmetic");
    const std::string p = "2*1+9-6"; // 5
    const std::vector<SampledSolution> searched = {
        {p, {"2+9-6", "11-6", "5"}, true},
        {"3*1+1", {"3*2", "6"}, true},  // wrong
        {"3*1+2", {"3+2", "5"}, false}, // no end
    };
    const auto rollout = [&](const std::string& problem, Steps steps, int64_t count) {
        const bool right = world->check_answer(problem, steps.back());
        return Rollout{{problem, std::move(steps), true}, right, count, {}};
    };
    const std::vector<Rollout> rollouts = {
        rollout(p, {"2+3", "5"}, 1),           rollout(p, {"2+9-6", "2+3", "5"}, 4),
        rollout(p, {"2+9-6", "11-6", "5"}, 9), // found already
        rollout(p, {"2*4", "8"}, 9),           // wrong
        rollout("3*1+1", {"3+1", "4"}, 1),
    };
    const auto right = [&](const search::Path& path) { return world->solved(path); };
    const auto items = confirm(searched, rollouts, right, 2);
    REQUIRE(items.size() == 3);
    CHECK(items[0].problem == p);
    CHECK(items[0].solution == Steps{"2+9-6", "11-6", "5"});
    CHECK(items[1].problem == p);
    CHECK(items[1].solution == Steps{"2+9-6", "2+3", "5"});
    CHECK(items[2].problem == "3*1+1");
    CHECK(items[2].solution == Steps{"3+1", "4"});
    CHECK(confirm(searched, rollouts, right, 9).size() == 4);
}

TEST_CASE("STaR keeps right answers, and rationalised ones without their hint") {
    const auto world = search::make_world("arithmetic");
    CHECK(hinted("3*(4+5)-2", "25") == "3*(4+5)-2=25");
    const std::vector<SampledSolution> solutions = {{"3*1+1", {"3+1", "4"}, true},
                                                    {"3*1+2", {"3*3", "9"}, true},
                                                    {"3*1+3", {"3+3", "6"}, false}};
    const std::vector<SampledSolution> with_hint = {{"3*1+2=5", {"3+2", "5"}, true},
                                                    {"3*1+3=6", {"3*4", "12"}, true}};
    const StarItems items = right_ones(solutions, with_hint, *world);
    REQUIRE(items.rationales.size() == 1);
    CHECK(items.rationales[0].problem == "3*1+1");
    REQUIRE(items.rationalised.size() == 1);
    CHECK(items.rationalised[0].problem == "3*1+2");
    CHECK(items.rationalised[0].solution == Steps{"3+2", "5"});

    const std::vector<CuratedItem> found = {{"3*1+1", {"3+1", "4"}}, {"3*1+1", {"9+9", "4"}}};
    CHECK(sound_share(found, *world) == 0.5);
}

TEST_CASE("roll-outs, Q, self-play, STaR and distillation on a tiny run, stopped and resumed") {
    const Temporary folder;
    const std::string& run = folder.path;
    CHECK_THROWS_WITH_AS(self_play(small_play(run)), doctest::Contains("there is no such run"),
                         Error);
    tiny_road(run);

    auto draw = quiet<SampleOptions>(run);
    draw.problems = 40;
    draw.samples = 4;
    sample(draw);
    auto label_all = quiet<RolloutOptions>(run);
    label_all.rollouts = 4;
    rollout(label_all);
    auto binary = label_all;
    binary.search = "binary";
    rollout(binary);
    const Json cost = read_json(run + "/rollout/done.json").value["result"];
    const Json less = read_json(run + "/rollout-binary/done.json").value["result"];
    CHECK(cost["solutions"] == less["solutions"]);
    CHECK(less["rollouts"].get<int64_t>() < cost["rollouts"].get<int64_t>());
    CHECK(!exists(run + "/rollout/partial"));
    auto soft = quiet<PrmOptions>(run);
    soft.reward.labels = run + "/rollout/steps.jsonl";
    soft.soft = true;
    soft.name = "prm-soft";
    soft.reward.loop.warmup = 2;
    prm(soft);
    CHECK(exists(model_path(run, "prm-soft")));
    soft.reward.labels = run + "/rollout-binary/steps.jsonl";
    soft.name = "prm-other";
    CHECK_THROWS_WITH_AS(prm(soft), doctest::Contains("has no soft_labels"), Error);

    // Q: killed within the second iteration, it ends with the same bytes.
    auto values = quiet<QOptions>(run);
    values.problems = 40;
    values.explore.samples = 4;
    values.explore.proposals = 2;
    values.iterations = 2;
    values.loop.batch = 8;
    values.loop.warmup = 2;
    values.loop.save_every = 3;
    q(values);
    const std::string whole = read_file(model_path(run, "q"));
    const auto steps = read_jsonl(run + "/q/metrics.jsonl").size();
    CHECK(read_jsonl(run + "/q/metrics.jsonl").back().value["iteration"] == 1);
    CHECK(!exists(run + "/q/target-1.safetensors"));
    values.stage.force = true;
    values.loop.stop_after = static_cast<int64_t>(steps) - 1;
    q(values);
    CHECK(read_file(model_path(run, "q")) == whole); // stays until the other is finished
    CHECK(exists(run + "/q.new/state.safetensors"));
    values.loop.stop_after = 0;
    q(values);
    CHECK(read_file(model_path(run, "q")) == whole);
    CHECK(!exists(run + "/q.new"));

    // Self-play: stopped again and again, it ends with the same bytes.
    self_play(small_play(run));
    const auto rounds = read_jsonl(run + "/self-play/metrics.jsonl");
    REQUIRE(rounds.size() == 3);
    CHECK(rounds[1].value["confirmed"].get<int64_t>() > 0);
    CHECK(rounds[1].value["dev_greedy"]["n"] == 4);
    CHECK(exists(model_path(run, "q-self-play")));
    const std::string policy = read_file(model_path(run, "self-play"));
    const std::string log = read_file(run + "/self-play/metrics.jsonl");
    SelfPlayOptions cut = small_play(run);
    cut.stage.force = true;
    cut.loop.save_every = 2;
    cut.loop.stop_after = 3;
    CHECK(self_play(cut) == Outcome::stopped);
    CHECK(read_file(model_path(run, "self-play")) == policy);
    SelfPlayOptions other = cut;
    other.stage.force = false;
    other.keep = 1;
    CHECK_THROWS_WITH_AS(self_play(other), doctest::Contains("keep was 4, now 1"), Error);
    for (int turn = 0; turn < 100 && exists(run + "/self-play.new"); ++turn) self_play(cut);
    CHECK(!exists(run + "/self-play.new"));
    CHECK(read_file(model_path(run, "self-play")) == policy);
    CHECK(read_file(run + "/self-play/metrics.jsonl") == log);

    auto bootstrap = quiet<StarOptions>(run);
    bootstrap.rounds = 2;
    bootstrap.problems = 80;
    bootstrap.epochs = 1;
    bootstrap.loop.warmup = 2;
    bootstrap.dev_problems = 10;
    star(bootstrap);
    const auto taught = read_jsonl(run + "/star/metrics.jsonl");
    REQUIRE(taught.size() == 3);
    CHECK(taught[1].value["rationales"].get<int64_t>() + taught[1].value["hints"].get<int64_t>() ==
          80);

    auto student = quiet<DistilOptions>(run);
    student.scorer = "q";
    student.search.budget = 150;
    student.search.aggregate = "last";
    student.problems = 60;
    student.epochs = 1;
    student.loop.warmup = 2;
    student.dev_problems = 10;
    distil(student);
    const Json result = read_json(run + "/distil/done.json").value["result"];
    CHECK(result["dev_teacher"]["n"] == 10);
    CHECK(result["dev_student"]["tokens"].get<double>() <
          result["dev_teacher"]["tokens"].get<double>());
    student.scorer = "no-such";
    student.stage.force = true;
    CHECK_THROWS_WITH_AS(distil(student), doctest::Contains("no-such"), Error);
    student.scorer = "q";
    student.search.budget = 1;
    CHECK_THROWS_WITH_AS(distil(student), doctest::Contains("found no solution of 60 problems"),
                         Error);
    CHECK(exists(model_path(run, "distil"))); // what was there is untouched
}

TEST_CASE(
    "rounds without a search first: the last of them gathers, then one is guided, by a text") {
    const Temporary folder;
    const std::string& run = folder.path;
    tiny_road(run);
    SelfPlayOptions options = small_play(run);
    options.rounds = 3;
    options.guided_from = 3;
    options.guided_problems = 20;
    options.easy = 0;
    options.gather = true;
    options.growth = 1.5;
    options.decay = 0.1;
    options.guided_rate = 0.5;
    options.q.judge = "text";
    REQUIRE(self_play(options) == Outcome::finished);
    const auto of = [&](int round, const char* file) {
        return fmt::format("{}/self-play/round-{}/{}", run, round, file);
    };
    CHECK_FALSE(exists(of(2, "q/model.safetensors")));
    CHECK(exists(of(3, "q/model.safetensors")));
    CHECK(exists(run + "/q-self-play/model.safetensors"));
    const auto result = [&](int round) {
        return read_json(of(round, "done.json")).value["result"];
    };
    CHECK_FALSE(result(2).contains("dev_search"));
    CHECK(result(3)["problems"] == 20);
    CHECK(result(3).contains("dev_search"));
    // What all roll-outs of a problem solved is left out; the second round has the first's, too.
    std::map<std::string, bool> always;
    for (const Rollout& rollout : read_rollouts(of(1, "q/rollouts.jsonl")))
        always.try_emplace(rollout.path.problem, true).first->second &= rollout.right;
    const auto learned = [&](int round) { return read_curated(of(round, "confirmed.jsonl")); };
    for (const CuratedItem& item : learned(1)) CHECK_FALSE(always.at(item.problem));
    CHECK(learned(2).size() == learned(1).size() + result(2)["confirmed"].get<size_t>());
    CHECK(learned(3).size() == result(3)["confirmed"].get<size_t>());
    CHECK(result(1)["problems"] == 30);
    CHECK(result(2)["problems"] == 45);
    // Each round at a tenth of the rates of the one before.
    const auto rate = [&](int round) {
        return number_field(read_jsonl(of(round, "policy/metrics.jsonl"))[0], "lr");
    };
    CHECK(rate(2) == doctest::Approx(rate(1) / 10));
    CHECK(rate(3) == doctest::Approx(rate(2) / 20));
    // Made anew with fewer problems, it gathers what its own rounds have confirmed.
    options.stage.force = true;
    options.problems = 20;
    REQUIRE(self_play(options) == Outcome::finished);
    CHECK(learned(2).size() == learned(1).size() + result(2)["confirmed"].get<size_t>());
}

TEST_CASE("self-play under process supervision learns no luck, and tries again where it erred") {
    const Temporary folder;
    const std::string& run = folder.path;
    tiny_road(run);
    const auto world = search::make_world("arithmetic");
    SelfPlayOptions options = small_play(run);
    options.guided = false;
    options.rounds = 1;
    options.supervision = "process";
    options.again = 8;
    REQUIRE(self_play(options) == Outcome::finished);
    const std::string round = run + "/self-play/round-1";
    const auto drawn = read_rollouts(round + "/q/rollouts.jsonl");
    const auto again = read_rollouts(round + "/again/rollouts.jsonl");
    REQUIRE_FALSE(again.empty());
    // Some were right by luck: here it is that there was something to leave out.
    int64_t lucky = 0, judged = 0;
    std::set<std::string> solved;
    std::map<std::string, size_t> right_steps;
    for (const Rollout& rollout : drawn) {
        const bool all = sound(*world, rollout.path);
        if (all) solved.insert(rollout.path.problem);
        lucky += rollout.right && !all;
        size_t& most = right_steps[rollout.path.problem];
        most = std::max(most, right_beginning(*world, rollout.path).steps.size());
    }
    CHECK(lucky > 0);
    for (const Rollout& rollout : again) {
        const std::string& problem = rollout.path.problem;
        CHECK_FALSE(solved.contains(problem));
        const size_t kept = right_steps.at(problem);
        REQUIRE(rollout.path.steps.size() >= kept);
        search::Path beginning = rollout.path;
        beginning.steps.resize(kept);
        beginning.finished = false;
        CHECK(label_steps(*world, {problem, beginning.steps, false}).labels.size() == kept);
    }
    for (const auto* part : {&drawn, &again})
        for (const Rollout& rollout : *part) judged += rollout.count;
    const Json result = read_json(round + "/done.json").value["result"];
    CHECK(result["sound"] == 1.0);
    CHECK(result["judged"] == judged);
    for (const CuratedItem& item : read_curated(round + "/confirmed.jsonl"))
        CHECK(sound(*world, {item.problem, item.solution, true}));
}

TEST_CASE("Q learns from the roll-outs of rounds before, so many of a problem; rare problems") {
    const Temporary folder;
    const std::string& run = folder.path;
    tiny_road(run);
    SelfPlayOptions options = small_play(run);
    options.rounds = 3;
    options.guided_from = 3;
    options.rare = 2;
    options.again = 4;
    options.easy = 0.2;
    options.q.start = "best";
    options.q.iterations = 1;
    options.q_rounds = 1;
    REQUIRE(self_play(options) == Outcome::finished);
    const auto of = [&](int round, const char* file) {
        return fmt::format("{}/self-play/round-{}/{}", run, round, file);
    };
    const auto learned_from = [&] {
        const Json result = read_json(of(3, "q/done.json")).value["result"];
        return result["rollouts"].get<size_t>() + result["val_rollouts"].get<size_t>();
    };
    const auto rollouts_in = [&](int round, const char* file) {
        return read_rollouts(of(round, file));
    };
    const auto own = rollouts_in(3, "q/rollouts.jsonl");
    auto before = rollouts_in(2, "q/rollouts.jsonl");
    for (Rollout& rollout : rollouts_in(2, "again/rollouts.jsonl"))
        before.push_back(std::move(rollout));
    // Its own, and of the second round what teaches something; the first round is too far back.
    const size_t all = learned_from();
    CHECK(all > 0);
    CHECK(all <= own.size() + before.size());
    CHECK(all > std::min(own.size(), before.size()) / 4);
    std::set<std::string> problems[3];
    for (int round = 1; round <= 3; ++round)
        for (const Rollout& rollout : rollouts_in(round, "q/rollouts.jsonl"))
            problems[round - 1].insert(rollout.path.problem);
    for (const std::string& problem : problems[2]) {
        CHECK_FALSE(problems[0].contains(problem)); // one sequence: nothing comes twice
        CHECK_FALSE(problems[1].contains(problem));
    }
    const auto steps = [&] {
        return read_json(of(3, "q/done.json")).value["result"]["steps"].get<int64_t>();
    };
    const int64_t of_all = steps();
    options.q.each = 1;
    options.q.loop.batch = 4;
    options.stage.force = true;
    REQUIRE(self_play(options) == Outcome::finished);
    CHECK(learned_from() == all); // known,
    CHECK(steps() < 8 * of_all);  // in batches of 4 for 32,
    CHECK(steps() > 0);           // but not all of them are learned from
}
