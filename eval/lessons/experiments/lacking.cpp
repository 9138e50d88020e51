#include "eval/lessons/experiments/lacking.h"

#include "train/annotation/label.h"
#include "train/annotation/rank.h"
#include "train/data/sample.h"
#include "train/expert_iteration/distil.h"
#include "train/expert_iteration/self_play.h"
#include "train/preference/bradley_terry.h"
#include "train/preference/dpo.h"
#include "train/q_learning/q.h"
#include "train/supervised/orm.h"
#include "train/supervised/prm.h"

#include <algorithm>
#include <fmt/core.h>
#include <functional>
#include <utility>

namespace qstar::eval::lessons {

namespace {

// A stage at work: the run, and which share of the whole it is.
struct Making {
    LessonRun& run;
    double from, to;
    std::string what;

    void stage(train::StageOptions& options) const {
        options.run = run.run();
        options.study = "lessons";
        options.skip_bad = true; // a sample may be longer than the context
        options.quiet = true;
        run.tell(from, what);
    }
    void loop(train::LoopOptions& options) const {
        options.save_every = 20;
        options.each_step = [&run = run, from = from, to = to,
                             what = what](int64_t step, int64_t steps, const train::Metrics&) {
            run.tell(from + (to - from) * static_cast<double>(step) / static_cast<double>(steps),
                     what);
        };
    }
};

train::Outcome sample(const train::SampleOptions& options) {
    train::sample(options);
    return train::Outcome::finished;
}
train::Outcome rank(const train::RankOptions& options) {
    train::rank(options);
    return train::Outcome::finished;
}
train::Outcome label(const train::LabelOptions& options) {
    train::label(options);
    return train::Outcome::finished;
}
template <class Options>
train::StageOptions& own(Options& options) {
    return options.stage;
}
template <class Options>
train::StageOptions& of_reward(Options& options) {
    return options.reward.stage;
}

void make_sample(const Making& making) {
    train::SampleOptions options;
    making.stage(options.stage);
    options.problems = making.run.size(1500, 60);
    train_small(options, own, sample);
}
void make_rank(const Making& making) {
    train::RankOptions options;
    making.stage(options.stage);
    options.solutions = making.run.file("sample", "solutions.jsonl");
    train_small(options, own, rank);
}
void make_label(const Making& making) {
    train::LabelOptions options;
    making.stage(options.stage);
    options.solutions = making.run.file("sample", "solutions.jsonl");
    train_small(options, own, label);
}
// What scores: its labels are the file of another stage.
template <class Options>
void make_judge(const Making& making, const char* stage, const char* labels, int64_t limit,
                train::Outcome (*train)(const Options&)) {
    Options options;
    making.stage(options.reward.stage);
    making.loop(options.reward.loop);
    options.reward.labels = making.run.file(stage, labels);
    options.reward.limit = limit;
    train_small(options, of_reward, train);
}
void make_reward(const Making& making) {
    make_judge(making, "rank", "ranks.jsonl", making.run.size(1000, 60), train::reward);
}
void make_orm(const Making& making) {
    make_judge(making, "label", "outcomes.jsonl", making.run.size(4000, 100), train::orm);
}
void make_prm(const Making& making) {
    make_judge(making, "label", "steps.jsonl", making.run.size(4000, 100), train::prm);
}
void make_dpo(const Making& making) {
    train::DpoOptions options;
    making.stage(options.stage);
    making.loop(options.loop);
    options.labels = making.run.file("rank", "ranks.jsonl");
    options.limit = making.run.size(1000, 60);
    options.kl_episodes = 0;
    train_small(options, own, train::dpo);
}
void make_q(const Making& making) {
    train::QOptions options;
    making.stage(options.stage);
    making.loop(options.loop);
    options.problems = making.run.size(300, 20);
    train_small(options, own, train::q);
}
// By roll-outs alone: no Q of its own, which would stand beside the run's.
void make_self_play(const Making& making) {
    train::SelfPlayOptions options;
    making.stage(options.stage);
    making.loop(options.loop);
    options.rounds = 2;
    options.guided = false;
    options.problems = making.run.size(600, 40);
    options.epochs = 1;
    options.dev_problems = making.run.size(100, 10);
    train_small(options, own, train::self_play);
}
void make_distil(const Making& making) {
    train::DistilOptions options;
    making.stage(options.stage);
    making.loop(options.loop);
    options.scorer = making.run.stage("prm");
    options.problems = making.run.size(1000, 40);
    options.dev_problems = making.run.size(100, 10);
    train_small(options, own, train::distil);
}

struct Kind {
    std::string_view stage, from, what; // from: of which it is made; empty: of the tuned model
    void (*make)(const Making& making);
};
constexpr Kind kKinds[] = {
    {"sample", "", "the tuned model solves training problems", make_sample},
    {"rank", "sample", "a simulated person ranks its solutions", make_rank},
    {"label", "sample", "the verifier labels its solutions", make_label},
    {"reward", "rank", "a reward model learns from ranks", make_reward},
    {"dpo", "rank", "a policy learns from ranks", make_dpo},
    {"orm", "label", "an ORM learns outcomes", make_orm},
    {"prm", "label", "a PRM learns steps", make_prm},
    {"q", "", "Q learns from roll-outs", make_q},
    {"self-play", "", "a policy learns from its own right solutions", make_self_play},
    {"distil", "prm", "a policy learns what a search finds", make_distil},
};

// With all that they are made of.
std::vector<const Kind*> kinds_of(const LessonRun& run, std::span<const std::string_view> needs) {
    std::vector<std::string_view> wanted(needs.begin(), needs.end());
    for (size_t i = 0; i < wanted.size(); ++i)
        for (const Kind& kind : kKinds)
            if (kind.stage == wanted[i] && !kind.from.empty() && !run.has(std::string(kind.stage)))
                wanted.push_back(kind.from);
    std::vector<const Kind*> found;
    for (const Kind& kind : kKinds)
        if (std::find(wanted.begin(), wanted.end(), kind.stage) != wanted.end() &&
            !run.has(std::string(kind.stage)))
            found.push_back(&kind);
    return found;
}

} // namespace

std::vector<std::string> lacking(const LessonRun& run, std::span<const std::string_view> needs) {
    std::vector<std::string> names;
    for (const Kind* kind : kinds_of(run, needs)) names.emplace_back(kind->stage);
    return names;
}

void make_lacking(LessonRun& run, std::span<const std::string_view> needs) {
    run.require("sft");
    const auto all = kinds_of(run, needs);
    for (size_t i = 0; i < all.size(); ++i) {
        const auto share = [&](size_t k) {
            return static_cast<double>(k) / static_cast<double>(all.size());
        };
        all[i]->make({run, share(i), share(i + 1), std::string(all[i]->what)});
        run.models().forget(run.stage(std::string(all[i]->stage)));
    }
}

} // namespace qstar::eval::lessons
