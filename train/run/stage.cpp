#include "train/run/stage.h"

#include "engine/base/error.h"
#include "engine/base/ranks.h"
#include "engine/io/files.h"
#include "engine/io/streams.h"
#include "engine/run/run_folder.h"
#include "engine/text/jsonl.h"
#include "train/run/corpus_format.h"
#include "train/run/stage_record.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/core.h>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace qstar::train {

namespace {

void check_path(std::string_view name) {
    for (std::string_view rest = name;;) {
        const size_t slash = rest.find('/');
        if (!is_folder_name(rest.substr(0, slash)))
            fail("\"{}\": expected the name of a stage, of letters, digits, '-', '_' and '.'",
                 name);
        if (slash == std::string_view::npos) return;
        rest.remove_prefix(slash + 1);
    }
}

// What a killed program left half-written (io/streams.h).
bool is_left_over(const std::filesystem::path& path) { return path.extension() == ".tmp"; }

// Nothing is in the folder, or what is left of a stage that was killed before its first file.
bool is_empty(const std::string& folder) {
    if (!exists(folder)) return true;
    if (!is_folder(folder)) return false;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        if (!is_left_over(name) || !name.starts_with("flags.json.")) return false;
    }
    return true;
}

// Of a stage's folder, while its lock is held: nobody writes there.
void remove_left_over(const std::string& folder) {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
        if (is_left_over(entry.path())) paths.push_back(entry.path());
    for (const auto& path : paths) std::filesystem::remove(path);
}

// What was appended to a file, as metrics are, reaches the disk before the stage is said to be
// finished.
void sync_files(const std::string& folder) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (!entry.is_regular_file()) continue;
        const std::string path = entry.path().string();
        const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        const bool synced = file >= 0 && ::fsync(file) == 0;
        const std::string reason = std::strerror(errno);
        if (file >= 0) ::close(file);
        if (!synced) fail("{}: cannot be synced to the disk: {}", path, reason);
    }
}

// Whether there is work in the folder that a call with other flags must not go on with.
bool started(const std::string& folder) {
    return exists(done_path(folder)) || exists(join_path(folder, "state.safetensors")) ||
           exists(join_path(folder, "partial"));
}

void replace(const std::string& place, const std::string& made) {
    replace_folder(place, made, place + ".old");
}

// Ends what a call began to replace and was killed at.
void settle(const std::string& place) {
    const std::string made = place + ".new", old = place + ".old";
    if (exists(done_path(made)))
        replace(place, made);
    else if (!exists(place) && exists(old))
        rename_synced(old, place);
    else if (exists(old))
        std::filesystem::remove_all(old);
}

// What a finished stage has no more use for.
void clear(const std::string& folder) {
    std::filesystem::remove(record_path(folder));
    std::filesystem::remove_all(join_path(folder, "partial"));
}

// Stages that take a text as a whole.
bool takes_whole_texts(const std::string& stage) {
    return stage == "corpus" || stage == "pretrain" || stage.starts_with("sft") ||
           stage == "sample" || stage.starts_with("star") || stage.starts_with("grpo");
}

// What nearly every other stage is made from.
constexpr std::array<std::string_view, 3> kFoundations = {"corpus", "pretrain", "sft"};

// A foundation is not replaced under a stage that works, nor does one begin on what is being
// replaced: the run would hold models of two of them.
void check_foundations(const std::string& run, const std::string& name, bool replaces) {
    const auto is_name = [&](std::string_view other) { return other == name; };
    if (replaces && std::ranges::any_of(kFoundations, is_name)) {
        for (const auto& entry : std::filesystem::directory_iterator(run)) {
            const std::string other = entry.path().stem().string();
            if (entry.path().extension() != ".lock" || is_name(other)) continue;
            if (const auto who = work_lock_holder(entry.path().string()))
                fail("{}: other stages are made from it, and {} is being worked on by {}: wait "
                     "until that has ended, or end it",
                     stage_folder(run, name), stage_folder(run, other), *who);
        }
    }
    for (const std::string_view other : kFoundations) {
        const std::string place = stage_folder(run, std::string(other));
        if (is_name(other) || !exists(place + ".new")) continue;
        if (const auto who = work_lock_holder(place + ".lock"))
            fail("{} is being made anew by {}: wait until that has ended, or end it", place, *who);
    }
}

} // namespace

void check_name(const std::string& kind, const std::string& name) {
    const bool is_kind = name == kind;
    if (!is_kind &&
        !(name.starts_with(kind + "-") && name.size() > kind.size() + 1 && is_folder_name(name)))
        fail("--name must be {0}, or {0}- and letters, digits, '-', '_' or '.', as in {0}-2, found "
             "\"{1}\"",
             kind, name);
}

Stage::Stage(const StageOptions& options, const std::string& name, const Json& flags)
    : run_(options.run), name_(options.study.empty() ? name : options.study + "/" + name),
      place_(stage_folder(options.run, name_)), seed_(seed_of(options)), quiet_(options.quiet),
      flags_(std::make_unique<Json>(flags)) {
    check_path(name_);
    if (!takes_whole_texts(name)) require_steps(run_, "train " + name);
    engine::one_writes([&] {
        make_folders(std::filesystem::path(place_).parent_path().string());
        lock_ = std::make_unique<WorkLock>(place_ + ".lock", place_);
        settle(place_);
        if (options.study.empty())
            check_foundations(run_, name_, options.force && !is_empty(place_));
        if (options.seed && !exists(config_path(run_))) {
            const FileLock lock(join_path(run_, "config.lock"));
            Json config = read_config(run_);
            config["seed"] = *options.seed;
            write_json(config_path(run_), config);
        }
        begin(options.force);
    });
    share();
}

Stage::Stage(const Stage& whole, const std::string& name, const Json& flags)
    : run_(whole.run_), name_(whole.name_ + "/" + name), place_(whole.path(name)),
      seed_(whole.seed_), is_part_(true), quiet_(whole.quiet_),
      flags_(std::make_unique<Json>(flags)) {
    check_path(name);
    engine::one_writes([&] { begin(false); });
    share();
}

// What the first rank has found, for the others.
void Stage::share() {
    const std::string found =
        engine::from_first_rank(fmt::format("{}{}", static_cast<int>(begun_), folder_));
    begun_ = static_cast<Begun>(found.front() - '0');
    folder_ = found.substr(1);
}

void Stage::begin(bool force) {
    folder_ = place_;
    if (exists(place_) && !is_folder(place_)) fail("{}: expected a folder, found a file", place_);
    if (!is_empty(place_) && record_of_stage(run_, name_, place_).is_null())
        fail("{}: this folder was not made by a stage: expected it to be empty, or not there",
             place_);
    if (force && !is_empty(place_)) {
        folder_ = place_ + ".new";
        const Json before = record_in(folder_);
        if (before.is_null() ? !is_empty(folder_) : !first_difference(before, *flags_).empty()) {
            if (before.is_null())
                fail("{}: this folder was not made by a stage: expected it to be empty, or not "
                     "there",
                     folder_);
            std::filesystem::remove_all(folder_); // a remake with other flags, not finished
        }
        if (!quiet_)
            fmt::print("{}: {} anew in {}; {} stays until that is finished\n", name_,
                       is_empty(folder_) ? "made" : "goes on being made", folder_, place_);
    } else if (take_up(force)) {
        return;
    }
    begun_ = !is_empty(folder_) ? Begun::resumed : Begun::fresh;
    made_ = !exists(folder_);
    make_folders(folder_);
    write_json(record_path(folder_), *flags_);
    remove_left_over(folder_);
}

// Whether the stage is finished with these flags.
bool Stage::take_up(bool force) {
    const Json before = record_of_stage(run_, name_, place_);
    if (before.is_null() || force) return false;
    const std::string difference = first_difference(before, *flags_);
    if (before.contains("imported")) // search/exchange/import_model.h
        fail("{} was imported from {}; add --force to make it anew", place_,
             before["imported"].get<std::string>());
    if (started(place_) && !difference.empty())
        fail("{} was made with other flags: {}; add --force to make it anew", place_, difference);
    if (!exists(done_path(place_))) return false;
    begun_ = Begun::done;
    clear(place_);
    if (!is_part_) put_on_record(run_, name_, before);
    if (!quiet_) {
        fmt::print("{}: finished already with these flags ({})\n", name_, place_);
        if (exists(place_ + ".new"))
            fmt::print("{}: {}.new is not finished: --force goes on with it\n", name_, place_);
    }
    lock_.reset();
    return true;
}

Stage::~Stage() {
    // What was refused before its first file leaves nothing.
    std::error_code ignored;
    if (done() || !made_) return; // (of the other ranks, none has made it)
    const auto begin = std::filesystem::directory_iterator(folder_, ignored);
    if (ignored || std::distance(begin, {}) != 1 || !exists(record_path(folder_))) return;
    std::filesystem::remove_all(folder_, ignored);
}

std::string Stage::path(const std::string& file) const { return join_path(folder_, file); }

void Stage::finish(const Json& result) {
    engine::one_writes([&] {
        sync_files(folder_);
        write_json(done_path(folder_), Json{{"flags", *flags_}, {"result", result}});
        clear(folder_);
        if (folder_ != place_) replace(place_, folder_);
        if (!is_part_) put_on_record(run_, name_, *flags_);
    });
    folder_ = place_;
    begun_ = Begun::done;
    lock_.reset();
}

Json Stage::result() const { return object_field(read_json(done_path(folder_)), "result").value; }

Json flags_of_stage(const std::string& run, const std::string& name) {
    return record_of_stage(run, name, stage_folder(run, name));
}

} // namespace qstar::train
