#pragma once
// What stands behind the addresses of the page, /TOKEN/...
//
//   GET  /                      the page, and its files: style.css, main.js, ...
//   GET  /api/run               {"run", "world", "methods", "scorers", "examples"}
//   GET  /api/search?problem=   a search as server-sent events (live_search.h)
//   GET  /api/rank, /api/label  the next question to a person (people.h)
//   POST /api/rank, /api/label  an answer, or undo; gives the next question
//   GET  /api/puzzles, /api/puzzle   puzzles, and a solution (puzzle.h)
//   GET  /api/reward            whose ranks there are (retrain.h)
//   POST /api/reward            trains on them; server-sent events
//   GET  /api/lessons           the ten lessons, and how far one is (lesson_desk.h)
//   GET  /api/lesson?number=    one of them as it stands; POST /api/lesson a reply
//   GET  /api/lesson-run?number=  its experiment; server-sent events
//   GET  /api/judge             what was kept for the judges (judge_desk.h)
//   POST /api/judge             what they say of a solution, or keeps it
//   GET  /api/judge-train       trains on what was kept; server-sent events
//
// A wrong request gets {"error": SENTENCE} and a status of 400 or more.

#include "eval/serve/http.h"
#include "eval/serve/judge_desk.h"
#include "eval/serve/lesson_desk.h"
#include "eval/serve/people.h"
#include "eval/serve/run_models.h"

#include <atomic>
#include <string>
#include <vector>

namespace qstar::eval {

class Site {
  public:
    // Error if the run cannot be served. `puzzles`: run of the puzzles' networks; empty: the same.
    Site(const std::string& run, uint64_t seed, const std::string& puzzles = "");

    HttpReply answer(const HttpRequest& request); // safe from any thread

  private:
    HttpReply get(const HttpRequest& request);
    HttpReply post(const HttpRequest& request);
    HttpReply run_json() const;
    HttpReply search(const HttpRequest& request);
    HttpReply puzzle(const HttpRequest& request);
    HttpReply learn(const HttpRequest& request);
    HttpReply lesson_run(const HttpRequest& request);
    HttpReply judge_train();

    RunModels models_;
    std::string puzzles_;
    std::vector<std::string> examples_; // problems that nothing was trained on
    RankDesk ranks_;
    LabelDesk labels_;
    LessonDesk lessons_{models_};
    JudgeDesk judges_{models_};
    std::atomic<int> searches_ = 0, trainings_ = 0; // that are running
};

} // namespace qstar::eval
