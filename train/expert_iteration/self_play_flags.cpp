// The flags of self-play.

#include "search/worlds/make_world.h"
#include "train/expert_iteration/self_play.h"
#include "train/supervised/text_judge.h"

namespace qstar::train {

void describe(Flags& f, SelfPlayOptions& o) {
    describe(f, o.stage);
    describe(f, o.loop);
    describe(f, o.search);
    describe(f, o.q.explore);
    f.text("from", o.from, "stage whose model begins");
    f.number("rounds", o.rounds, 1, 100'000, "of search and learning");
    f.number("problems", o.problems, 1, kMost, "new training problems each round");
    f.number("epochs", o.epochs, 1, kMost, "passes over a round's confirmed solutions");
    f.number("keep", o.keep, 1, kMost, "different solutions of a problem, at most");
    f.truth("restart", o.restart, "each round tunes the first model, not the last");
    f.truth("guided", o.guided, "search with Q; without: roll-outs only");
    f.number("guided-from", o.guided_from, 1, o.rounds, "the first round with a search, if guided")
        .only_if(o.guided_from > 1);
    f.number("guided-problems", o.guided_problems, 0, kMost,
             "new training problems of a round with a search; 0: --problems")
        .only_if(o.guided_problems > 0);
    f.number("guided-rate", o.guided_rate, 0, 1,
             "learning rates of a round with a search, to those of one without")
        .only_if(o.guided_rate != 1);
    f.number("again", o.again, 0, 1'000'000, "further roll-outs of problems that none has solved")
        .only_if(o.again > 0);
    f.number_above("again-explore", o.again_temperature, 0, 100, "temperature of these")
        .only_if(o.again > 0);
    f.choice("supervision", o.supervision, {"outcome", "process"},
             "the verifier judges answers, or all steps")
        .only_if(o.supervision != "outcome");
    f.truth("gather", o.gather,
            "the last round without a search learns what all before it have confirmed, too")
        .only_if(o.gather);
    f.number("growth", o.growth, 1, 100, "problems of a round without a search, to the one before")
        .only_if(o.growth != 1);
    f.number("decay", o.decay, 0, 1, "learning rates of a round, to the one before")
        .only_if(o.decay != 1);
    f.number("rare", o.rare, 0, kMost,
             "draw what needs rare facts more often: with N / (N + uses of the rarest); 0: never")
        .only_if(o.rare > 0);
    f.number("easy", o.easy, 0, 1, "learn so much of what all roll-outs of a problem solved")
        .only_if(o.easy < 1);
    f.number("dev-problems", o.dev_problems, 1, kMost, "on which each round is measured");
    f.number("q-lr", o.q.loop.lr, 0, 10, "learning rate of Q");
    f.choice("q-optimizer", o.q.loop.optimizer, {"adamw", "muon"}, "of Q, as --optimizer")
        .only_if(by_muon(o.q.loop));
    f.number("q-muon-lr", o.q.loop.muon_lr, 0, 10, "learning rate of Q's Muon at its peak")
        .only_if(by_muon(o.q.loop));
    f.number("q-batch", o.q.loop.batch, 1, 1'000'000, "roll-outs a step of Q");
    f.number("q-epochs", o.q.epochs, 1, kMost, "passes over the roll-outs in each iteration of Q");
    f.number("q-iterations", o.q.iterations, 1, kMost, "of Q's target network");
    f.choice("q-start", o.q.start, {"monte-carlo", "best", "zero"},
             "first targets of Q: monte-carlo, best or zero");
    f.number("q-rounds", o.q_rounds, 0, o.rounds,
             "Q learns from the roll-outs of so many rounds before it, too")
        .only_if(o.q_rounds > 0);
    f.number("q-each", o.q.each, 0, kMost,
             "Q learns from so many right and wrong roll-outs of a problem at most; 0: all")
        .only_if(o.q.each > 0);
    describe_judge(f, o.q.judge, "q-judge");
    search::world_flag(f, o.q.world).only_if(!o.q.world.empty());
}

} // namespace qstar::train
