#include "eval/report/data.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/text/joined.h"
#include "engine/text/json_parse.h"
#include "engine/text/jsonl.h"
#include "eval/claims/claim.h"
#include "eval/measure/demo_options.h"
#include "eval/measure/printed_command.h"
#include "eval/measure/study.h"
#include "eval/report/measure.h"
#include "eval/studies/best_of_n.h"
#include "eval/studies/curve.h"
#include "eval/studies/early_stop.h"
#include "eval/studies/first_error.h"
#include "eval/studies/game24.h"
#include "eval/studies/label_sources.h"
#include "eval/studies/ladder.h"
#include "eval/studies/policies.h"
#include "eval/studies/preference_win_rate.h"
#include "train/data/problem_source.h"
#include "train/run/run.h"

#include <algorithm>
#include <filesystem>
#include <fmt/core.h>
#include <map>

namespace qstar::eval {

namespace {

constexpr size_t kPointsOfACurve = 160;

// The pipeline, in its order, with the stages' folders as they are named by default.
const std::vector<std::string> pipeline = {"corpus",  "pretrain", "sft",       "sample", "rank",
                                           "reward",  "dpo",      "label",     "orm",    "prm",
                                           "rollout", "q",        "self-play", "star",   "distil"};

// What is worth a curve, of all that the stages log.
const std::vector<std::string> columns = {"loss",    "label_loss",      "val_loss", "val_accuracy",
                                          "val_auc", "reward_accuracy", "score",    "right",
                                          "kl",      "entropy",         "length"};

// The pipeline's stages, and whatever else the folder has a metrics file or a result of (a
// second GRPO, say), by name.
std::vector<std::string> stages_of(const std::string& run) {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(run)) {
        const std::string name = entry.path().filename().string();
        const bool other = name == "samples" || name == "labels" || name == "ranks" ||
                           std::find(pipeline.begin(), pipeline.end(), name) != pipeline.end();
        if (!other && entry.is_directory() && exists(join_path(entry.path(), "done.json")))
            found.push_back(name);
    }
    std::sort(found.begin(), found.end());
    std::vector<std::string> all = pipeline;
    all.insert(all.end(), found.begin(), found.end());
    return all;
}

// Names are texts; all else is a number, or a list of numbers.
bool fits(std::string_view field, const Json& value) {
    constexpr std::string_view kNames[] = {"method", "scorer", "policy", "learned_from",
                                           "labels_by"};
    if (std::find(std::begin(kNames), std::end(kNames), field) != std::end(kNames))
        return value.is_string();
    return value.is_number() ||
           (value.is_array() && std::all_of(value.begin(), value.end(),
                                            [](const Json& part) { return part.is_number(); }));
}

// Error, with the command that makes it anew, for a study whose rows are not today's.
void check_rows(const Json& study, const Source& source, const std::string& run) {
    const auto refuse = [&](const std::string& found) {
        fail("{}: expected {}, found {}: make it anew with `qstar {} --run {}`",
             join_path(run, fmt::format("{}.json", source.study)),
             source.fields.empty() ? "an object"
                                   : fmt::format("rows with {}", joined(source.fields, ", ")),
             found, source.command, run);
    };
    if (!study.is_object()) refuse("something else");
    if (source.fields.empty()) return;
    if (!study.contains("rows") || !study.at("rows").is_array()) refuse("no rows");
    for (const Json& row : study.at("rows"))
        for (const std::string_view field : source.fields) {
            if (!row.is_object() || !row.contains(field))
                refuse(fmt::format("one without {}", field));
            if (!fits(field, row.at(field)))
                refuse(fmt::format("{} as the {} of one", json_text(row.at(field)), field));
        }
}

Json stage_json(const std::string& run, const std::string& stage) {
    Json out{{"stage", stage}, {"done", false}};
    const std::string done = train::stage_file(run, stage, "done.json");
    if (!exists(done)) return out;
    const JsonLine line = read_json(done);
    out["done"] = true;
    out["flags"] = object_field(line, "flags").value;
    out["result"] = has_field(line, "result") ? line.value["result"] : Json::object();
    if (out["flags"].contains("inputs") && out["flags"]["inputs"].contains("file") &&
        !out["flags"].contains("files"))
        out["from_file"] = true;  // of an older version: the file's name is not on record
    out["flags"].erase("inputs"); // checksums, which are not shown
    return out;
}

Json curve_of(const std::string& file) {
    std::map<std::string, std::vector<double>> x, y;
    double steps = 0;
    for (const JsonLine& line : read_jsonl(file)) {
        const double step = number_field(line, "step");
        steps = std::max(steps, step + 1);
        for (const std::string& name : columns)
            if (line.value.contains(name) && line.value[name].is_number()) {
                x[name].push_back(step + 1);
                y[name].push_back(line.value[name].get<double>());
            }
        // The rounds of self-play and STaR: dev problems solved.
        for (const char* name : {"dev_greedy", "dev_search"})
            if (line.value.contains(name)) {
                const JsonLine dev = object_field(line, name);
                x[name].push_back(step);
                y[name].push_back(number_field(dev, "solved") /
                                  std::max(1.0, number_field(dev, "n")));
            }
    }
    Json out = Json::object();
    for (const std::string& name : columns)
        if (x.contains(name)) out[name] = thinned(x[name], y[name], kPointsOfACurve);
    for (const char* name : {"dev_greedy", "dev_search"})
        if (x.contains(name)) out[name] = thinned(x[name], y[name], kPointsOfACurve);
    return {{"steps", static_cast<int64_t>(steps)}, {"columns", out}};
}

} // namespace

const std::vector<Source>& sources() {
    using Names = std::vector<std::string_view>;
    const Names counted = {"method", "budget", "solved", "n", "low", "high", "tokens", "seconds"};
    Names of_scorers = counted;
    of_scorers.emplace_back("scorer");
    const Names of_labels = {"labels_by", "labels", "judgements", "rollout_tokens",
                             "n",         "mean",   "low",        "high"};
    const Names of_preference = {"policy", "learned_from",   "wins", "wins_interval", "kl",
                                 "right",  "right_interval", "n",    "tokens"};
    static const std::vector<Source> all = {
        {"ladder", "ladder", "eval ladder", counted, printed_command<LadderOptions>},
        {"best_of_n",
         "best-of-n",
         "eval best-of-n",
         {"method", "n", "mean", "low", "high"},
         printed_command<BestOfNOptions>},
        {"preference_win_rate", "preference-win-rate", "eval preference-win-rate", of_preference,
         printed_command<PreferenceOptions>},
        {"policies", "policies", "eval policies", counted, printed_command<PolicyOptions>},
        {"early_stop",
         "early-stop",
         "eval early-stop",
         {"threshold", "solved", "n", "low", "high", "tokens"},
         printed_command<EarlyStopOptions>},
        {"first_error",
         "first-error",
         "eval first-error",
         {"scorer", "erroneous", "named", "flawless", "passed", "f1"},
         printed_command<FirstErrorOptions>},
        {"label_sources", "label-sources/table", "eval label-sources", of_labels,
         printed_command<LabelSourcesOptions>},
        {"curve", "curve", "eval curve", of_scorers, printed_command<CurveOptions>},
        {"game24",
         "game24",
         "eval game24",
         {"method", "solved", "n", "low", "high", "median_tokens", "seconds"},
         printed_command<Game24Options>},
        {"claims", "claims", "eval claims", {}, printed_command<ClaimsOptions>},
        {"times", "times", "demo", {}, printed_command<DemoOptions>},
    };
    return all;
}

std::string command_of(std::string_view name, const Json& data) {
    const std::string run = data.at("folder");
    const auto seed = data.at("seed").get<uint64_t>();
    const std::string key(name);
    Json options = Json::object();
    if (name == "report") {
        return printed_command<MeasureOptions>("eval report", run, seed,
                                               data.at("measured").at("options"));
    } else if (name == "claims" && data.contains(key)) {
        const Json& claims = data.at(key).at("claims");
        for (const Json& claim : claims) { // of one call, or none
            Json own{{"seed", claim.at("seed")},
                     {"quick", claim.at("quick")},
                     {"problems", claim.value("most", int64_t{0})}};
            if (&claim != &claims.front() && own != options) return "";
            options = std::move(own);
        }
        if (claims.size() < all_claims().size())
            for (const Json& claim : claims) options["only"].push_back(claim.at("number"));
    } else if (name == "times") {
        if (data.contains(key)) options = data.at(key).value("demo", Json::object());
    } else if (data.contains(key)) {
        options = data.at(key);
        if (name == "ladder" && !options.contains("budgets")) { // of an older version
            options["budgets"] = Json::array();
            for (const Json& row : options.at("rows"))
                if (const Json& budget = row.at("budget");
                    budget != 0 && std::find(options["budgets"].begin(), options["budgets"].end(),
                                             budget) == options["budgets"].end())
                    options["budgets"].push_back(budget);
        }
    }
    for (const Source& source : sources())
        if (source.name == name)
            return source.printed(std::string(source.command), run, seed, options);
    return "";
}

std::string command_to_train(std::string_view stage, const Json& data) {
    return printed_command<train::StageOptions>(fmt::format("train {}", stage), data.at("folder"),
                                                data.at("seed").get<uint64_t>(), Json::object());
}

std::string stage_command(const Json& data, size_t i) {
    const Json& stage = data.at("stages").at(i);
    if (!stage.at("done").get<bool>() || stage.value("from_file", false)) return "";
    return printed_stage(stage.at("stage"), data.at("folder"), data.at("seed").get<uint64_t>(),
                         stage.at("flags"));
}

Json written_and_read(const Json& value) { return parse_json(json_text(value), "the report"); }

Json thinned(const std::vector<double>& x, const std::vector<double>& y, size_t count) {
    const size_t each = (x.size() + count - 1) / std::max<size_t>(1, count);
    Json xs = Json::array(), ys = Json::array();
    for (size_t begin = 0; begin < x.size(); begin += each) {
        const size_t end = std::min(begin + each, x.size());
        double sum_x = 0, sum_y = 0;
        for (size_t i = begin; i < end; ++i) sum_x += x[i], sum_y += y[i];
        xs.push_back(sum_x / static_cast<double>(end - begin));
        ys.push_back(sum_y / static_cast<double>(end - begin));
    }
    return {{"x", xs}, {"y", ys}};
}

Json read_run(const std::string& run) {
    train::require(run, "corpus", join_path(run, "config.json"));
    const JsonLine config = read_json(join_path(run, "config.json"));
    Json data{{"run", std::filesystem::path(run).lexically_normal().filename().string()},
              {"folder", run},
              {"world", train::world_of(run)},
              {"seed", has_field(config, "seed") ? config.value["seed"] : Json(1)}};
    for (const Source& source : sources()) {
        Json study = read_study(run, source.study);
        if (study.is_null()) continue;
        check_rows(study, source, run);
        data[std::string(source.name)] = std::move(study);
    }
    data["stages"] = Json::array();
    data["curves"] = Json::object();
    for (const std::string& stage : stages_of(run)) {
        data["stages"].push_back(stage_json(run, stage));
        const std::string metrics = train::stage_file(run, stage, "metrics.jsonl");
        if (exists(metrics)) data["curves"][stage] = curve_of(metrics);
    }
    return data;
}

} // namespace qstar::eval
