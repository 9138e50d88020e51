#include "search/results_log.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "tests/temporary.h"

#include <doctest/doctest.h>
#include <filesystem>

using namespace qstar;
using namespace qstar::search;

namespace {

const std::vector<std::string> three = {"1+1", "1+2", "1+3"};
const Json this_call{{"--method", "astar"}, {"--budget", 300}};

Json row_of(size_t i) { return Json{{"problem", three[i]}, {"tokens", i}}; }

std::string text_of(size_t count) {
    std::string text;
    for (size_t i = 0; i < count; ++i) text += json_text(row_of(i)) + "\n";
    return text;
}

// As if the program had been killed after `count` results.
void interrupt(const std::string& out, size_t count) {
    ResultsLog log(out, this_call, three);
    for (size_t i = log.rows().size(); i < count; ++i) log.add(row_of(i));
}

void run_to_the_end(const std::string& out, size_t expected_kept) {
    ResultsLog log(out, this_call, three);
    CHECK(log.rows().size() == expected_kept);
    for (size_t i = log.rows().size(); i < three.size(); ++i) log.add(row_of(i));
    log.finish();
    CHECK(log.rows().size() == three.size());
}

size_t files_in(const Temporary& folder) {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder.path), {}));
}

} // namespace

TEST_CASE("results are in the file as they come, and the same call goes on with them") {
    const Temporary folder;
    const std::string out = folder / "out";
    interrupt(out, 2);
    CHECK(read_file(out) == text_of(2));
    CHECK(files_in(folder) == 2);
    // A kill tears a line.
    FileAppender(out).write("{\"problem\":\"1+");
    run_to_the_end(out, 2);
    CHECK(read_file(out) == text_of(3));
    CHECK(files_in(folder) == 1);
    // Killed between its last result and its end.
    std::filesystem::remove(out);
    interrupt(out, 3);
    run_to_the_end(out, 3);
    CHECK(read_file(out) == text_of(3));
    CHECK(files_in(folder) == 1);
}

TEST_CASE("a finished file stays until its successor is whole") {
    const Temporary folder;
    const std::string out = folder.file("out", "old\n"), link = folder / "link";
    std::filesystem::create_symlink("out", link);
    interrupt(link, 1);
    CHECK(read_file(out) == "old\n");
    CHECK(read_file(out + ".partial") == text_of(1));
    run_to_the_end(link, 1);
    CHECK(read_file(out) == text_of(3));
    CHECK(std::filesystem::is_symlink(link));
    CHECK(files_in(folder) == 2);
}

TEST_CASE("nothing is left of a search without a result") {
    const Temporary folder;
    interrupt(folder / "out", 0);
    CHECK(files_in(folder) == 0);
    folder.file("old", "old\n");
    interrupt(folder / "old", 0);
    CHECK(files_in(folder) == 1);
    CHECK(read_file(folder / "old") == "old\n");
}

TEST_CASE("another call is not taken for the one that was interrupted") {
    const Temporary folder;
    const std::string out = folder / "out";
    interrupt(out, 2);
    const auto refusal = [&](const Json& call, const std::vector<std::string>& problems) {
        std::string sentence;
        try {
            const ResultsLog log(out, call, problems);
        } catch (const Error& error) {
            sentence = error.what();
        }
        CHECK(read_file(out) == text_of(2));
        CHECK(sentence.starts_with(out));
        CHECK(sentence.find("to begin anew") != std::string::npos);
        return sentence;
    };
    CHECK(refusal({{"--method", "beam"}, {"--budget", 300}}, three)
              .find("--method was \"astar\", not \"beam\"") != std::string::npos);
    CHECK(refusal({{"--method", "astar"}, {"--budget", 300}, {"--x", 1}}, three)
              .find("--x was not given") != std::string::npos);
    CHECK(refusal(this_call, {"1+1", "2+2", "1+3"})
              .find("out:2: expected a result of \"2+2\", found one of \"1+2\"") !=
          std::string::npos);
    CHECK(refusal(this_call, {"1+1"}).find("expected 1 results, found more") != std::string::npos);
    {
        const ResultsLog log(out, this_call, three);
        CHECK_THROWS_AS(ResultsLog(out, this_call, three), Error); // another works on it
    }
    run_to_the_end(out, 2);
}
