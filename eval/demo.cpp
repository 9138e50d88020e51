#include "eval/demo.h"

#include "engine/error.h"
#include "eval/best_of_n.h"
#include "eval/countdown_demo.h"
#include "eval/demo_stages.h"
#include "eval/ladder.h"
#include "eval/puzzle_commands.h"
#include "eval/taste.h"
#include "train/bradley_terry.h"
#include "train/corpus.h"
#include "train/distil.h"
#include "train/dpo.h"
#include "train/label.h"
#include "train/orm.h"
#include "train/pretrain.h"
#include "train/prm.h"
#include "train/q.h"
#include "train/rank.h"
#include "train/rollout.h"
#include "train/sample.h"
#include "train/self_play.h"
#include "train/sft.h"

namespace qstar::eval {

void demo(const DemoOptions& options) {
    if (options.world == "countdown") return countdown_demo(options);
    if (options.world == "lights-out")
        return puzzle_demo(options.world, options.run, options.seed, options.quick);
    if (options.world != "arithmetic")
        fail("demo: expected the world arithmetic, countdown or lights-out, found \"{}\"",
             options.world);
    const auto begin = std::chrono::steady_clock::now();

    say("corpus", "what a class hands in: many bad solvers, few good ones");
    auto corpus = of<train::CorpusOptions>(options);
    if (options.quick) corpus.tokens = 400'000;
    train::corpus(corpus);

    say("pretrain", "next-token prediction learns all of it, the bad mathematics included");
    auto pretrain = of<train::PretrainOptions>(options);
    if (options.quick) pretrain.layers = 2, pretrain.width = 64;
    train::pretrain(pretrain);

    say("sft", "fine-tuning on a small set, picked by its answers");
    train::sft(of<train::SftOptions>(options));

    say("sample", "the tuned model solves training problems, several times each");
    auto sample = of<train::SampleOptions>(options);
    if (options.quick) sample.problems = 200;
    train::sample(sample);

    say("rank", "a simulated person puts the outputs of each prompt in order");
    train::rank(of<train::RankOptions>(options));

    say("reward", "reward model: a number from ranks");
    auto reward = of<train::BradleyTerryOptions>(options);
    reward.limit = options.quick ? 100 : 5000;
    train::reward(reward);

    say("dpo", "the policy learns from ranks directly");
    auto dpo = of<train::DpoOptions>(options);
    dpo.limit = options.quick ? 100 : 3000;
    train::dpo(dpo);

    say("taste", "what ranks have moved: the judge's taste, and mathematics");
    auto taste = of<TasteOptions>(options);
    taste.problems = options.quick ? 50 : 500;
    eval::taste(taste);

    say("label", "the verifier in the place of people: outcomes, and steps up to the first error");
    train::label(of<train::LabelOptions>(options));

    say("orm", "outcome reward model: is the answer right?");
    train::orm(of<train::OrmOptions>(options));

    say("prm", "process reward model: is this step right?");
    train::prm(of<train::PrmOptions>(options));

    say("rollout", "labels without anybody who looks at a step: what does the policy make of it?");
    auto rollout = of<train::RolloutOptions>(options);
    rollout.limit = options.quick ? 100 : 2000;
    train::rollout(rollout);

    say("q", "Q-values of steps, by fitted Q iteration on the policy's own roll-outs");
    auto q = of<train::QOptions>(options);
    q.problems = options.quick ? 60 : 1000;
    train::q(q);

    say("self-play", "search finds, the verifier confirms, the policy learns, again");
    auto play = of<train::SelfPlayOptions>(options);
    play.rounds = 2;
    play.problems = options.quick ? 60 : 800;
    play.dev_problems = options.quick ? 50 : 200;
    train::self_play(play);

    say("distil", "what the search finds, back into a policy that needs no search");
    auto distil = of<train::DistilOptions>(options);
    distil.problems = options.quick ? 60 : 2000;
    distil.dev_problems = options.quick ? 50 : 200;
    train::distil(distil);

    say("best-of-n", "PRM, ORM and majority over N");
    auto curve = of<BestOfNOptions>(options);
    curve.problems = options.quick ? 20 : 150;
    curve.samples = 64;
    best_of_n(curve);

    say("ladder", "held-out problems, every method at the same budget of tokens");
    auto rungs = of<LadderOptions>(options);
    if (options.quick) rungs.problems = 100;
    ladder(rungs);

    say_end(options, begin);
}

} // namespace qstar::eval
