#include "eval/verify/verify.h"

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/device/device.h"
#include "engine/io/files.h"
#include "engine/io/temporary_folder.h"
#include "engine/kernels/kernels.h"
#include "engine/run/run_folder.h"
#include "engine/text/jsonl.h"
#include "eval/verify/hashes.h"
#include "eval/verify/small_run.h"

#include <cstdio>
#include <fmt/core.h>

namespace qstar::eval {

namespace {

// "train orm", "search astar".
std::string title_of(const std::string& line) {
    const std::string flag = "--method ";
    const size_t at = line.find(flag);
    if (at == line.npos) return line.substr(0, line.find(" --"));
    const size_t begin = at + flag.size();
    return "search " + line.substr(begin, line.find(' ', begin) - begin);
}

// The command that made a run, as its times.json has it.
std::string demo_of(const std::string& run) {
    require_run(run);
    const std::string path = join_path(run, "times.json");
    if (!exists(path)) fail("{}: expected a run that `qstar demo` has made, found none", run);
    const Json demo = read_json(path).value.value("demo", Json::object());
    std::string line = "qstar demo";
    if (const std::string world = demo.value("world", ""); world != "arithmetic")
        line += " --world " + world;
    if (demo.value("quick", false)) line += " --quick";
    if (demo.value("full", false)) line += " --full";
    return line + fmt::format(" --seed {}", demo.value("seed", uint64_t{1}));
}

void compare(const std::string& name, const Hashes& ours, const std::string& only = "") {
    Hashes published = published_hashes(name);
    std::erase_if(published, [&](const auto& entry) {
        return !only.empty() && small_run_of_file(entry.first) != only;
    });
    if (published.empty()) fail("no hashes of `{}` are published", name);
    int wrong = 0;
    for (const auto& [file, hash] : published) {
        const auto at = ours.find(file);
        const bool same = at != ours.end() && at->second == hash;
        wrong += !same;
        fmt::print("{:<42} {}  {}\n", file,
                   at == ours.end() ? std::string(16, '-') : at->second.substr(0, 16),
                   same               ? "as published"
                   : at == ours.end() ? "MISSING"
                                      : "DIFFERS from " + hash.substr(0, 16));
    }
    if (wrong > 0)
        fail("{} of {} hashes of `{}` are not the published ones ({} kernels)", wrong,
             published.size(), name, engine::isa_name());
    fmt::print("\nall {} hashes of `{}` are the published ones ({} kernels, {} threads)\n",
               published.size(), name, engine::isa_name(), engine::threads());
}

} // namespace

void describe(Flags& f, VerifyOptions& o) {
    f.text("run", o.run, "a run of `qstar demo`; empty: a small one, made for this and removed");
    f.choice("only", o.only, {"run", "qwen3", "puzzle"},
             "of the small one: run (gpt2, all stages), qwen3 or puzzle; empty: all")
        .or_empty();
    f.mark("print", o.print, "print the hashes, as they are published");
}

void verify(const VerifyOptions& options) {
    if (!engine::device().is_host() || engine::gemm_is_openblas())
        fail("engine verify: {} is another arithmetic than the one whose hashes are published",
             engine::device().is_host() ? "OpenBLAS" : engine::device().name());
    if (!options.run.empty()) {
        if (!options.only.empty()) fail("--only: expected no --run beside it");
        const std::string name = demo_of(options.run);
        const Hashes ours = hashes_of(options.run);
        if (options.print)
            fmt::print("# {}\n{}", name, text_of(ours));
        else
            compare(name, ours);
        return;
    }
    const std::string name = "qstar engine verify";
    const TemporaryFolder run("verify");
    make_small_run(run.path(), options.only,
                   [](const std::string& line) { fmt::print(stderr, "{}\n", title_of(line)); });
    const Hashes ours = hashes_of(run.path());
    if (options.print)
        fmt::print("# {}\n{}", name, text_of(ours));
    else
        compare(name, ours, options.only);
}

} // namespace qstar::eval
