#include "eval/demo/demo.h"

#include "engine/base/error.h"
#include "eval/claims/claims.h"
#include "eval/demo/arithmetic_plan.h"
#include "eval/demo/countdown_demo.h"
#include "eval/demo/demo_stages.h"
#include "eval/demo/puzzle_demo.h"
#include "eval/demo/world_demo.h"
#include "eval/report/report.h"
#include "eval/studies/best_of_n.h"
#include "eval/studies/ladder.h"
#include "eval/studies/preference_win_rate.h"
#include "train/annotation/label.h"
#include "train/annotation/rank.h"
#include "train/annotation/rollout.h"
#include "train/data/corpus.h"
#include "train/data/sample.h"
#include "train/data/worlds/arithmetic/arithmetic_teaching.h"
#include "train/data/worlds/teachings.h"
#include "train/expert_iteration/distil.h"
#include "train/expert_iteration/self_play.h"
#include "train/preference/bradley_terry.h"
#include "train/preference/dpo.h"
#include "train/q_learning/q.h"
#include "train/supervised/orm.h"
#include "train/supervised/pretrain.h"
#include "train/supervised/prm.h"
#include "train/supervised/sft.h"

#include <chrono>
#include <fmt/core.h>
#include <string>
#include <string_view>

namespace qstar::eval {

namespace {

// Muon for the hidden matrices, AdamW for the rest: a fifth of AdamW's tokens to the same loss
// (LOG.md). Rates were chosen on dev problems.
void learn_by_muon(train::LoopOptions& loop, double rate) {
    loop.optimizer = "muon";
    loop.muon_lr = rate;
}

void lights_out_demo(const DemoOptions& options) { puzzle_demo(options, lights_out_plan(options)); }

void cube_demo(const DemoOptions& options) { puzzle_demo(options, cube_plan(options)); }

void arithmetic_demo(const DemoOptions& options) {
    const auto begin = std::chrono::steady_clock::now();
    const ArithmeticPlan& size = options.quick  ? kQuickPlan
                                 : options.full ? kFullPlan
                                                : kStandardPlan;
    StageTimes times(options);
    const auto say = [&](const char* stage, const char* what) { times.next(stage, what); };

    say("corpus", "what a class hands in: many bad solvers, few good ones");
    auto corpus = of<train::CorpusOptions>(options);
    corpus.tokens = size.corpus_tokens;
    corpus.warm = size.warm;
    auto& problems = corpus.of<train::ArithmeticTeaching>().problems;
    problems.high = size.high;
    problems.bound = size.bound;
    train::corpus(corpus);

    say("pretrain", "next-token prediction learns all of it, the bad mathematics included");
    auto pretrain = of<train::PretrainOptions>(options);
    pretrain.loop.batch = size.pretrain_batch;
    pretrain.steps = size.pretrain_steps;
    pretrain.layers = size.layers;
    pretrain.width = size.width;
    pretrain.family = "qwen3";
    pretrain.loop.lr = 3e-3;
    learn_by_muon(pretrain.loop, 0.02);
    pretrain.loop.muon_momentum = 0.9; // less memory, for few steps
    pretrain.loop.warmup = 50;
    train::pretrain(pretrain);

    say("sft", "fine-tuning on a small set, picked by its answers");
    auto sft = of<train::SftOptions>(options);
    sft.loop.lr = 1e-3;
    learn_by_muon(sft.loop, 0.005);
    train::sft(sft);

    say("sample", "the tuned model solves training problems, several times each");
    auto sample = of<train::SampleOptions>(options);
    sample.problems = size.sample_problems;
    train::sample(sample);

    say("rank", "a simulated person puts the outputs of each prompt in order");
    train::rank(of<train::RankOptions>(options));

    say("reward", "reward model: a number from ranks");
    auto reward = of<train::BradleyTerryOptions>(options);
    reward.reward.limit = size.reward_prompts;
    train::reward(reward);

    say("dpo", "the policy learns from ranks directly");
    auto dpo = of<train::DpoOptions>(options);
    dpo.limit = size.dpo_prompts;
    dpo.loop.lr = 1e-4;
    train::dpo(dpo);

    say("preference-win-rate", "what ranks have moved: preference, and mathematics");
    auto preference = of<PreferenceOptions>(options);
    preference.problems = size.preference_problems;
    eval::preference_win_rate(preference);

    say("label", "the verifier in the place of people: outcomes, and steps up to the first error");
    train::label(of<train::LabelOptions>(options));

    say("orm", "outcome reward model: is the answer right?");
    auto orm = of<train::OrmOptions>(options);
    orm.reward.limit = size.orm_solutions;
    learn_by_muon(orm.reward.loop, 0.01);
    train::orm(orm);

    say("orm-text", "the same labels, learned by next-token prediction");
    orm.name = "orm-text";
    orm.reward.limit = size.prm_solutions;
    orm.judge = "text";
    orm.reward.loop.batch = 64;
    orm.reward.loop.warmup = 20;
    train::orm(orm);

    say("self-play", "search finds, the verifier confirms, the policy learns, again");
    auto play = of<train::SelfPlayOptions>(options);
    play.rounds = size.play_rounds;
    play.guided_from = size.play_rounds;
    play.problems = size.play_problems;
    play.guided_problems = size.play_guided;
    play.guided_rate = 0.1;
    play.easy = 0.05;
    play.rare = 3;
    play.growth = 1.8;
    play.decay = 0.8;
    play.again = size.play_again;
    play.supervision = "process"; // the verifier in the place of people, as for the PRM
    play.epochs = 2;
    play.dev_problems = size.dev_problems;
    play.restart = false;
    play.keep = 1;
    play.loop.batch = 64;
    play.loop.lr = 1e-3;
    learn_by_muon(play.loop, 0.01);
    play.q.explore.samples = 4;
    play.q.explore.proposals = 0; // the maximum runs over what roll-outs took
    play.q.explore.temperature = 0.8;
    play.q_rounds = 2;
    play.q.each = 1;
    play.q.start = "best";
    play.q.iterations = 1;
    play.q.judge = "text";
    play.q.loop.batch = 64;
    play.q.loop.lr = 3e-4;
    learn_by_muon(play.q.loop, 0.003);
    train::self_play(play);

    say("prm", "process reward model: is this step right?");
    auto prm = of<train::PrmOptions>(options);
    prm.reward.limit = size.prm_solutions;
    prm.reward.from = "self-play"; // which knows more arithmetic than the tuned model
    prm.judge = "text";
    prm.reward.loop.batch = 64;
    prm.reward.loop.warmup = 20;
    prm.reward.loop.lr = 3e-4; // at ten times these rates it forgets arithmetic
    learn_by_muon(prm.reward.loop, 0.003);
    train::prm(prm);

    say("rollout", "labels without anybody who looks at a step: what does the policy make of it?");
    auto rollout = of<train::RolloutOptions>(options);
    rollout.limit = size.rollout_solutions;
    train::rollout(rollout);

    say("q", "Q-values of steps, by fitted Q iteration on the policy's own roll-outs");
    auto q = of<train::QOptions>(options);
    q.problems = size.q_problems;
    learn_by_muon(q.loop, 0.01);
    train::q(q);

    say("distil", "what the search finds, back into a policy that needs no search");
    auto distil = of<train::DistilOptions>(options);
    distil.teacher = distil.from = "self-play";
    distil.scorer = "q-self-play";
    distil.search.aggregate = "last";
    distil.problems = size.distil_problems;
    distil.dev_problems = size.dev_problems;
    distil.loop.batch = 64;
    distil.loop.lr = 1e-4;
    learn_by_muon(distil.loop, 0.001);
    train::distil(distil);

    say("best-of-n", "PRM, ORM and majority over N");
    auto curve = of<BestOfNOptions>(options);
    curve.pool.problems = size.curve_problems;
    curve.pool.samples = 64;
    curve.pool.scorers = {"orm", "orm-text", "prm"};
    best_of_n(curve);

    say("ladder", "held-out problems, every method at the same budget of tokens");
    auto methods = of<LadderOptions>(options);
    methods.problems = size.ladder_problems;
    methods.search.proposals = 16;
    methods.policies = {"q-self-play"}; // a text judge, so what it writes is what it values
    ladder(methods);

    say("claims", "the talk's claims, each as an experiment");
    auto tested = of<ClaimsOptions>(options);
    tested.quick = !options.full;
    tested.brief = true;
    if (options.quick) tested.most = 40;
    claims(tested);

    times.end(); // the page shows times.json as it is now
    eval::say("report", "one page that shows all of it");
    auto shown = of<MeasureOptions>(options);
    if (options.quick) shown.problems = 30;
    const std::string page = report(shown);

    say_end(options, begin);
    fmt::print("Its report: {}\n", page);
}

struct DemoEntry {
    std::string_view world;
    void (*run)(const DemoOptions&);
};

// The demos of their own; every other world with a class has the short one.
constexpr DemoEntry kDemos[] = {
    {"arithmetic", arithmetic_demo},
    {"countdown", countdown_demo},
    {"lights-out", lights_out_demo},
    {"cube", cube_demo},
};

} // namespace

void demo(const DemoOptions& options) {
    for (const DemoEntry& entry : kDemos)
        if (entry.world == options.world) return entry.run(options);
    if (train::Teachings().find(options.world) == nullptr)
        fail("demo: expected lights-out, cube or one of the worlds {}, found \"{}\"",
             train::taught_worlds(), options.world);
    world_demo(options);
}

} // namespace qstar::eval
