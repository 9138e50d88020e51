#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/text/metrics.h"
#include "tests/temporary.h"

#include <doctest/doctest.h>
#include <string>

using namespace qstar;

namespace {

std::string metrics_refusal(const std::string& path, int64_t resume) {
    try {
        MetricsLog(path, resume);
    } catch (const Error& error) {
        return error.what();
    }
    return "no Error";
}

} // namespace

TEST_CASE("a resumed metrics log has the bytes of one that was never stopped") {
    const Temporary folder;
    const std::string path = folder / "metrics.jsonl";
    const auto log = [&](int64_t resume, int64_t from, int64_t to) {
        MetricsLog metrics(path, resume);
        for (int64_t step = from; step < to; ++step) {
            metrics.write(step, {{"loss", 1.0 / static_cast<double>(step + 1)}});
        }
    };
    log(0, 0, 20);
    const auto whole = read_file(path);
    CHECK(whole.starts_with("{\"step\":0,\"loss\":1.0}\n{\"step\":1,\"loss\":0.5}\n"));

    // Killed at any byte after the checkpoint of step 7, resumed from there.
    const size_t seventh = whole.find("{\"step\":7");
    for (size_t cut = seventh; cut <= whole.size(); cut += 11) {
        write_file_atomic(path, whole.substr(0, cut));
        log(7, 7, 20);
        CHECK(read_file(path) == whole);
    }
    log(0, 0, 1); // a fresh run drops the old one
    CHECK(read_file(path) == "{\"step\":0,\"loss\":1.0}\n");
}

TEST_CASE("a metrics log that lacks a step before the saved state's is refused, and stays") {
    const Temporary folder;
    const std::string path = folder / "metrics.jsonl";
    const std::string advice = ": restore the file, or remove its folder to make the stage anew";
    const std::string three = path + ": expected a line for each of the steps 0 to 2, in order, "
                                     "which the saved state has behind it, found ";

    CHECK(metrics_refusal(path, 3) == three + "no file" + advice);
    CHECK(!exists(path));
    CHECK(metrics_refusal(path, 1) == path +
                                          ": expected the line of step 0, which the saved "
                                          "state has behind it, found no file" +
                                          advice);

    const auto found = [&](const std::string& text) {
        write_file_atomic(path, text);
        const std::string error = metrics_refusal(path, 3);
        CHECK((error == "no Error" || read_file(path) == text));
        if (error == "no Error") return error;
        REQUIRE(error.starts_with(three));
        REQUIRE(error.ends_with(advice));
        return error.substr(three.size(), error.size() - three.size() - advice.size());
    };
    const std::string zero = "{\"step\":0}\n", one = "{\"step\":1}\n", two = "{\"step\":2}\n";
    CHECK(found(zero + one + two) == "no Error");
    CHECK(found("") == "none");
    CHECK(found(zero + one) == "whole lines only up to step 1");
    CHECK(found(zero + one + "{\"step\":2}") == "whole lines only up to step 1"); // torn
    CHECK(found(zero + two) == "step 2 in line 2");                               // a hole
    CHECK(found(one + two) == "step 1 in line 1");
    CHECK(found(zero + one + one + two) == "step 1 in line 3");
    CHECK(found(zero + two + one) == "step 2 in line 2");
    CHECK(found(zero + "nonsense\n" + two) == "line 2 damaged");
    CHECK(found(zero + "\n" + one + two) == "line 2 damaged");
    CHECK(found(zero + "{\"step\":1.5}\n" + two) == "line 2 damaged");
    CHECK(found(zero + "[1]\n" + two) == "line 2 damaged");
    CHECK(found(zero + std::string(5, '\0') + two) == "line 2 damaged"); // a lost block
    // What comes after the state is dropped, whatever it is.
    CHECK(found(zero + one + two + "nonsense\nmore") == "no Error");
    CHECK(read_file(path) == zero + one + two);
}
