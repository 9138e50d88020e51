#include "engine/run/help_command.h"

#include "engine/run/command_list.h"
#include "engine/run/completion.h"
#include "engine/run/manual.h"

#include <algorithm>
#include <cstdio>
#include <fmt/core.h>
#include <memory>
#include <vector>

namespace qstar {

namespace {

struct HelpOptions {
    std::string format = "list";
};

void describe(Flags& f, HelpOptions& o) {
    f.choice("format", o.format, {"list", "man", "bash", "zsh"},
             "list: the commands; man: the manual page; bash, zsh: what their completion reads");
}

// Every command with its sentence.
std::string command_texts(const Command& program) {
    const std::vector<ListedCommand> all = list_commands(program);
    size_t width = 0;
    for (const ListedCommand& command : all) width = std::max(width, command.words.size());
    std::string out;
    for (const ListedCommand& command : all)
        if (command.inner.empty())
            out += fmt::format("{} {:<{}}  {}\n", program.name, command.words, width, command.help);
    return out + fmt::format("{} COMMAND --help has its flags.\n", program.name);
}

} // namespace

Command help_command(const Command& program, const std::string& version) {
    Command command{"help", "The commands in one list, or the manual, or a shell's completions"};
    const auto options = std::make_shared<HelpOptions>();
    describe(command.flags, *options);
    command.run = [options, &program, version](const Call&) {
        check(flags_of(*options));
        const std::string text = options->format == "man"    ? manual_page(program, version)
                                 : options->format == "bash" ? bash_completion(program)
                                 : options->format == "zsh"  ? zsh_completion(program)
                                                             : command_texts(program);
        std::fputs(text.c_str(), stdout);
    };
    return command;
}

} // namespace qstar
