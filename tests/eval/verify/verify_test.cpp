#include "eval/verify/verify.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/io/sha256.h"
#include "eval/verify/hashes.h"
#include "eval/verify/small_run.h"
#include "tests/program.h"
#include "tests/sanitized.h"
#include "tests/temporary.h"

#include <algorithm>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fmt/core.h>
#include <set>
#include <sstream>
#include <string>

using namespace qstar;
using namespace qstar::eval;

TEST_CASE("engine verify: this machine computes the published bytes") {
    if (tests::kSanitized) return; // a part of it is below
    const Temporary folder;
    const auto found = tests::run_program(folder, "engine verify");
    CAPTURE(found.error.substr(found.error.size() - std::min<size_t>(found.error.size(), 300)));
    CAPTURE(found.out);
    CHECK(found.status == 0);
    CHECK(tests::contains(found.out, "hashes of `qstar engine verify` are the published ones"));
    CHECK(!tests::contains(found.out, "DIFFERS"));
}

TEST_CASE("engine verify: the same bytes without any vector, on one thread") {
    if (tests::kSanitized) return; // half a minute without sanitizers
    const Temporary folder;
    setenv("QSTAR_ISA", "scalar", 1);
    const auto scalar = tests::run_program(folder, "engine verify --threads 1");
    unsetenv("QSTAR_ISA");
    CAPTURE(scalar.out);
    CHECK(scalar.status == 0);
    CHECK(tests::contains(scalar.out, "(scalar kernels, 1 threads)"));
}

TEST_CASE("engine verify of a part, and each line and file of the small run belongs to one") {
    const Temporary folder;
    const auto found = tests::run_program(folder, "engine verify --only puzzle");
    CAPTURE(found.out);
    CHECK(found.status == 0);
    CHECK(tests::contains(found.out, "puzzle/davi/model.safetensors"));
    CHECK(!tests::contains(found.out, "run/sft/model.safetensors"));
    std::set<std::string> by_lines, by_files;
    for (const std::string& line : small_run_lines()) by_lines.insert(small_run_of_line(line));
    for (const auto& [file, hash] : published_hashes("qstar engine verify"))
        by_files.insert(small_run_of_file(file));
    CHECK(by_lines == std::set<std::string>{"run", "qwen3", "puzzle"});
    CHECK(by_files == by_lines);
    CHECK(tests::run_program(folder, "engine verify --only puzzle --run x").status == 2);
}

TEST_CASE("engine verify tells of a run that has other bytes, and of one that nobody published") {
    const Temporary folder;
    make_folders(folder / "run/sft");
    write_file_atomic(folder / "run/sft/model.safetensors", "none");
    write_file_atomic(folder / "run/config.json", "{\"seed\": 1}\n");
    VerifyOptions options;
    options.run = folder / "run";
    const auto sentence = [&] {
        try {
            verify(options);
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    CHECK(tests::contains(sentence(), "expected a run that `qstar demo` has made"));
    write_file_atomic(folder / "run/times.json",
                      R"({"seconds": {}, "demo": {"world": "arithmetic", "quick": true,
                          "full": false, "seed": 77}})");
    CHECK(tests::contains(sentence(), "no hashes of `qstar demo --quick --seed 77` are published"));
    write_file_atomic(folder / "run/times.json",
                      R"({"seconds": {}, "demo": {"world": "arithmetic", "quick": true,
                          "full": false, "seed": 1}})");
    CHECK(tests::contains(sentence(), "hashes of `qstar demo --quick --seed 1` are not the"));
}

TEST_CASE("hashes are of checkpoints and of what was found, not of how long it took") {
    const Temporary folder;
    make_folders(folder / "run/sft");
    write_file_atomic(folder / "run/sft/model.safetensors", "weights");
    write_file_atomic(folder / "astar.jsonl", "{\"seconds\":0.5,\"answer\":\"7\"}\n");
    const Hashes first = hashes_of(folder.path);
    CHECK(first.size() == 2);
    CHECK(first.at("run/sft/model.safetensors") == sha256("weights"));
    write_file_atomic(folder / "astar.jsonl", "{\"seconds\":12.25,\"answer\":\"7\"}\n");
    CHECK(hashes_of(folder.path) == first);
    write_file_atomic(folder / "astar.jsonl", "{\"seconds\":0.5,\"answer\":\"8\"}\n");
    CHECK(hashes_of(folder.path) != first);
    CHECK(published_hashes("qstar engine verify").size() == 50);
    CHECK(published_hashes("qstar").empty());
}

TEST_CASE("no result passes through an exp, log or sine of the C library") {
    if (tests::kSanitized) return; // the sanitizers' own library calls them
    const Temporary folder;
    const std::string list = folder / "symbols";
    if (std::system(
            fmt::format("nm -D --undefined-only '{}' > '{}' 2>/dev/null", tests::binary, list)
                .c_str()) != 0)
        return; // no nm here
    // Of libm's only what IEEE 754 or the C standard decide about to the last bit.
    const std::set<std::string> exact = {"floor", "floorf", "ceil",   "ceilf",    "round", "roundf",
                                         "trunc", "truncf", "sqrt",   "sqrtf",    "fma",   "fmaf",
                                         "fmod",  "rint",   "lround", "llround",  "ldexp", "frexp",
                                         "modf",  "rintf",  "lrint",  "nearbyint"};
    const std::set<std::string> of_libm = {
        "exp",   "exp2",  "exp10",  "expm1", "log",   "log2", "log10", "log1p", "pow",    "sin",
        "cos",   "tan",   "sincos", "asin",  "acos",  "atan", "atan2", "sinh",  "cosh",   "tanh",
        "asinh", "acosh", "atanh",  "cbrt",  "hypot", "erf",  "erfc",  "fmod",  "lgamma", "tgamma"};
    std::istringstream lines(read_file(list));
    int seen = 0;
    for (std::string line; std::getline(lines, line);) {
        const size_t begin = line.rfind(' ') + 1;
        std::string name = line.substr(begin, line.find('@') - begin);
        ++seen;
        if (exact.contains(name)) continue;
        if (name.ends_with('f')) name.pop_back();
        CAPTURE(line);
        CHECK(!of_libm.contains(name));
    }
    CHECK(seen > 20);
}
