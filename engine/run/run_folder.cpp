#include "engine/run/run_folder.h"

#include "engine/base/error.h"
#include "engine/base/ranks.h"
#include "engine/io/files.h"
#include "engine/io/streams.h"
#include "engine/io/work_lock.h"
#include "engine/text/jsonl.h"

#include <algorithm>
#include <filesystem>

namespace qstar {

namespace {

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

} // namespace

void require_run(const std::string& folder) {
    if (folder.empty()) fail("expected the name of a run's folder, found none");
    if (exists(folder) && !is_folder(folder))
        fail("{}: expected a run's folder, found a file", folder);
    if (!exists(join_path(folder, "config.json")) && !exists(join_path(folder, "tokenizer")))
        fail("{0}: there is no such run: make one with `qstar demo --run {0}` or begin with `qstar "
             "train corpus --run {0}`",
             folder);
}

uint64_t run_seed(const std::string& folder) {
    const std::string path = join_path(folder, "config.json");
    if (!exists(path)) return 1;
    const int64_t seed = int_field(read_json(path), "seed");
    if (seed < 0) fail("{}: field \"seed\": expected 0 or more, found {}", path, seed);
    return static_cast<uint64_t>(seed);
}

std::string config_path(const std::string& run) { return join_path(run, "config.json"); }

Json read_config(const std::string& run) {
    const std::string path = config_path(run);
    if (!exists(path)) return Json{{"seed", 1}, {"stages", Json::object()}};
    const JsonLine line = read_json(path);
    const int64_t seed = int_field(line, "seed");
    if (seed < 0) fail("{}: field \"seed\": expected 0 or more, found {}", path, seed);
    object_field(line, "stages");
    return line.value;
}

void put_on_record(const std::string& run, const std::string& stage, const Json& flags) {
    const FileLock lock(join_path(run, "config.lock"));
    Json config = read_config(run);
    if (config["stages"].contains(stage) && config["stages"][stage] == flags) return;
    config["stages"][stage] = flags;
    write_json(config_path(run), config);
}

bool is_folder_name(std::string_view name) {
    return !name.empty() && name.front() != '.' && name.front() != '-' &&
           std::all_of(name.begin(), name.end(), is_name_character) && !name.ends_with(".new") &&
           !name.ends_with(".old") && !name.ends_with(".lock");
}

void replace_folder(const std::string& place, const std::string& made, const std::string& old) {
    engine::one_writes([&] {
        if (exists(place)) {
            std::filesystem::remove_all(old);
            rename_synced(place, old);
        }
        try {
            rename_synced(made, place);
        } catch (const Error&) {
            if (!exists(place) && exists(old)) rename_synced(old, place);
            throw;
        }
        std::filesystem::remove_all(old);
    });
}

} // namespace qstar
