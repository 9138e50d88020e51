#pragma once
// The program's commands as data, and the reading of a command line, for which CLI11 stands behind
// command_line.cpp alone.
//
//   Command search{"search", "solve problems, step by step"};
//   const auto options = std::make_shared<SearchOptions>();
//   describe(search.flags, *options);
//   search.run = [options](const Call&) { solve(*options); };

#include "engine/base/error.h"
#include "engine/run/flags.h"

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace qstar {

// What stood on the line beside the values that the flags took up.
struct Call {
    std::set<std::string> given;  // names of the command's flags
    std::optional<uint64_t> seed; // of --seed
    int threads = 0;              // of --threads; 0: all processors

    bool has(const std::string& flag) const { return given.contains(flag); }
    // The seed that was given, or else that of the run's folder.
    uint64_t seed_for(const std::string& run) const;
};

struct Command {
    std::string name, help;
    Flags flags = {};
    std::function<void(const Call&)> run = {}; // none: one of `commands` must be named
    std::vector<Command> commands = {};
    std::string note = {}; // under the help text
    // Of a program: words and flags that had other names, {"--judge", "--annotator"}. A line that
    // cannot be read and has one is refused with the name of now.
    std::vector<std::pair<std::string, std::string>> renamed = {};
    // Where other flags depend on the value of one: its name, and what describes all of them for
    // such a value. A line that gives it has these flags, and its help shows them.
    std::string decider = {};
    std::function<Flags(const std::string& value)> flags_for = {};
};

// A command whose flags are those that describe() says of `options`, and which then calls `work`.
template <class Options, class Result>
Command described_command(std::string name, std::string help, Result (*work)(const Options&),
                          Options options = {}) {
    const auto held = std::make_shared<Options>(std::move(options));
    Command command{std::move(name), std::move(help)};
    describe(command.flags, *held);
    command.run = [held, work](const Call&) { work(*held); };
    return command;
}

// The command that these words name, "eval ladder"; null if there is none.
const Command* find_command(const std::vector<Command>& commands, const std::string& words);

// A line that cannot be read.
struct WrongLine : Error {
    using Error::Error;
};

// Reads the words after the program's name, fills the flags of the command that they name, and
// calls the program's `run` and then the command's. Flags of the program may stand anywhere. A
// number is read wholly or refused ("12abc", "1e3" for a count, "nan"); what begins with a minus
// and can be no flag, "-(3+4)*2", is the value of the flag before it or else an argument. A flag
// "seed" of a command is set to that of the program, or else to that of its run. Gives the text
// of --help or --version, if the line asks for it. `program` is of no use for a second line.
std::string run_line(Command& program, const std::vector<std::string>& words,
                     const std::string& version = "");

} // namespace qstar
