#pragma once
// A whole pipeline in a second or two, for tests that need a run: it learns next to nothing, but
// all files are there.

#include "tests/temporary.h"
#include "tests/train/quiet.h"
#include "tests/train/small_class.h"
#include "train/annotation/label.h"
#include "train/data/sample.h"
#include "train/supervised/orm.h"
#include "train/supervised/pretrain.h"
#include "train/supervised/prm.h"
#include "train/supervised/sft.h"

#include <filesystem>
#include <string>

// A corpus and a model that was pre-trained on it.
inline void tiny_pretrained(const std::string& run) {
    using namespace qstar;
    auto corpus = quiet<train::CorpusOptions>(run);
    train::make_small(corpus);
    corpus.tokens = 20'000;
    corpus.curated = 16;
    train::corpus(corpus);
    auto pretrain = quiet<train::PretrainOptions>(run);
    pretrain.layers = 1;
    pretrain.width = 32;
    pretrain.heads = 2;
    pretrain.steps = 60;
    pretrain.loop.lr = 5e-3;
    pretrain.val_every = 0;
    train::pretrain(pretrain);
}

// That, tuned, and 8 samples of each problem.
inline void tiny_sampled(const std::string& run, int64_t problems) {
    using namespace qstar;
    tiny_pretrained(run);
    auto sft = quiet<train::SftOptions>(run);
    sft.epochs = 1;
    train::sft(sft);
    auto sample = quiet<train::SampleOptions>(run);
    sample.problems = problems;
    sample.samples = 8;
    train::sample(sample);
}

inline void make_tiny_pipeline(const std::string& run) {
    using namespace qstar;
    tiny_sampled(run, 40);
    train::label(quiet<train::LabelOptions>(run));
    auto orm = quiet<train::OrmOptions>(run);
    orm.reward.epochs = 1;
    train::orm(orm);
    auto prm = quiet<train::PrmOptions>(run);
    prm.reward.epochs = 1;
    train::prm(prm);
}

// A run that is made once in a program, for tests that change copies of it.
struct MadeOnce : Temporary {
    explicit MadeOnce(void (*make)(const std::string& run)) { make(path); }
    void copy_to(const std::string& run) const {
        std::filesystem::copy(path, run, std::filesystem::copy_options::recursive);
    }
};

inline void tiny_pipeline(const std::string& run) {
    static const MadeOnce pipeline(make_tiny_pipeline);
    pipeline.copy_to(run);
}
