#include "eval/demo/world_demo.h"

#include "eval/demo/demo_stages.h"
#include "eval/report/report.h"
#include "eval/studies/ladder.h"
#include "train/annotation/label.h"
#include "train/data/corpus.h"
#include "train/data/sample.h"
#include "train/q_learning/q.h"
#include "train/supervised/orm.h"
#include "train/supervised/pretrain.h"
#include "train/supervised/prm.h"
#include "train/supervised/sft.h"

#include <chrono>
#include <fmt/core.h>
#include <string>

namespace qstar::eval {

void world_demo(const DemoOptions& options) {
    const auto begin = std::chrono::steady_clock::now();
    const bool quick = options.quick, all = options.full;
    StageTimes times(options);
    const auto say = [&](const char* stage, const char* what) { times.next(stage, what); };

    say("corpus", "what a class hands in: many bad solvers, few good ones");
    auto corpus = of<train::CorpusOptions>(options);
    corpus.world = options.world;
    corpus.tokens = quick ? 300'000 : all ? 14'000'000 : 5'000'000;
    train::corpus(corpus);

    say("pretrain", "next-token prediction learns all of it, the mistakes included");
    auto pretrain = of<train::PretrainOptions>(options);
    pretrain.context = 512; // stories are long
    pretrain.layers = quick ? 2 : 4;
    pretrain.width = quick ? 64 : 128;
    pretrain.loop.batch = 4;
    pretrain.steps = quick ? 100 : all ? 0 : 2000;
    train::pretrain(pretrain);

    say("sft", "fine-tuning on a small set, picked by its answers");
    train::sft(of<train::SftOptions>(options));

    say("sample", "the tuned model solves training problems, several times each");
    auto sample = of<train::SampleOptions>(options);
    sample.problems = quick ? 200 : all ? 20'000 : 4000;
    train::sample(sample);

    say("label", "the verifier in the place of people: outcomes, and steps up to the first error");
    train::label(of<train::LabelOptions>(options));

    say("orm", "outcome reward model: is the answer right?");
    train::orm(of<train::OrmOptions>(options));

    say("prm", "process reward model: is this step right?");
    train::prm(of<train::PrmOptions>(options));

    say("q", "Q-values of steps, by fitted Q iteration on the policy's own roll-outs");
    auto q = of<train::QOptions>(options);
    q.problems = quick ? 60 : 500;
    train::q(q);

    say("ladder", "held-out problems, every method at the same budget of tokens");
    auto settings = of<LadderOptions>(options);
    settings.problems = quick ? 40 : 300;
    settings.budgets = {600, 1200};
    ladder(settings);

    times.end(); // the page shows times.json as it is now
    eval::say("report", "one page that shows all of it");
    auto shown = of<MeasureOptions>(options);
    if (quick) shown.problems = 20;
    const std::string page = report(shown);

    say_end(options, begin);
    fmt::print("Its report: {}\n", page);
}

} // namespace qstar::eval
