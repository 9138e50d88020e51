// Every flag of every command that learns, searches or measures: what is printed of it is what
// is read again, from the line and from the record.

#include "engine/text/json_parse.h"
#include "eval/command.h"

#include "engine/run/record.h"
#include "search/command.h"
#include "train/command.h"

#include <doctest/doctest.h>
#include <functional>
#include <string>
#include <utility>
#include <vector>

using namespace qstar;

namespace {

// The commands, which do nothing when they are called.
struct IdleProgram {
    std::optional<uint64_t> seed;
    Command program{"qstar", "idle"};
    std::vector<std::function<void(const Call&)>> held; // which hold the options

    IdleProgram() {
        program.flags.seed(seed);
        program.commands = {train::command(), search::command(), eval::command()};
        for (Command& command : program.commands) still(command);
    }
    void still(Command& command) {
        if (command.run) held.push_back(std::exchange(command.run, [](const Call&) {}));
        for (Command& inner : command.commands) still(inner);
    }
};

// "train ppo", "search", ...
void add_leaves(const Command& command, const std::string& words, std::vector<std::string>& to) {
    if (command.commands.empty()) to.push_back(words);
    for (const Command& inner : command.commands) add_leaves(inner, words + " " + inner.name, to);
}

struct Changer {
    void operator()(bool* value) const { *value = !*value; }
    void operator()(int* value) const { *value += 1; }
    void operator()(int64_t* value) const { *value += 1; }
    void operator()(uint64_t* value) const { *value += 4; }
    void operator()(float* value) const { *value = *value / 2 + 0.125f; }
    void operator()(double* value) const { *value = *value / 3 + 0.1; }
    void operator()(std::string* value) const { *value = "it's " + *value; }
    void operator()(std::optional<int64_t>* value) const { *value = -24; }
    void operator()(std::optional<uint64_t>* value) const { *value = 5; }
    void operator()(std::vector<int>* value) const { *value = {7, 8}; }
    void operator()(std::vector<int64_t>* value) const { *value = {7, 8, 9}; }
    void operator()(std::vector<double>* value) const { *value = {0.1, 2.5}; }
    void operator()(std::vector<std::string>* value) const { *value = {"a=1", "b c"}; }
};

// The words of a line that a shell would see.
std::vector<std::string> shell_words(const std::string& line) {
    std::vector<std::string> words(1);
    bool quoted = false;
    for (size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '\'')
            quoted = !quoted;
        else if (line[i] == '\\' && !quoted)
            words.back() += line[++i];
        else if (line[i] == ' ' && !quoted)
            words.emplace_back();
        else
            words.back() += line[i];
    }
    return words;
}

} // namespace

TEST_CASE("every command that is printed is read again as the same options") {
    const IdleProgram untouched;
    std::vector<std::string> leaves;
    for (const Command& command : untouched.program.commands)
        add_leaves(command, command.name, leaves);
    CHECK(leaves.size() > 35);
    size_t seen = 0;
    for (const std::string& words : leaves) {
        CAPTURE(words);
        const Flags& standard = find_command(untouched.program.commands, words)->flags;
        const IdleProgram changed;
        const Flags& flags = find_command(changed.program.commands, words)->flags;
        const std::string& decider = find_command(changed.program.commands, words)->decider;
        for (const Flag& flag : flags.all)
            if (flag.name != decider) std::visit(Changer(), flag.value); // it has few values
        for (const Flag& flag : flags.all) // no two texts are one: no file is read and written
            if (std::string* const* text = std::get_if<std::string*>(&flag.value);
                text != nullptr && flag.name != decider)
                **text += flag.name;
        const std::string line = command_line(words, flags, standard, 1);
        CAPTURE(line);

        IdleProgram again;
        std::vector<std::string> arguments = shell_words(line);
        arguments.erase(arguments.begin());
        REQUIRE(run_line(again.program, arguments) == "");
        IdleProgram recorded;
        const Flags& back = find_command(recorded.program.commands, words)->flags;
        read_record(back, parse_json(record(flags).dump(), "test"));
        for (size_t i = 0; i < flags.all.size(); ++i) {
            const Flag& flag = flags.all[i];
            CAPTURE(flag.name);
            const bool by_run = flag.name == "seed" && standard.find("run") == nullptr;
            if (!by_run)
                CHECK(texts_of(find_command(again.program.commands, words)->flags.all[i]) ==
                      texts_of(flag));
            if (flag.weight != Flag::Weight::quiet && flag.name != "run")
                CHECK(texts_of(back.all[i]) == texts_of(flag));
            ++seen;
        }
    }
    CHECK(seen > 500);
}
