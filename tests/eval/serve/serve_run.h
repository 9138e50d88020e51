#pragma once
// A run that is made in a second or two: it has learned next to nothing, but it has models,
// samples, ranks and a PRM. And a client that listens to events without a network.

#include "eval/serve/http.h"
#include "tests/eval/tiny_pipeline.h"
#include "tests/train/quiet.h"
#include "train/annotation/label.h"
#include "train/annotation/rank.h"
#include "train/supervised/prm.h"

#include <string>
#include <utility>
#include <vector>

namespace qstar::tests {

inline void make_serve_run(const std::string& run) {
    tiny_sampled(run, 120);
    train::rank(quiet<train::RankOptions>(run));
    train::label(quiet<train::LabelOptions>(run));
    auto prm = quiet<train::PrmOptions>(run);
    prm.reward.epochs = 1;
    train::prm(prm);
}

inline void copy_serve_run(const std::string& to) {
    static const MadeOnce run(make_serve_run);
    run.copy_to(to);
}

struct Listener : eval::EventStream {
    std::vector<std::pair<std::string, std::string>> heard;
    size_t leaves_after = 1'000'000; // events

    bool send(std::string_view event, std::string_view data) override {
        heard.emplace_back(event, data);
        return open();
    }
    bool open() override { return heard.size() < leaves_after; }
};

} // namespace qstar::tests
