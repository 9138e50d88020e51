#pragma once
// The ten lessons on the page: the same files as `qstar lesson`, the same notes in RUN/lessons.
//
//   LESSON   {"number", "title", "minutes", "phase", "step", "sections": [{"title", "html"}, ...],
//             "asked": {"html", "choices": [{"key", "label"}], "how", "words"} or null}
//            phase "missing": the run lacks a stage of this lesson, which "said" names
//   event: progress {"share", "what"}
//   event: done     LESSON
//
// A reply says by its "step" to which question it belongs, as in people.h.

#include "engine/text/json.h"
#include "eval/lessons/sitting.h"
#include "eval/serve/http.h"
#include "eval/serve/run_models.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace qstar::eval {

class LessonDesk {
  public:
    explicit LessonDesk(RunModels& models) : models_(models) {}

    Json list(); // {"lessons": [{"number", "title", "minutes", "progress"}]}
    Json state(const std::string& number);
    // {"number": 1, "step": 0, "reply": "40"} or {"number": 1, "again": true}. Gives a LESSON with
    // what is said to the reply in "said".
    Json reply(const std::string& body);
    // The experiment; a client that leaves ends it, and a training goes on when it is asked again.
    void examine(const std::string& number, EventStream& events);

  private:
    lessons::Sitting& sitting(int64_t number);
    Json json(lessons::Sitting& sitting) const;

    RunModels& models_;
    std::mutex mutex_;
    std::unique_ptr<lessons::LessonRun> run_;
    std::map<int64_t, lessons::Sitting> sittings_;
};

} // namespace qstar::eval
