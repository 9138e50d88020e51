// Every call that writes fails once; memory runs out; and what is renamed into its place was
// synced before.
//
// Of the calls of one kind about one file, the first and the last are made to fail.
// QSTAR_FAILS: 1 of so many of these is tried (1: all). QSTAR_MEMORY: 1 of so many large
// allocations.

#include "engine/io/files.h"
#include "tests/campaigns/pipeline.h"
#include "tests/campaigns/shim.h"
#include "tests/paths.h"
#include "tests/sanitized.h"
#include "tests/temporary.h"

#include <algorithm>
#include <cerrno>
#include <doctest/doctest.h>
#include <filesystem>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

using namespace qstar;
using namespace qstar::campaign;

namespace {

// A call with the shim, that logs into `log`; the n-th call that writes fails, or the n-th large
// allocation, 0: none.
Disturbance shimmed(const std::string& trial, const std::string& log, int64_t n = 0,
                    int error = ENOSPC, int64_t allocation = 0) {
    Disturbance disturbance;
    disturbance.shim = shim;
    disturbance.variables = {{"QSTAR_SHIM_UNDER", std::filesystem::canonical(trial).string()},
                             {"QSTAR_SHIM_LOG", log},
                             {"QSTAR_SHIM_FAIL", std::to_string(n)},
                             {"QSTAR_SHIM_MEMORY", std::to_string(allocation)},
                             {"QSTAR_SHIM_ERROR", std::to_string(error)}};
    return disturbance;
}

// The name of a file that is written aside holds the process' number.
std::string without_process(const std::string& path) {
    std::string text;
    for (const char c : path)
        if (c < '0' || c > '9') text += c;
    return text;
}

struct Call {
    std::string name, path, to; // to: of a rename
    // Calls that only settle a folder have no number; the number of allocations is none.
    bool counts() const { return name != "settle" && name != "allocations"; }
};

std::vector<Call> calls_in(const std::string& log) {
    std::vector<Call> calls;
    std::istringstream lines(exists(log) ? read_file(log) : "");
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        Call& seen = calls.emplace_back();
        words >> seen.name >> seen.path >> seen.to;
    }
    return calls;
}

// Of the calls that count, from 1: of each kind and file, the numbers of the first and the last.
// True: one that moves a folder, of which there are few.
std::map<size_t, bool> chosen(const std::vector<Call>& calls) {
    std::map<std::string, std::pair<size_t, size_t>> ends;
    std::map<size_t, bool> numbers;
    size_t number = 0;
    for (const auto& [name, path, to] : calls) {
        ++number;
        // What a lock says of its holder is for others' messages.
        if (name != "open" && path.ends_with(".lock")) continue;
        if (name == "rename" && !path.ends_with(".tmp")) numbers[number] = true;
        const std::string kind = name + " " + without_process(path);
        ends.try_emplace(kind, number, number).first->second.second = number;
    }
    for (const auto& [kind, pair] : ends)
        for (const size_t end : {pair.first, pair.second}) numbers.try_emplace(end, false);
    return numbers;
}

// What is wrong with the order of a program's calls; empty: nothing.
std::string unsynced(const std::vector<Call>& calls) {
    std::set<std::string> dirty; // written and not synced
    for (size_t i = 0; i < calls.size(); ++i) {
        const auto& [name, path, to] = calls[i];
        if (name == "write" || name == "ftruncate") dirty.insert(path);
        if (name == "fsync") dirty.erase(path);
        if (name != "rename") continue;
        const std::string folder = std::filesystem::path(to).parent_path().string();
        for (const std::string& file : dirty) {
            if (file == path || file.starts_with(path + "/"))
                return file + " is renamed before it is synced";
            if (to.ends_with("/done.json") && file.starts_with(folder + "/"))
                return file + " is not synced, and its stage is called done";
        }
        bool synced = false;
        for (size_t k = i + 1; k < calls.size() && calls[k].name != "rename" && !synced; ++k)
            synced = calls[k].name == "settle" && calls[k].path == folder;
        if (!synced) return "the folder of " + to + " is not synced after the renaming";
    }
    return "";
}

// Of 4 KiB or more; 0 where the program did not come to its end.
int64_t allocations_in(const std::vector<Call>& calls) {
    const bool known = !calls.empty() && calls.back().name == "allocations";
    return known ? std::atoll(calls.back().path.c_str()) : 0;
}

// The call failed as it should, harmed nothing, and goes on to the same bytes.
void failed_well(size_t at, const std::string& trial, const CallResult& outcome) {
    Undisturbed& undisturbed = Undisturbed::pipeline();
    CHECK(outcome.signal == 0);
    CHECK(outcome.status == 2);
    CHECK_MESSAGE(one_sentence(outcome.error), outcome.error);
    const std::string harmed = harm(undisturbed.before(at), contents_of(trial));
    CHECK_MESSAGE(harmed.empty(), harmed);
    const CallResult again = call(trial, pipeline()[at].arguments);
    CHECK_MESSAGE(again.status == 0, again.error);
    const std::string different = difference(undisturbed.before(at + 1), contents_of(trial));
    CHECK_MESSAGE(different.empty(), different);
}

} // namespace

TEST_CASE("the order of writing, syncing and renaming is seen") {
    using Calls = std::vector<Call>;
    const Calls good = {{"write", "d/a.tmp", ""},
                        {"fsync", "d/a.tmp", ""},
                        {"rename", "d/a.tmp", "d/a"},
                        {"settle", "d", ""}};
    CHECK(unsynced(good).empty());
    CHECK_FALSE(unsynced(Calls{good[0], good[2], good[3]}).empty());
    CHECK_FALSE(unsynced(Calls{good[1], good[0], good[2], good[3]}).empty());
    CHECK_FALSE(unsynced(Calls{good[0], good[1], good[2]}).empty());
    CHECK_FALSE(unsynced(Calls{good[0], {"rename", "d", "e"}, {"settle", "", ""}}).empty());
    const Calls done = {
        {"write", "d/a", ""}, {"rename", "d/b", "d/done.json"}, {"settle", "d", ""}};
    CHECK_FALSE(unsynced(done).empty());
}

TEST_CASE("campaign: every call that writes fails once, memory runs out, and what is renamed was "
          "synced before") {
    if (std::string(shim).empty()) return; // no such library here, or the sanitizers'
    const int64_t one_of = asked("QSTAR_FAILS", 20), one_allocation = asked("QSTAR_MEMORY", 10000);
    Undisturbed& undisturbed = Undisturbed::pipeline();
    const Temporary folder;
    const std::string trial = folder / "trial", log = folder / "log";
    int64_t number = 0, kinds = 0, tried = 0, failed = 0, renamed = 0, allocations = 0, ran_out = 0;
    // What is done from time to time, and by the thread that is free, is done more or less often:
    // the call that was to fail may not come. And a library's function may do without its memory,
    // as std::stable_sort does.
    int64_t did_not_come = 0, did_without = 0;
    const auto still_good = [&](size_t at, const CallResult& outcome) {
        CHECK_MESSAGE(outcome.status == 0, outcome.error);
        const std::string different = difference(undisturbed.before(at + 1), contents_of(trial));
        CHECK_MESSAGE(different.empty(), different);
    };
    for (size_t at = 0; at < pipeline().size(); ++at) {
        CAPTURE(pipeline()[at].name);
        undisturbed.copy_before(at, trial);
        const CallResult seen = call(trial, pipeline()[at].arguments, shimmed(trial, log));
        REQUIRE_MESSAGE(seen.status == 0, seen.error);
        const std::vector<Call> calls = calls_in(log);
        const std::string order = unsynced(calls);
        CHECK_MESSAGE(order.empty(), order);
        const std::string different = difference(undisturbed.before(at + 1), contents_of(trial));
        CHECK_MESSAGE(different.empty(), different);

        for (const Call& one : calls) renamed += one.name == "rename";
        number += std::ssize(calls);
        std::vector<Call> counted;
        std::ranges::copy_if(calls, std::back_inserter(counted), &Call::counts);
        for (const auto& [n, always] : chosen(counted)) {
            if (kinds++ % one_of != 0 && !always) continue;
            CAPTURE(counted[n - 1].name);
            CAPTURE(counted[n - 1].path);
            CAPTURE(n);
            std::filesystem::remove(log);
            undisturbed.copy_before(at, trial);
            const int error = tried++ % 2 == 0 ? ENOSPC : EIO;
            const CallResult outcome = call(trial, pipeline()[at].arguments,
                                            shimmed(trial, log, static_cast<int64_t>(n), error));
            const bool came =
                std::ranges::count_if(calls_in(log), &Call::counts) >= static_cast<int64_t>(n);
            ++(came ? failed : did_not_come);
            came ? failed_well(at, trial, outcome) : still_good(at, outcome);
        }
        const int64_t large = allocations_in(calls);
        REQUIRE(large > 0);
        for (int64_t n = 1; n <= large; ++n) {
            if (allocations++ % one_allocation != 0) continue;
            INFO("allocation " << n);
            std::filesystem::remove(log);
            undisturbed.copy_before(at, trial);
            const CallResult outcome =
                call(trial, pipeline()[at].arguments, shimmed(trial, log, 0, 0, n));
            const bool came = allocations_in(calls_in(log)) >= n, without = outcome.status == 0;
            ++(!came ? did_not_come : without ? did_without : ran_out);
            came && !without ? failed_well(at, trial, outcome) : still_good(at, outcome);
        }
        std::filesystem::remove(log);
    }
    CHECK(renamed > 20);
    CHECK((did_not_come + did_without) * 50 <= failed + ran_out);
    MESSAGE(failed << " calls failed, each once, of " << kinds << " chosen among " << number
                   << "; memory ran out " << ran_out << " times, at one of " << allocations
                   << " large allocations; " << did_not_come << " did not come, " << did_without
                   << " were done without");
}

TEST_CASE("campaign: files may not grow") {
    Undisturbed& undisturbed = Undisturbed::pipeline();
    const Temporary folder;
    const std::string trial = folder / "trial";
    int64_t failed = 0;
    for (size_t at = 0; at < 4; ++at) {
        CAPTURE(pipeline()[at].name);
        Disturbance disturbance;
        disturbance.file_bytes = 1000;
        undisturbed.copy_before(at, trial);
        const CallResult outcome = call(trial, pipeline()[at].arguments, disturbance);
        if (outcome.status == 0) continue; // its files are small
        failed_well(at, trial, outcome);
        ++failed;
    }
    CHECK(failed >= 3);
}

// Below some bound of addresses the libraries do not come up. Only asked for.
TEST_CASE("campaign: addresses run out") {
    const int64_t steps = asked("QSTAR_ADDRESSES", 0);
    if (std::string(shim).empty() || steps == 0) return; // the sanitizers want them all
    Undisturbed& undisturbed = Undisturbed::pipeline();
    const Temporary folder;
    const std::string trial = folder / "trial";
    make_folders(trial);
    constexpr int64_t kMegabyte = 1 << 20;
    const auto limited = [](int64_t bytes) {
        Disturbance disturbance;
        disturbance.memory_bytes = bytes;
        disturbance.variables = {{"OPENBLAS_NUM_THREADS", "1"}};
        return disturbance;
    };
    int64_t least = 1024 * kMegabyte, ran_out = 0, were_enough = 0;
    while (call(trial, {"--help"}, limited(least - 8 * kMegabyte)).status == 0)
        least -= 8 * kMegabyte;
    for (size_t at = 0; at < pipeline().size(); ++at)
        for (int64_t step = 0; step < steps; ++step) {
            const Disturbance disturbance = limited(least + kMegabyte * step * 2);
            CAPTURE(pipeline()[at].name);
            CAPTURE(disturbance.memory_bytes / kMegabyte);
            undisturbed.copy_before(at, trial);
            const CallResult outcome = call(trial, pipeline()[at].arguments, disturbance);
            if (outcome.status == 0) {
                ++were_enough;
                continue;
            }
            ++ran_out;
            failed_well(at, trial, outcome);
        }
    MESSAGE(ran_out << " calls ran out of addresses from " << least / kMegabyte << " MB on, "
                    << were_enough << " had enough");
}
