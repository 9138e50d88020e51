#pragma once
// What CLI11 leaves open in reading a command line.

#include <string>
#include <vector>

namespace CLI {
class App;
class ParseError;
} // namespace CLI

namespace qstar::engine {

// Makes every flag of the program that holds a number refuse what is not wholly one, or does not
// fit: "12abc", "1e3" or "-1" for a count, "nan", "1e999". Call it when all commands are there.
void read_strictly(CLI::App& app);

// The words after the program's name as parse() wants them, last first. What begins with a minus
// and can be no flag, "-(3+4)*2", is the value of the flag before it or else a text of its own.
std::vector<std::string> words_of(int argc, const char* const* argv, const CLI::App& app);

// One sentence for what is wrong with a command line.
std::string sentence_of(const CLI::ParseError& error, const CLI::App& app);

} // namespace qstar::engine
