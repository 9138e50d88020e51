#pragma once
// A whole road in a second or two, for tests that need a run: it learns next to nothing, but
// all files are there.

#include "train/label.h"
#include "train/orm.h"
#include "train/pretrain.h"
#include "train/prm.h"
#include "train/sample.h"
#include "train/sft.h"

#include <string>

template <class Options>
Options tiny(const std::string& run) {
    Options options;
    options.run = run;
    options.quiet = true;
    return options;
}

inline void tiny_road(const std::string& run) {
    using namespace qstar;
    auto corpus = tiny<train::CorpusOptions>(run);
    corpus.tokens = 20'000;
    corpus.curated = 16;
    train::corpus(corpus);
    auto pretrain = tiny<train::PretrainOptions>(run);
    pretrain.layers = 1;
    pretrain.width = 32;
    pretrain.heads = 2;
    pretrain.steps = 60;
    pretrain.lr = 5e-3;
    pretrain.val_every = 0;
    train::pretrain(pretrain);
    auto sft = tiny<train::SftOptions>(run);
    sft.epochs = 1;
    train::sft(sft);
    auto sample = tiny<train::SampleOptions>(run);
    sample.problems = 40;
    sample.samples = 8;
    train::sample(sample);
    train::label(tiny<train::LabelOptions>(run));
    auto orm = tiny<train::OrmOptions>(run);
    orm.epochs = 1;
    train::orm(orm);
    auto prm = tiny<train::PrmOptions>(run);
    prm.epochs = 1;
    train::prm(prm);
}
