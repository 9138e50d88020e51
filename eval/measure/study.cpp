#include "eval/measure/study.h"

#include "engine/io/files.h"
#include "engine/text/jsonl.h"

#include <fmt/core.h>

namespace qstar::eval {

namespace {

// Sets `now` where the object still has `before`.
void rename_field(Json& object, const char* before, const char* now) {
    if (!object.is_object() || !object.contains(before)) return;
    Json value = std::move(object[before]);
    object.erase(before);
    object[now] = std::move(value);
}

// A study that had another name.
std::string_view older_name(std::string_view name) {
    return name == "preference-win-rate" ? "taste" : "";
}

void by_todays_fields(Json& study, std::string_view name) {
    if (name == "best-of-n") rename_field(study, "points", "rows");
    if (name == "preference-win-rate") rename_field(study, "taste", "preference");
    if (name == "times" && study.contains("seconds"))
        rename_field(study["seconds"], "taste", "preference-win-rate");
    if (name == "curve" && study.contains("rows"))
        for (Json& row : study["rows"]) rename_field(row, "judge", "scorer");
}

} // namespace

void write_study(const std::string& file, const Json& options, const Json& found,
                 const std::string& text, bool quiet) {
    Json all = options;
    all.update(found);
    write_json(file + ".json", all);
    write_file_atomic(file + ".md", text);
    if (!quiet) fmt::print("\n{}", text);
}

Json read_study(const std::string& run, std::string_view name) {
    std::string path = join_path(run, fmt::format("{}.json", name));
    if (const std::string_view older = older_name(name); !exists(path) && !older.empty())
        path = join_path(run, fmt::format("{}.json", older));
    if (!exists(path)) return {};
    Json study = read_json(path).value;
    by_todays_fields(study, name);
    return study;
}

} // namespace qstar::eval
