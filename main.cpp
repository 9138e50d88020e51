// qstar: from next-token prediction to step search. eval/program.cpp names the commands.

#include "engine/base/ranks.h"
#include "engine/io/standard_streams.h"
#include "engine/run/command_line.h"
#include "engine/run/help_command.h"
#include "engine/run/version.h"
#include "engine/text/sentence.h"
#include "engine/text/utf8.h"
#include "eval/program.h"

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

namespace {

// Text for the standard output; Error for what cannot be done.
std::string run(const std::vector<std::string>& words) {
    using namespace qstar;
    eval::ProgramOptions options;
    Command program = eval::program(options);
    const std::string version = engine::version_text(QSTAR_VERSION, QSTAR_VULKAN);
    program.commands.push_back(help_command(program, version));
    return run_line(program, words, version);
}

} // namespace

int main(int argc, char** argv) {
    using namespace qstar;
    hold_standard_streams();
    try {
        engine::start_ranks();
        std::fputs(run({argv + 1, argv + argc}).c_str(), stdout);
        engine::end_ranks();
    } catch (const WrongLine& wrong) {
        return engine::end_with_error("qstar: " + printable(wrong.what()) + " (see --help)", 2);
    } catch (const std::exception& error) {
        return engine::end_with_error("qstar: " + sentence_of(error), 2);
    }
    return end_standard_output(0);
}
