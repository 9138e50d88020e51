#include "train/run/stage_record.h"

#include "engine/io/files.h"
#include "engine/run/run_folder.h"
#include "engine/text/jsonl.h"
#include "train/run/old_record.h"

namespace qstar::train {

std::string record_path(const std::string& folder) { return join_path(folder, "flags.json"); }
std::string done_path(const std::string& folder) { return join_path(folder, "done.json"); }

Json record_in(const std::string& folder) {
    if (exists(done_path(folder)))
        return by_flags(object_field(read_json(done_path(folder)), "flags").value);
    if (exists(record_path(folder))) return by_flags(read_json(record_path(folder)).value);
    return nullptr;
}

Json record_of_stage(const std::string& run, const std::string& name, const std::string& folder) {
    Json record = record_in(folder);
    if (!record.is_null()) return record;
    const Json stages = read_config(run)["stages"];
    return stages.contains(name) ? by_flags(stages[name]) : Json(nullptr);
}

std::string first_difference(const Json& before, const Json& now, const std::string& prefix) {
    for (const auto& [name, value] : now.items()) {
        if (name == "files") continue;
        if (!before.contains(name)) return prefix + name + " was not given, now " + value.dump();
        if (value.is_object() && before[name].is_object()) {
            const std::string inner = first_difference(before[name], value, prefix + name + ".");
            if (!inner.empty()) return inner;
        } else if (before[name] != value) {
            return prefix + name + " was " + before[name].dump() + ", now " + value.dump();
        }
    }
    for (const auto& [name, value] : before.items())
        if (name != "files" && !now.contains(name))
            return prefix + name + " was " + value.dump() + ", now not given";
    return "";
}

} // namespace qstar::train
