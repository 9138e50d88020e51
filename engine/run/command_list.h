#pragma once
// A program's commands one after the other, as the manual (manual.h) and the shells' completions
// (completion.h) want them.

#include "engine/run/command_line.h"
#include "engine/run/flags.h"

#include <string>
#include <vector>

namespace qstar {

struct ListedFlag {
    Flag flag;
    std::string standard;               // its value where the line gives none
    std::vector<std::string> only = {}; // values of the decider that it is there with; empty: any
};

struct ListedCommand {
    std::string words; // "train prm"; of the program itself: ""
    std::string help, note;
    std::vector<ListedFlag> flags;  // in their order; `seed` is the program's alone
    std::vector<std::string> inner; // "prm": the names of the commands below it
    std::vector<std::string> inner_help;
    std::string decider;
};

// The program, and below it each command before what is below that one. A command whose flags
// depend on the value of one (Command::decider) has those of every value that this flag offers.
std::vector<ListedCommand> list_commands(const Command& program);

// What a shell may offer as the value of a flag: choices, or likely words, or true and false.
std::vector<std::string> offered_words(const Flag& flag);

// What it takes: "FILE", "FOLDER", "N", "NUMBER", "TEXT", "true|false"; nothing of a mark. A list
// of them: "N,...".
std::string value_name(const Flag& flag);

// "1 or more", "0 to 1", "above 0, at most 1000"; empty where any value will do.
std::string limits_text(const Flag& flag);

} // namespace qstar
