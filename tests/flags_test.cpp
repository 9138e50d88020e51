// Every flag of every command, found by the program's own --help: what a value may be is said
// in one sentence that names the flag, before anything is read or written.

#include "engine/io/files.h"
#include "engine/text/sentence.h"
#include "eval/program.h"
#include "tests/program.h"
#include "tests/sanitized.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/core.h>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace qstar;
using namespace qstar::tests;

namespace {

struct HelpFlag {
    std::string command, name, type; // "train sft", "--items", "INT"
};

// The lines of a help text that begin with two spaces and a word, the section they stand in
// before them.
std::vector<std::pair<std::string, std::string>> help_lines(const std::string& text) {
    std::vector<std::pair<std::string, std::string>> lines;
    std::istringstream in(text);
    std::string section;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("  ") && line.size() > 2 && line[2] != ' ')
            lines.emplace_back(section, line.substr(2));
        else if (!line.starts_with(" "))
            section = line;
    }
    return lines;
}

// All flags with a value of the commands below `command`.
void collect(const Temporary& folder, const std::string& command, std::vector<HelpFlag>& flags) {
    const std::string text = run_program(folder, command + " --help").out;
    for (const auto& [section, line] : help_lines(text)) {
        std::istringstream words(line);
        std::string name, type;
        words >> name >> type;
        if (section == "Subcommands:")
            collect(folder, command + (command.empty() ? "" : " ") + name, flags);
        else if (const size_t at = name.rfind("--"); at != name.npos)
            flags.push_back({command, name.substr(at), type.substr(0, type.find_first_of("=:"))});
    }
}

const std::vector<HelpFlag>& all_flags() {
    static const std::vector<HelpFlag> found = [] {
        const Temporary folder;
        std::vector<HelpFlag> flags;
        collect(folder, "", flags);
        return flags;
    }();
    return found;
}

// A run that has begun, with nothing in it.
void begin_run(const std::string& run) {
    std::filesystem::create_directories(run + "/tokenizer");
    write_file_atomic(run + "/config.json", "{\"seed\": 1, \"stages\": {}}\n");
}

std::map<std::string, std::string> sources_below(const std::string& folder) {
    std::map<std::string, std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
        found[entry.path()] = entry.is_regular_file() ? read_file(entry.path()) : "";
    return found;
}

// The command with what it cannot be called without.
std::string call_of(const std::string& command, const std::string& run, const Temporary& folder) {
    std::string call = command;
    if (command == "search") call += " 3+4";
    if (command == "eval actions") call += " --sets 3";
    if (command == "tokenizer train") call += " --text " + folder.file("text", "some text\n");
    if (command == "tokenizer encode") call += " text";
    if (command == "tokenizer decode") call += " 1";
    if (command == "engine import") call += " " + folder.path;
    if (command == "engine export") call += " --out " + (folder / "out");
    if (command == "engine complete") call += " text";
    for (const HelpFlag& flag : all_flags())
        if (flag.command == command && flag.name == "--run") call += " --run " + run;
    return call;
}

// What the program does with the line, without a process of its own: a third of the time.
ProgramOutput run_here(const std::string& line) {
    std::istringstream in(line);
    const std::vector<std::string> words{std::istream_iterator<std::string>(in), {}};
    eval::ProgramOptions options;
    Command program = eval::program(options);
    try {
        return {0, run_line(program, words), ""};
    } catch (const std::exception& error) {
        return {2, "", "qstar: " + sentence_of(error) + "\n"};
    }
}

bool one_sentence(const std::string& error) {
    return error.starts_with("qstar: ") && std::count(error.begin(), error.end(), '\n') == 1 &&
           error.size() < 400;
}

} // namespace

TEST_CASE("every number that a flag cannot be is refused before anything is read or written" *
          doctest::skip(tests::kSanitized)) {
    const Temporary folder;
    const std::string run = folder / "run";
    begin_run(run);
    const auto before = sources_below(run);
    size_t seen = 0;
    std::set<std::string> asked; // commands
    for (const HelpFlag& flag : all_flags()) {
        std::vector<std::string> values;
        if (flag.type == "UINT" || flag.type == "INT")
            values = {"-999999999", "99999999999999999999", "12abc"};
        else if (flag.type == "FLOAT")
            values = {"-999999999", "nan", "1e999"};
        for (const std::string& value : values) {
            const std::string command = flag.command.empty() ? "engine info" : flag.command;
            const std::string call = call_of(command, run, folder) + " " + flag.name + " " + value;
            CAPTURE(call);
            const bool first = asked.insert(command).second;
            const ProgramOutput got = first ? run_program(folder, call) : run_here(call);
            CAPTURE(got.error);
            CHECK(got.status == 2);
            CHECK(one_sentence(got.error));
            CHECK(contains(got.error, flag.name));
            CHECK(got.out.empty());
            ++seen;
        }
    }
    CHECK(seen > 250);
    CHECK(sources_below(run) == before);
}

TEST_CASE("every choice that a flag does not have is refused before anything is read or written") {
    const Temporary folder;
    const std::string run = folder / "run";
    begin_run(run);
    const auto before = sources_below(run);
    const std::vector<std::string> choices = {
        "--precision", "--positions", "--curate",    "--form",     "--annotator", "--neutral",
        "--loss",      "--reward",    "--step-pay",  "--baseline", "--start",     "--q-start",
        "--method",    "--methods",   "--aggregate", "--confirm",  "--split",     "--vote",
        "--step-cost", "--isa",       "--bound",     "--device"};
    size_t seen = 0;
    for (const HelpFlag& flag : all_flags()) {
        const bool rollout_search = flag.command == "train rollout" && flag.name == "--search";
        const bool format = (flag.command == "train label" || flag.command == "engine export") &&
                            flag.name == "--format";
        const bool known = std::find(choices.begin(), choices.end(), flag.name) != choices.end();
        if (!(known || rollout_search || format) || flag.type != "TEXT") continue;
        const std::string command = flag.command.empty() ? "engine info" : flag.command;
        const std::string call = call_of(command, run, folder) + " " + flag.name + " nosuch";
        CAPTURE(call);
        const ProgramOutput got = run_here(call);
        CAPTURE(got.error);
        CHECK(got.status == 2);
        CHECK(one_sentence(got.error));
        std::string words = flag.name == "--methods" ? "method" : flag.name.substr(2);
        if (flag.name == "--step-cost") words = "step cost";
        CHECK(contains(got.error, words));
        CHECK(contains(got.error, "nosuch"));
        ++seen;
    }
    CHECK(seen > 30);
    CHECK(sources_below(run) == before);
}

TEST_CASE("a run that is not there is said with the command that makes one" *
          doctest::skip(tests::kSanitized)) {
    const Temporary folder;
    const std::string run = folder / "none", file = folder.file("file", "");
    // These make a run, or need none.
    const std::vector<std::string> begin = {"demo",         "train corpus", "train davi",
                                            "train deep-q", "train walk",   "tokenizer train",
                                            "eval puzzles", "eval actions", "engine import"};
    size_t seen = 0;
    for (const HelpFlag& flag : all_flags()) {
        const bool begins = std::find(begin.begin(), begin.end(), flag.command) != begin.end();
        if (flag.name != "--run" || begins) continue;
        CAPTURE(flag.command);
        const ProgramOutput got = run_program(folder, call_of(flag.command, run, folder));
        CAPTURE(got.error);
        CHECK(got.status == 2);
        CHECK(got.error ==
              fmt::format("qstar: {0}: there is no such run: make one with `qstar demo "
                          "--run {0}` or begin with `qstar train corpus --run {0}`\n",
                          run));
        CHECK(!exists(run));
        CHECK(contains(run_program(folder, call_of(flag.command, file, folder)).error,
                       file + ": expected a run's folder, found a file"));
        ++seen;
    }
    CHECK(seen > 25);
}

TEST_CASE("a seed is a whole number from 0 to 2^63-1, or nothing is begun") {
    const Temporary folder;
    const std::string run = folder / "run",
                      corpus = "train corpus --tokens 2000 --curated 4 --run ";
    for (const char* seed : {"-1", "99999999999999999999", "9223372036854775808", "1e3", "12abc",
                             "0x10", "\" 7\"", "+7", "1.0", "\"\""}) {
        CAPTURE(seed);
        const ProgramOutput got =
            run_program(folder, fmt::format("{}{} --seed {}", corpus, run, seed));
        CAPTURE(got.error);
        CHECK(got.status == 2);
        CHECK(contains(got.error, "--seed: expected a whole number from 0 to 9223372036854775807"));
        CHECK(!exists(run));
    }
    CHECK(run_program(folder, corpus + run + " --quiet --seed 9223372036854775807").status == 0);
    CHECK(contains(read_file(run + "/config.json"), "\"seed\": 9223372036854775807"));
    CHECK(run_program(folder, corpus + run + " --quiet").status == 0); // and it goes on
}

TEST_CASE("the sentences for a wrong number") {
    const Temporary folder;
    const auto said = [&](const std::string& arguments) {
        return run_program(folder, arguments).error;
    };
    CHECK(said("engine info --threads -1") ==
          "qstar: --threads must be within 0 to 4096, found -1\n");
    CHECK(said("search 1+2 --width 99999999999") ==
          "qstar: --width: expected a whole number from -2147483648 to 2147483647, found "
          "\"99999999999\" (see --help)\n");
    CHECK(said("train sft --items -3") == "qstar: --items must be 0 or more, found -3\n");
    CHECK(said("train sft --lr 1e999") ==
          "qstar: --lr: expected a finite number, found \"1e999\" (see --help)\n");
    CHECK(said("train grpo --steps 0") == "qstar: --steps must be 1 or more, found 0\n");
    CHECK(said("search 1+2 --step-tokens 0") ==
          "qstar: --step-tokens must be within 1 to 100000, found 0\n");
    CHECK(said("train sample --distinct maybe") ==
          "qstar: --distinct: expected true or false, found \"maybe\" (see --help)\n");
}

TEST_CASE("the version is said") {
    const Temporary folder;
    const ProgramOutput got = run_program(folder, "--version");
    CHECK(got.status == 0);
    CHECK(got.out.starts_with("qstar "));
    CHECK(std::isdigit(static_cast<unsigned char>(got.out[6])));
    CHECK(contains(got.out, "built with "));
}
