#include "eval/serve/judge_desk.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/text/json_parse.h"
#include "engine/text/jsonl.h"
#include "eval/lessons/experiments/lacking.h"
#include "eval/measure/pool.h"
#include "eval/studies/best_of_n.h"
#include "search/models/gpt_scorer.h"
#include "search/worlds/problems.h"
#include "train/data/labels.h"
#include "train/data/problem_source.h"
#include "train/data/worlds/split.h"
#include "train/supervised/orm.h"

#include <algorithm>
#include <exception>
#include <functional>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace qstar::eval {

namespace {

constexpr size_t kMostSteps = 24, kMostLine = 200, kMostKept = 200;
constexpr size_t kOutcomesLearned = 2000; // of the run's, by both
constexpr size_t kMostSearched = 3000, kMostFound = 20;
constexpr int kCopies = 8; // of each kept solution
constexpr int64_t kCurveProblems = 60, kCurveSamples = 32;

struct ClientGone : std::exception {};

std::string negatives_file(const std::string& run) {
    return join_path(join_path(run, "lessons"), "negatives.jsonl");
}

std::vector<train::SampledSolution> negatives_of(const std::string& run) {
    const std::string file = negatives_file(run);
    return exists(file) ? train::read_solutions(file) : std::vector<train::SampledSolution>();
}

struct Asked {
    search::Path path;
    bool keep = false;
};
Asked asked_of(const JsonLine& request, const search::World& world) {
    Asked asked;
    const std::string problem = string_field(request, "problem");
    if (problem.size() > 600) fail("expected a problem of at most 600 characters");
    asked.path.problem = search::read_problem(world, problem).problem;
    asked.path.steps = strings_field(request, "steps");
    asked.path.finished = bool_field(request, "finished") && !asked.path.steps.empty();
    asked.keep = has_field(request, "keep") && bool_field(request, "keep");
    if (asked.path.steps.size() > kMostSteps)
        fail("expected at most {} steps, found {}", kMostSteps, asked.path.steps.size());
    for (const std::string& step : asked.path.steps)
        if (step.empty() || step.size() > kMostLine)
            fail("expected steps of 1 to {} characters", kMostLine);
    return asked;
}

// The verifier's labels, up to and with the first error.
Json verifier_labels(const search::World& world, const search::Path& path) {
    Json labels = Json::array();
    search::Path before{path.problem, {}, false};
    for (size_t i = 0; i < path.steps.size(); ++i) {
        const search::Label label =
            world.check_step(before, path.steps[i], path.finished && i + 1 == path.steps.size());
        labels.push_back(label == search::Label::wrong     ? "wrong"
                         : label == search::Label::neutral ? "neutral"
                                                           : "right");
        if (label == search::Label::wrong) break;
        before.steps.push_back(path.steps[i]);
    }
    return labels;
}

std::vector<std::string> judges(const RunModels& models) {
    std::vector<std::string> found;
    for (const std::string& name : models.scorers())
        if (name == "orm" || name == "prm" || name == "q") found.push_back(name);
    return found;
}

// The model's file. Made anew where it was made of other outcomes.
std::string learn(const std::string& run, const std::string& folder,
                  const std::vector<train::OutcomeLabel>& labels,
                  const std::function<void(int64_t, int64_t)>& told) {
    std::vector<Json> lines;
    for (const train::OutcomeLabel& label : labels) lines.push_back(json_of(label));
    const std::string file = join_path(join_path(run, "lessons"), "judge-" + folder + ".jsonl");
    write_jsonl(file, lines);
    train::OrmOptions options;
    options.reward.stage.run = run;
    options.reward.stage.study = "lessons/" + folder;
    options.reward.stage.quiet = true;
    options.reward.stage.skip_bad = true; // a sample may be longer than the context
    options.reward.labels = file;
    options.reward.loop.optimizer = "muon";
    options.reward.loop.muon_lr = 0.01;
    options.reward.loop.warmup = 10;
    options.reward.loop.save_every = 10;
    options.reward.epochs = 2;
    options.reward.loop.each_step = [&](int64_t step, int64_t steps, const train::Metrics&) {
        told(step, steps);
    };
    lessons::train_small<train::OrmOptions>(
        options, [](train::OrmOptions& o) -> train::StageOptions& { return o.reward.stage; },
        train::orm);
    return train::stage_file(run, "lessons/" + folder + "/orm", "model.safetensors");
}

} // namespace

Json JudgeDesk::kept() {
    const auto negatives = negatives_of(models_.run());
    std::vector<search::Path> paths;
    for (const auto& one : negatives) paths.push_back({one.problem, one.steps, one.finished});
    std::vector<Json> rows;
    for (const search::Path& path : paths)
        rows.push_back({{"problem", path.problem},
                        {"solution", lessons::in_words(path.steps)},
                        {"right", models_.world().answer(path.problem)}});
    for (const std::string& name : judges(models_)) {
        search::Scorer& scorer = *models_.models().scorer(name);
        const auto scores = scorer.score(paths);
        const search::Aggregate how = search::aggregate_for(models_.reading(name));
        for (size_t i = 0; i < rows.size(); ++i)
            rows[i][name] = search::aggregate(how, scores[i].steps);
    }
    const auto merit = [](const Json& row) { return row.value("orm", row.value("prm", 0.0)); };
    std::stable_sort(rows.begin(), rows.end(),
                     [&](const Json& a, const Json& b) { return merit(a) > merit(b); });
    return rows;
}

// Each once.
void JudgeDesk::keep(const std::vector<train::SampledSolution>& solutions) {
    auto all = negatives_of(models_.run());
    for (const train::SampledSolution& one : solutions) {
        const bool is_new = std::none_of(all.begin(), all.end(), [&](const auto& other) {
            return other.problem == one.problem && other.steps == one.steps;
        });
        if (!is_new) continue;
        if (all.size() >= kMostKept) fail("{} solutions are kept: enough", kMostKept);
        all.push_back(one);
    }
    std::vector<Json> lines;
    for (const auto& one : all) lines.push_back(json_of(one));
    make_folders(join_path(models_.run(), "lessons"));
    write_jsonl(negatives_file(models_.run()), lines);
}

void JudgeDesk::find() {
    const std::string& run = models_.run();
    train::require(run, "orm", train::model_path(run, "orm"));
    train::require(run, "label", train::stage_file(run, "label", "outcomes.jsonl"));
    const auto labels = train::read_outcomes(train::stage_file(run, "label", "outcomes.jsonl"));
    // Those that both would learn from anyway come last.
    const size_t first = labels.size() > kOutcomesLearned ? kOutcomesLearned : 0;
    std::vector<search::Path> paths;
    for (size_t i = first; i < labels.size() && paths.size() < kMostSearched; ++i)
        if (!labels[i].right) paths.push_back({labels[i].problem, labels[i].steps, true});
    const auto scores = models_.models().scorer("orm")->score(paths);
    std::vector<size_t> order(paths.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
        return scores[a].steps.back() > scores[b].steps.back();
    });
    std::vector<train::SampledSolution> found;
    for (size_t i = 0; i < order.size() && i < kMostFound; ++i)
        found.push_back({paths[order[i]].problem, paths[order[i]].steps, true});
    keep(found);
}

Json JudgeDesk::state() {
    const std::lock_guard lock(mutex_);
    const std::lock_guard turn(models_.turn);
    const auto source = train::problem_source_of(models_.run());
    Random random(models_.seed(), "judges/problem");
    random.counter = 8 * negatives_of(models_.run()).size();
    return {{"problem", source.draw(train::Split::train, random)},
            {"judges", judges(models_)},
            {"kept", kept()}};
}

Json JudgeDesk::answer(const std::string& body) {
    try {
        return answer_to(body);
    } catch (const Error& error) {
        return {{"error", error.what()}};
    }
}

Json JudgeDesk::answer_to(const std::string& body) {
    const JsonLine request{parse_json(body, "the request"), "the request"};
    if (!request.value.is_object()) fail("the request: expected a JSON object");
    if (has_field(request, "find") && bool_field(request, "find")) {
        const std::lock_guard lock(mutex_);
        const std::lock_guard turn(models_.turn);
        find();
        return {{"kept", kept()}};
    }
    const Asked asked = asked_of(request, models_.world());
    const search::Path& path = asked.path;
    const std::lock_guard lock(mutex_);
    const std::lock_guard turn(models_.turn);
    const bool solved = path.finished && models_.world().solved(path);
    if (asked.keep) {
        if (!path.finished) fail("only a solution with an answer can be kept");
        if (solved) fail("this solution is right: a hard negative is wrong and convincing");
        if (train::held_out(path.problem) || train::any_held_out(path.steps))
            fail("this problem, or one of these lines, is held out to measure by, and nothing may "
                 "learn from it: take another one");
        keep({{path.problem, path.steps, true}});
        return {{"kept", kept()}};
    }
    Json scores = Json::object();
    for (const std::string& name : judges(models_))
        scores[name] = path.steps.empty()
                           ? Json::array()
                           : Json(models_.models().scorer(name)->score({&path, 1})[0].steps);
    return {
        {"scores", scores}, {"labels", verifier_labels(models_.world(), path)}, {"solved", solved}};
}

void JudgeDesk::train(EventStream& events) {
    const std::string& run = models_.run();
    const auto negatives = negatives_of(run);
    if (negatives.empty()) fail("nothing is kept yet: keep wrong solutions that convince");
    const std::lock_guard lock(mutex_);
    const std::lock_guard turn(models_.turn);
    const auto tell = [&](double share, const std::string& what) {
        if (!events.send("progress", json_text({{"share", share}, {"what", what}})))
            throw ClientGone();
    };
    train::require(run, "orm", train::model_path(run, "orm"));
    train::require(run, "label", train::stage_file(run, "label", "outcomes.jsonl"));
    try {
        auto labels = train::read_outcomes(train::stage_file(run, "label", "outcomes.jsonl"));
        if (labels.size() > kOutcomesLearned) labels.resize(kOutcomesLearned);
        const size_t plain = labels.size();
        std::vector<train::OutcomeLabel> hard = labels;
        for (int copy = 0; copy < kCopies; ++copy)
            for (const auto& one : negatives) hard.push_back({one.problem, one.steps, false});
        const auto learned = [&](const char* who, double from) {
            return [&tell, who, from](int64_t step, int64_t steps) {
                tell(from + 0.35 * static_cast<double>(step) / static_cast<double>(steps),
                     std::string("an ORM learns ") + who);
            };
        };
        tell(0, "");
        const std::string before =
            learn(run, "before", labels, learned("without what you kept", 0));
        const std::string after = learn(run, "after", hard, learned("with what you kept", 0.35));
        tell(0.7, "solutions are drawn");
        PoolOptions options;
        options.run = run;
        options.seed = models_.seed();
        options.problems = kCurveProblems;
        options.samples = kCurveSamples;
        options.scorers = {"orm"};
        options.quiet = true;
        std::vector<Pool> pools = draw_pools(options);
        const tokenizer::Tokenizer tokenizer = train::load_tokenizer(run);
        const std::vector<int64_t> sizes{1, 2, 4, 8, 16, 32};
        const Chooser best{"ORM", Chooser::Rule::best, 0, search::Aggregate::last};
        std::vector<search::Path> paths;
        for (const auto& one : negatives) paths.push_back({one.problem, one.steps, true});
        Json done{{"sizes", sizes}, {"outcomes", plain}, {"problems", pools.size()}};
        std::vector<Json> kept;
        for (const auto& one : negatives)
            kept.push_back({{"solution", one.problem + ": " + lessons::in_words(one.steps)}});
        for (const auto& [name, file] :
             {std::pair(std::string("before"), before), std::pair(std::string("after"), after)}) {
            const engine::Gpt model = train::load_model(file);
            search::GptScorer scorer(model, tokenizer);
            for (Pool& pool : pools)
                for (PoolSample& sample : pool.samples)
                    if (sample.path.finished)
                        sample.scores = {scorer.score({&sample.path, 1})[0].steps};
            Json means = Json::array();
            for (const CurvePoint& point : curve_of(pools, {&best, 1}, sizes, 200, options.seed))
                means.push_back(point.mean);
            done[name] = means;
            const auto scores = scorer.score(paths);
            for (size_t i = 0; i < kept.size(); ++i) kept[i][name] = scores[i].steps.back();
            tell(name == "before" ? 0.85 : 1, "both choose among N");
        }
        done["kept"] = kept;
        events.send("done", json_text(done));
    } catch (const ClientGone&) { // it goes on when it is asked again
    }
}

} // namespace qstar::eval
