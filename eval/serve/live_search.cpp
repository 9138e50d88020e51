#include "eval/serve/live_search.h"

#include "engine/base/error.h"
#include "engine/text/json.h"
#include "engine/text/jsonl.h"
#include "engine/text/real.h"
#include "search/models/class_range.h"
#include "search/results.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

namespace qstar::eval {

namespace {

using search::Path;

constexpr size_t kMostProblem = 600; // characters
constexpr size_t kMostNodes = 3000;  // told of

struct Left : std::exception {}; // the client, while we solved

// Between a method and the models: passes on, and tells.
class Watched : public search::Proposer, public search::Scorer {
    // One call of the models, when it is our turn.
    template <class Call>
    auto call(const Call& make) const {
        if (!events_.open()) throw Left();
        const std::lock_guard turn(models_.turn);
        return make(models_.models());
    }

  public:
    Watched(RunModels& models, const std::string& scorer, EventStream& events)
        : models_(models), scorer_(scorer), events_(events) {}

    std::vector<search::Proposals>
    propose(std::span<const search::ProposeRequest> requests) override {
        auto all = call(
            [&](search::StageModels& models) { return models.policy("sft").propose(requests); });
        Json grow = nothing();
        for (size_t i = 0; i < requests.size(); ++i) {
            const int parent = node_of(requests[i].path, grow);
            grow["expanded"].push_back(parent);
            tokens_ += all[i].tokens;
            for (const search::Proposal& step : all[i].steps)
                add(parent, step.text, step.final, step.log_prob, step.count, grow);
        }
        tell(grow);
        return all;
    }
    std::vector<std::vector<search::Solution>>
    complete(std::span<const search::ProposeRequest> requests) override {
        auto all = call(
            [&](search::StageModels& models) { return models.policy("sft").complete(requests); });
        Json grow = nothing();
        for (const auto& solutions : all)
            for (const search::Solution& solution : solutions) {
                tokens_ += solution.tokens;
                const Path& path = solution.path;
                int at = 0;
                for (size_t i = 0; i < path.steps.size(); ++i) {
                    grow["expanded"].push_back(at);
                    const bool final = path.finished && i + 1 == path.steps.size();
                    at = add(at, path.steps[i], final, solution.log_probs[i], 1, grow);
                }
            }
        tell(grow);
        return all;
    }
    std::vector<search::Scores> score(std::span<const Path> paths) override {
        auto all =
            call([&](search::StageModels& models) { return models.scorer(scorer_)->score(paths); });
        Json grow = nothing();
        for (size_t i = 0; i < paths.size(); ++i) {
            tokens_ += all[i].tokens;
            add_scores(paths[i], all[i].steps, grow);
        }
        tell(grow);
        return all;
    }

    int64_t prefix_tokens(const Path& path) const override {
        return call(
            [&](search::StageModels& models) { return models.policy("sft").prefix_tokens(path); });
    }
    int64_t score_tokens(const Path& path) const override {
        return call([&](search::StageModels& models) {
            return models.scorer(scorer_)->score_tokens(path);
        });
    }
    search::Reading reading() const override {
        return call([&](search::StageModels& models) { return models.scorer(scorer_)->reading(); });
    }

    // The scorer's view of a solution by a method that did not ask it: shown, not counted.
    std::vector<float> look_at(const Path& path) {
        auto scores = call([&](search::StageModels& models) {
            return models.scorer(scorer_)->score({&path, 1});
        });
        Json grow = nothing();
        add_scores(path, scores[0].steps, grow);
        tell(grow);
        return scores[0].steps;
    }
    // The nodes along a path, as far as they were told of.
    Json ids_of(const Path& path) const {
        Json ids = Json::array({0});
        int at = 0;
        for (size_t i = 0; i < path.steps.size(); ++i) {
            const bool final = path.finished && i + 1 == path.steps.size();
            const auto child = nodes_.find({at, path.steps[i], final});
            if (child == nodes_.end()) break;
            ids.push_back(at = child->second);
        }
        return ids;
    }

  private:
    using Step = std::tuple<int, std::string, bool>; // parent, text, final

    static Json nothing() {
        return {{"tokens", 0},
                {"expanded", Json::array()},
                {"nodes", Json::array()},
                {"scores", Json::array()}};
    }
    void tell(Json& grow) {
        grow["tokens"] = tokens_;
        if (hidden_ > 0) grow["hidden"] = hidden_;
        if (!events_.send("grow", json_text(grow))) throw Left();
    }
    int add(int parent, const std::string& text, bool final, float log_prob, int count,
            Json& grow) {
        const auto [at, is_new] =
            nodes_.try_emplace({parent, text, final}, static_cast<int>(nodes_.size()) + 1);
        if (is_new && nodes_.size() > kMostNodes) {
            ++hidden_;
            return at->second;
        }
        Json node{{"id", at->second}, {"count", count}};
        if (is_new) {
            node["parent"] = parent;
            node["text"] = text;
            node["final"] = final;
            node["log_prob"] = log_prob;
        }
        grow["nodes"].push_back(node);
        return at->second;
    }
    int node_of(const Path& path, Json& grow) {
        int at = 0;
        for (const std::string& step : path.steps) {
            const auto child = nodes_.find({at, step, false});
            at = child != nodes_.end() ? child->second : add(at, step, false, 0, 0, grow);
        }
        return at;
    }
    void add_scores(const Path& path, const std::vector<float>& scores, Json& grow) {
        const Json ids = ids_of(path);
        for (size_t i = 0; i < scores.size() && i + 1 < ids.size(); ++i) {
            const int id = ids[i + 1].get<int>();
            const auto [known, is_new] = scores_.try_emplace(id, scores[i]);
            if (!is_new && known->second == scores[i]) continue;
            known->second = scores[i];
            if (static_cast<size_t>(id) <= kMostNodes)
                grow["scores"].push_back(Json::array({id, scores[i]}));
        }
    }

    RunModels& models_;
    const std::string& scorer_;
    EventStream& events_;
    std::map<Step, int> nodes_;
    std::map<int, float> scores_;
    int64_t tokens_ = 0, hidden_ = 0;
};

template <class Number>
void read_number(const std::map<std::string, std::string>& query, const char* name, double low,
                 double high, Number& number) {
    const auto given = query.find(name);
    if (given == query.end()) return;
    const std::string& text = given->second;
    Number value{};
    bool read = false;
    if constexpr (std::is_floating_point_v<Number>) {
        read = read_real(text, value);
    } else {
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        read = error == std::errc() && end == text.data() + text.size();
    }
    if (!read || !(static_cast<double>(value) >= low && static_cast<double>(value) <= high))
        fail("{}: expected a number from {} to {}, found \"{}\"", name, low, high,
             text.substr(0, 40));
    number = value;
}

std::string field(const std::map<std::string, std::string>& query, const char* name,
                  const std::string& otherwise) {
    const auto given = query.find(name);
    return given == query.end() ? otherwise : given->second;
}

} // namespace

SearchRequest search_request(const std::map<std::string, std::string>& query,
                             const RunModels& models) {
    SearchRequest asked;
    const std::string problem = field(query, "problem", "");
    if (problem.size() > kMostProblem)
        fail("expected a problem of at most {} characters, found {}", kMostProblem, problem.size());
    asked.problem = search::read_problem(models.world(), problem).problem;
    asked.method = search::method_named(field(query, "method", "astar"));
    asked.scorer = field(query, "scorer", "none");
    const auto scorers = models.scorers();
    if (asked.scorer != "none" &&
        std::find(scorers.begin(), scorers.end(), asked.scorer) == scorers.end())
        fail("the run has no reward model \"{}\"", asked.scorer.substr(0, 40));
    if (search::needs_scorer(asked.method, models.world().public_goal()) && asked.scorer == "none")
        fail("the method {} needs a reward model to choose by", search::name_of(asked.method));
    search::Options& options = asked.options;
    options.budget = 600;
    read_number(query, "budget", 1, 20'000, options.budget);
    read_number(query, "samples", 1, 256, options.shared.samples);
    read_number(query, "proposals", 1, 32, options.proposals);
    read_number(query, "width", 1, 32, options.shared.width);
    read_number(query, "weight", 0, 100, options.shared.weight);
    std::optional<search::Aggregate> aggregate;
    if (asked.scorer != "none") aggregate = search::aggregate_for(models.reading(asked.scorer));
    search::set_defaults(options, models.world(), asked.method, nullptr, aggregate);
    return asked;
}

void search_live(RunModels& models, const SearchRequest& asked, EventStream& events) {
    try {
        const auto known = search::class_range(models.run(), models.world());
        events.send("begin", json_text({{"problem", asked.problem},
                                        {"method", search::name_of(asked.method)},
                                        {"scorer", asked.scorer},
                                        {"budget", asked.options.budget},
                                        {"beyond", search::beyond_class(known, asked.problem)}}));
        Watched watched(models, asked.scorer, events);
        search::Scorer* scorer = asked.scorer == "none" ? nullptr : &watched;
        search::Result result = search::solve({&asked.problem, 1}, asked.method, watched, scorer,
                                              asked.options, {}, 1)[0];
        const Path path{asked.problem, result.steps, result.finished};
        if (scorer != nullptr && result.step_scores.empty() && !path.steps.empty())
            result.step_scores = watched.look_at(path);
        const search::ProblemLine line{asked.problem, asked.problem};
        Json done = search::result_json(models.world(), line, result);
        done["path"] = watched.ids_of(path);
        events.send("done", json_text(done));
    } catch (const Left&) { // nobody is there to be told
    }
}

} // namespace qstar::eval
