#pragma once
// A person at the page: ranks and labels, in the files that the terminal's tools write.
//
// What is shown and written is what `qstar train rank --annotator me --name rank-me` and
// `qstar train label --annotator me --name label-me` show and write: either can go on where the
// other has stopped. Each answer is on the disk before the next question is asked, in
// RUN/rank-me/ranks.jsonl; a label in RUN/label-me/partial/answers.jsonl, and with the last
// one of its solution in RUN/label-me/steps.jsonl and outcomes.jsonl.
//
// Functions named answer() take the body of a request and give the next state. An answer says
// to which question it belongs, so that one that comes twice, or from an old window, is
// refused and does not answer another question.

#include "engine/text/json.h"
#include "train/annotation/label.h"
#include "train/annotation/rank.h"

#include <mutex>
#include <optional>
#include <string>

namespace qstar::eval {

class RankDesk {
  public:
    explicit RankDesk(const std::string& run);
    // {"file", "number", "of", "finished", "problem", "outputs": [[step, ...], ...]}
    Json state();
    // {"number": 0, "places": [2, 1, 3]} (train/data/ranks.h), or {"undo": true}
    Json answer(const std::string& body);

  private:
    void look(); // reads what there is by now
    Json json() const;

    std::mutex mutex_;
    train::RankOptions options_;
    std::optional<train::RankSession> session_;
};

class LabelDesk {
  public:
    explicit LabelDesk(const std::string& run);
    // {"file", "number", "of", "finished", "problem", "steps": [...], "labels": [1, 0, ...]}
    Json state();
    // {"number": 0, "step": 1, "label": -1}, or {"undo": true}
    Json answer(const std::string& body);

  private:
    void look();
    Json json() const;

    std::mutex mutex_;
    train::LabelOptions options_;
    std::optional<train::LabelSession> session_;
};

} // namespace qstar::eval
