#include "eval/demo/countdown_demo.h"

#include "eval/demo/demo_stages.h"
#include "eval/studies/game24.h"
#include "eval/studies/policies.h"
#include "train/data/corpus.h"
#include "train/expert_iteration/self_play.h"
#include "train/supervised/pretrain.h"
#include "train/supervised/sft.h"

#include <chrono>

namespace qstar::eval {

void countdown_demo(const DemoOptions& options) {
    const auto begin = std::chrono::steady_clock::now();

    say("corpus", "solutions by exhaustive search, of targets from 10 to 100 but never 24");
    auto corpus = of<train::CorpusOptions>(options);
    corpus.world = "countdown";
    corpus.experts = 1;
    corpus.items = 1; // each row of the pre-training is a problem and its solution
    corpus.warm = 0;
    corpus.tokens = options.quick ? 300'000 : 15'000'000;
    corpus.curated = options.quick ? 200 : 2000;
    corpus.curate = "experts";
    train::corpus(corpus);

    say("pretrain", "next-token prediction learns how they go");
    auto pretrain = of<train::PretrainOptions>(options);
    pretrain.layers = options.quick ? 2 : 4;
    pretrain.width = options.quick ? 64 : 96;
    pretrain.context = 96;
    pretrain.loop.batch = 32;
    pretrain.steps = options.quick ? 100 : 5000;
    train::pretrain(pretrain);

    say("sft", "fine-tuning on a small set of the same");
    train::sft(of<train::SftOptions>(options));

    // What was trained for seconds finds no solution that it could learn from.
    if (!options.quick) {
        say("self-play",
            "roll-outs, a Q of their steps, a search with it, what it finds is learned");
        auto play = of<train::SelfPlayOptions>(options);
        play.rounds = 1;
        play.problems = 2000;
        play.dev_problems = 200;
        play.epochs = 1;
        play.q.explore.temperature = 1;
        play.q.iterations = 1;
        play.search.weight = 1;
        play.search.temperature = 1;
        play.search.proposals = 4;
        play.search.budget = 1200;
        train::self_play(play);
    }

    say("policies", "held-out hands of numbers, each policy alone");
    auto alone = of<PolicyOptions>(options);
    alone.problems = options.quick ? 100 : 1000;
    policies(alone);

    say("game24", "the Game of 24: solved against tokens");
    auto game = of<Game24Options>(options);
    if (options.quick)
        game.hands = 60, game.budgets = {100, 400}, game.policy = "sft", game.scorer = "none";
    game24(game);

    say_end(options, begin);
}

} // namespace qstar::eval
