// The real program with a standard output that is full, closed, or a pipe that nobody reads.
#include "engine/io/standard_streams.h"

#include "tests/program.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/core.h>

using namespace qstar;
using namespace qstar::tests;

namespace {

// A line of sh; what it prints on standard error, and its status.
ProgramOutput run_shell(const Temporary& folder, const std::string& line) {
    const std::string error = folder / "error";
    const int status = std::system(fmt::format("{{ {}\n}} 2> '{}'", line, error).c_str());
    return {WEXITSTATUS(status), "", read_file(error)};
}

const std::string commands[] = {"--help", "search --help", "engine info",
                                "search --world sliding '1 2 3 4 5 6 7 0 8'",
                                // More than a stream keeps for later: the print itself fails.
                                "search --world sliding --trace '8 6 7 2 5 4 3 0 1'",
                                "search --world sliding --problems states"};

} // namespace

TEST_CASE("a full disk behind the standard output is said, with status 2") {
    if (!std::filesystem::exists("/dev/full")) return;
    const Temporary folder;
    folder.file("states", "1 2 3 4 5 6 7 0 8\n");
    for (const std::string& command : commands) {
        CAPTURE(command);
        const ProgramOutput output = run_shell(
            folder, fmt::format("cd '{}' && '{}' {} > /dev/full", folder.path, binary, command));
        CHECK(output.status == 2);
        CHECK(contains(output.error,
                       "qstar: standard output: cannot write: No space left on device\n"));
        CHECK(output.error.find("qstar: ") == output.error.rfind("qstar: "));
    }
}

TEST_CASE("a closed standard output is no place for what a file is to hold") {
    const Temporary folder;
    const ProgramOutput help = run_shell(folder, fmt::format("'{}' --help >&-", binary));
    CHECK(help.status == 2);
    CHECK(help.error == "qstar: standard output: cannot write: Bad file descriptor\n");
    // The results' file would be the first to be opened, as descriptor 1.
    const std::string out = folder / "out";
    const ProgramOutput search = run_shell(
        folder, fmt::format("'{}' search --world sliding '1 2 3 4 5 6 7 0 8' --out '{}' >&- <&-",
                            binary, out));
    CHECK_MESSAGE(search.status == 0, search.error);
    CHECK(read_file(out).starts_with("{\"problem\":"));
    CHECK(read_file(out).ends_with("}\n"));
}

TEST_CASE("a reader that has seen enough ends the program quietly") {
    const Temporary folder;
    const ProgramOutput output =
        run_shell(folder, fmt::format("(sleep 0.2; '{}' --help; echo $? > '{}') | true", binary,
                                      folder / "status"));
    CHECK(read_file(folder / "status") == "141\n"); // SIGPIPE
    CHECK(output.error.empty());
}
