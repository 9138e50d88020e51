// --verify: whether the page is what the run says, and the run still says it.

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/run/record.h"
#include "engine/text/json.h"
#include "engine/text/sentence.h"
#include "eval/claims/claims.h"
#include "eval/plot/html.h"
#include "eval/report/data.h"
#include "eval/report/report.h"
#include "eval/report/sections.h"
#include "eval/studies/policies.h"
#include "train/run/run.h"

#include <algorithm>
#include <fmt/core.h>
#include <string>
#include <vector>

namespace qstar::eval {

namespace {

// The path ("/ladder/0/solved") of the first place where two values differ; empty for the whole.
std::string first_difference(const Json& a, const Json& b) {
    if (a.is_object() && b.is_object()) {
        for (const auto& [name, value] : a.items())
            if (!b.contains(name))
                return "/" + name;
            else if (value != b.at(name))
                return "/" + name + first_difference(value, b.at(name));
        for (const auto& [name, value] : b.items())
            if (!a.contains(name)) return "/" + name;
    }
    if (a.is_array() && b.is_array()) {
        for (size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
            const std::string at = "/" + std::to_string(i);
            if (i >= a.size() || i >= b.size()) return at;
            if (a.at(i) != b.at(i)) return at + first_difference(a.at(i), b.at(i));
        }
    }
    return "";
}

// Error naming the first place where two values differ, as JSON pointer.
void expect_same(const std::string& what, const Json& shown, const Json& found) {
    if (shown == found) return;
    const std::string at = first_difference(shown, found);
    const auto text = [&](const Json& from) {
        const Json* const value = from.at_path(at);
        return value != nullptr ? value->dump().substr(0, 80) : std::string("nothing");
    };
    fail("{}{}: the report has {}, measured again it is {}", what, at, text(shown), text(found));
}

// Without what a clock measured: to make a table again takes another time.
Json without_seconds(Json value) {
    if (value.is_object()) value.erase("seconds");
    if (value.is_structured())
        for (Json& inner : value) inner = without_seconds(std::move(inner));
    return value;
}

void compare_files(const Json& data, const std::string& run) {
    const Json now = read_run(run);
    for (const auto& [name, value] : now.items()) {
        if (name == "run" || name == "folder") continue;
        if (!data.contains(name))
            fail("{} is newer than the report: make it again with `qstar eval report --run {}`",
                 name, run);
        expect_same(name, without_seconds(data[name]), without_seconds(value));
    }
}

// The greedy rows and the first A* row of the ladder, by other code than the ladder's.
int64_t compare_ladder(const Json& data, const std::string& run, bool quiet) {
    if (!data.contains("ladder")) return 0;
    const Json& ladder = data.at("ladder");
    if (ladder.at("policy") != "sft" || !exists(train::model_path(run, "prm"))) return 0;
    PolicyOptions options;
    options.run = run;
    options.seed = ladder.at("seed");
    options.split = ladder.at("split");
    options.problems = ladder.at("problems");
    options.policies = {"pretrain", "sft"};
    options.searches = {"sft:prm"};
    options.search.proposals = ladder.at("proposals");
    options.search.weight = ladder.at("weight");
    options.search.temperature = ladder.at("temperature");
    options.quiet = quiet;
    std::vector<Json> shown;
    for (const char* method : {"base model, greedy", "tuned model, greedy", "A*, PRM"})
        for (const Json& row : ladder.at("rows"))
            if (row.at("method") == method) {
                shown.push_back(row);
                break;
            }
    if (shown.size() != 3) return 0;
    options.search.budget = shown[2].at("budget");
    const std::vector<Measured> rows = measure_policies(options);
    for (size_t i = 0; i < rows.size(); ++i) {
        const std::string what = "ladder, " + shown[i].at("method").get<std::string>();
        for (const auto& [field, value] : {std::pair<const char*, Json>{"solved", rows[i].solved},
                                           {"tokens", rows[i].tokens},
                                           {"expanded", rows[i].expanded}})
            expect_same(fmt::format("{}, {}", what, field), shown[i][field], value);
    }
    return std::ssize(rows);
}

// One of the claims, the cheapest that every run with a PRM has: the pathway's.
int64_t compare_claim(const Json& data, const std::string& run) {
    if (!data.contains("claims")) return 0;
    for (const Json& shown : data.at("claims").at("claims")) {
        if (shown.at("number") != pathway.number) continue;
        ClaimsOptions options;
        options.run = run;
        options.seed = shown.at("seed");
        options.quick = shown.at("quick");
        options.most = shown.value("most", int64_t{0});
        options.only = {pathway.number};
        options.quiet = true;
        const Json again = json_of(examine_claims(options)[0], options);
        expect_same("claim 11, verdict", shown.at("verdict"), again.at("verdict"));
        expect_same("claim 11, numbers", shown.at("numbers"), again.at("numbers"));
        return 1;
    }
    return 0;
}

void verify(const std::string& run, const std::string& path, bool quiet) {
    const std::string text = read_file(path);
    const int64_t numbers = check_numbers(text);
    const Json data = embedded_data(text);
    compare_files(data, run);
    if (page(data) != text)
        fail("{} is not the page that this program makes of its data: it was changed by hand, or "
             "made by another version",
             path);

    const Json& options = data.at("measured").at("options");
    MeasureOptions measure;
    measure.run = run;
    read_record(flags_of(measure), options);
    measure.quiet = quiet;
    expect_same("measured", data.at("measured"), written_and_read(measure_report(measure)));
    const int64_t rows = compare_ladder(data, run, quiet);
    const int64_t claims = compare_claim(data, run);
    if (!quiet)
        fmt::print(
            "{}: {} numbers equal the data that the page carries, the data equal the run's "
            "files, and {} rows of the ladder, {} of the claims, the calibration of {} models "
            "and {} solved problems came out the same when measured again\n",
            path, numbers, rows, claims, data.at("measured").at("calibration").size(),
            data.at("measured").at("problems").size());
}

} // namespace

void verify_report(const std::string& run, bool quiet) {
    const std::string path = join_path(run, "report.html");
    if (!exists(path)) fail("{} is missing: run `qstar eval report --run {}` first", path, run);
    try {
        verify(run, path, quiet);
    } catch (const JsonError& e) {
        fail("{}: its data are not those of a report: {}", path, sentence_of(e));
    }
}

} // namespace qstar::eval
