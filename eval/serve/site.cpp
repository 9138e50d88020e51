#include "eval/serve/site.h"

#include "engine/base/error.h"
#include "engine/text/json.h"
#include "engine/text/jsonl.h"
#include "eval/serve/live_search.h"
#include "eval/serve/page.h"
#include "eval/serve/puzzle.h"
#include "eval/serve/retrain.h"
#include "train/data/problem_source.h"

#include <fmt/core.h>

namespace qstar::eval {

namespace {

constexpr int kMostSearches = 4; // at once
constexpr int kMostTrainings = 1;

// One more of something that is going on, while it lives; one that is too many is refused,
// and does not wait.
struct Running {
    std::atomic<int>& count;
    Running(std::atomic<int>& counted, int most, const char* what) : count(counted) {
        if (count++ < most) return;
        --count;
        fail("{} already: wait for {} to end", what, most == 1 ? "it" : "one of them");
    }
    ~Running() { --count; }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
};

HttpReply ok(const Json& value) { return {200, "application/json", json_text(value)}; }

HttpReply not_found() {
    return {404, "application/json", json_text({{"error", "there is nothing at this address"}})};
}

std::string_view type_of(std::string_view name) {
    if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
    if (name.ends_with(".css")) return "text/css; charset=utf-8";
    return "text/html; charset=utf-8";
}

std::string number_in(const HttpRequest& request) {
    const auto given = request.query.find("number");
    return given == request.query.end() ? "" : given->second;
}

} // namespace

Site::Site(const std::string& run, uint64_t seed, const std::string& puzzles)
    : models_(run, seed), puzzles_(puzzles.empty() ? run : puzzles),
      examples_(train::draw_problems(train::problem_source_of(run), train::Split::test, 12, seed)),
      ranks_(run), labels_(run) {}

HttpReply Site::answer(const HttpRequest& request) {
    return request.method == "GET" ? get(request) : post(request);
}

HttpReply Site::get(const HttpRequest& request) {
    if (request.path == "/api/run") return run_json();
    if (request.path == "/api/search") return search(request);
    if (request.path == "/api/rank") return ok(ranks_.state());
    if (request.path == "/api/label") return ok(labels_.state());
    if (request.path == "/api/puzzles") return ok(puzzles_json());
    if (request.path == "/api/puzzle") return puzzle(request);
    if (request.path == "/api/reward") return ok(reward_state(models_.run()));
    if (request.path == "/api/lessons") return ok(lessons_.list());
    if (request.path == "/api/lesson") return ok(lessons_.state(number_in(request)));
    if (request.path == "/api/lesson-run") return lesson_run(request);
    if (request.path == "/api/judge") return ok(judges_.state());
    if (request.path == "/api/judge-train") return judge_train();
    // A file is one of those in the program; no path of a request is ever opened.
    const std::string path = request.path == "/" ? "/index.html" : request.path;
    for (const EmbeddedFile& file : page_files())
        if (path == fmt::format("/{}", file.name))
            return {200, std::string(type_of(file.name)), std::string(file.text)};
    return not_found();
}

HttpReply Site::post(const HttpRequest& request) {
    if (request.path == "/api/rank") return ok(ranks_.answer(request.body));
    if (request.path == "/api/label") return ok(labels_.answer(request.body));
    if (request.path == "/api/reward") return learn(request);
    if (request.path == "/api/lesson") return ok(lessons_.reply(request.body));
    if (request.path == "/api/judge") return ok(judges_.answer(request.body));
    return not_found();
}

HttpReply Site::run_json() const {
    return ok({{"run", models_.run()},
               {"world", models_.world().name()},
               {"methods", {"greedy", "majority", "best-of-n", "beam", "mcts", "astar", "qstar"}},
               {"scorers", models_.scorers()},
               {"public_goal", models_.world().public_goal()},
               {"examples", examples_}});
}

HttpReply Site::search(const HttpRequest& request) {
    HttpReply reply;
    reply.events = [this, query = request.query](EventStream& events) {
        const SearchRequest asked = search_request(query, models_);
        const Running running(searches_, kMostSearches, "several searches are running");
        search_live(models_, asked, events);
    };
    return reply;
}

HttpReply Site::puzzle(const HttpRequest& request) {
    const Running running(searches_, kMostSearches, "several searches are running");
    return ok(solve_puzzle_json(puzzles_, request.query));
}

HttpReply Site::learn(const HttpRequest& request) {
    const RetrainRequest asked = retrain_request(request.body);
    HttpReply reply;
    reply.events = [this, asked](EventStream& events) {
        const Running running(trainings_, kMostTrainings, "a model is being trained");
        retrain(models_, asked, events);
    };
    return reply;
}

HttpReply Site::lesson_run(const HttpRequest& request) {
    HttpReply reply;
    reply.events = [this, number = number_in(request)](EventStream& events) {
        const Running running(trainings_, kMostTrainings, "a model is being trained");
        lessons_.examine(number, events);
    };
    return reply;
}

HttpReply Site::judge_train() {
    HttpReply reply;
    reply.events = [this](EventStream& events) {
        const Running running(trainings_, kMostTrainings, "a model is being trained");
        judges_.train(events);
    };
    return reply;
}

} // namespace qstar::eval
