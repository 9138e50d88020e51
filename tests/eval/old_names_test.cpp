#include "eval/old_names.h"

#include "engine/text/jsonl.h"
#include "tests/program.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

using namespace qstar;
using namespace qstar::tests;

TEST_CASE("words and flags of earlier versions are refused with their names of now") {
    const Temporary folder;
    for (const auto& [then, now] : eval::old_names()) {
        CAPTURE(then);
        bool refused = false, known = false;
        for (const std::string command : {"eval", "train rank", "train label", "train corpus"}) {
            const ProgramOutput got = run_program(folder, command + " " + then + " 1");
            CHECK(got.status == 2);
            refused = refused || got.error == fmt::format("qstar: {} has another name now: {} (see "
                                                          "--help)\n",
                                                          then, now);
            const bool countdown = command == "train corpus"; // whose own flags it then shows
            known = known ||
                    contains(run_program(folder, command + (countdown ? " --world countdown" : "") +
                                                     " --help")
                                 .out,
                             now);
        }
        CHECK(refused);
        CHECK(known);
    }
}
