#include "engine/run/command_line.h"

#include "engine/run/flag_value.h"
#include "engine/run/run_folder.h"
#include "engine/text/joined.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fmt/core.h>
#include <limits>
#include <map>
#include <variant>

namespace qstar {

uint64_t Call::seed_for(const std::string& run) const { return seed ? *seed : run_seed(run); }

const Command* find_command(const std::vector<Command>& commands, const std::string& words) {
    const size_t space = words.find(' ');
    for (const Command& command : commands) {
        if (command.name != words.substr(0, space)) continue;
        return space == words.npos ? &command
                                   : find_command(command.commands, words.substr(space + 1));
    }
    return nullptr;
}

namespace {

// The flag of a command, or of one around it.
const CLI::Option* find_flag(const CLI::App* command, const std::string& name) {
    for (; command != nullptr; command = command->get_parent())
        if (const CLI::Option* flag = command->get_option_no_throw(name)) return flag;
    return nullptr;
}

bool is_text_with_minus(const std::string& word) {
    if (word.size() < 2 || word[0] != '-' || word[1] == '-') return false;
    const bool letter = std::isalpha(static_cast<unsigned char>(word[1])) != 0;
    return !letter || word.find_first_of("=+*/( ") != word.npos;
}

// The words as CLI11 wants them, last first.
std::vector<std::string> arranged(const std::vector<std::string>& line, const CLI::App& app) {
    std::vector<std::string> words, texts;
    const CLI::App* command = &app;
    size_t i = 0;
    for (; i < line.size() && line[i] != "--"; ++i) {
        const std::string& word = line[i];
        // The library would take the word behind it.
        if (word.starts_with("--") && word.find('=') == word.size() - 1)
            throw WrongLine(
                fmt::format("{}: expected a value, found none", word.substr(0, word.size() - 1)));
        const auto inner =
            command->get_subcommands([&](const CLI::App* a) { return a->get_name() == word; });
        if (!inner.empty()) command = inner[0];
        if (!is_text_with_minus(word)) {
            words.push_back(word);
            continue;
        }
        const CLI::Option* flag = words.empty() || !words.back().starts_with("--")
                                      ? nullptr
                                      : find_flag(command, words.back());
        if (flag != nullptr && flag->get_items_expected_min() > 0)
            words.back() += "=" + word;
        else
            texts.push_back(word);
    }
    if (!texts.empty() || i < line.size()) words.emplace_back("--");
    words.insert(words.end(), texts.begin(), texts.end());
    for (++i; i < line.size(); ++i) words.push_back(line[i]);
    std::reverse(words.begin(), words.end());
    return words;
}

// The commands of those that the line names the last of.
std::string commands_of(const CLI::App* app) {
    while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
    return joined(app->get_subcommands([](const CLI::App*) { return true; }), ", ",
                  [](const CLI::App* inner) { return inner->get_name(); });
}

// One sentence of ours for what is wrong with a line.
std::string sentence_of(const CLI::ParseError& error, const CLI::App& app,
                        const std::vector<std::string>& line) {
    const std::string text = error.what();
    if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
        // A command that does not exist is found out only as the lack of one that does.
        const std::vector<std::string> rest = app.remaining(true);
        if (!rest.empty() && !commands_of(&app).empty())
            return fmt::format("unknown command \"{}\"", rest[0]);
        if (text.find("subcommand") != text.npos)
            return fmt::format("expected a command, one of {}", commands_of(&app));
    }
    if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
        // The library says them in another order.
        const std::vector<std::string> rest = app.remaining(true);
        const auto first = std::find_first_of(line.begin(), line.end(), rest.begin(), rest.end());
        const std::string word = first != line.end() ? *first : rest.empty() ? "" : rest[0];
        if (!word.starts_with('-'))
            return fmt::format("expected a flag or the end of the line, found \"{}\"", word);
        return fmt::format("unknown flag \"{}\"", word.substr(0, word.find('=')));
    }
    if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
        const bool twice = text.find("received") != text.npos;
        return text.substr(0, text.find(": ")) +
               (twice ? ": expected once, found more often" : ": expected a value, found none");
    }
    const std::string unread = "Could not convert: "; // "--width = 99999999999"
    if (dynamic_cast<const CLI::ConversionError*>(&error) == nullptr || !text.starts_with(unread))
        return text;
    // All is checked already (refusal), but for what fits 64 bits and not the flag's 32.
    const size_t equals = text.find(" = ");
    return fmt::format("{}: expected a whole number from {} to {}, found \"{}\"",
                       text.substr(unread.size(), equals - unread.size()),
                       std::numeric_limits<int>::min(), std::numeric_limits<int>::max(),
                       text.substr(equals + 3));
}

// What is wrong with a line that has a name of an earlier version; empty: it has none.
std::string renamed_in(const std::vector<std::string>& words, const Command& program) {
    for (const std::string& word : words)
        for (const auto& [then, now] : program.renamed)
            if (word == then || word.starts_with(then + "="))
                return fmt::format("{} has another name now: {}", then, now);
    return "";
}

// The program's commands in CLI11's form, and which option is which flag.
struct Reader {
    CLI::App app;
    std::map<const Flag*, CLI::Option*> options;

    void add(CLI::App& to, const Flag& flag);
    void add(CLI::App& to, const Command& command, bool is_program);
};

void Reader::add(CLI::App& to, const Flag& flag) {
    std::string name = flag.form == Flag::Form::text ? flag.name : "--" + flag.name;
    if (!flag.also.empty()) name += ",--" + flag.also;
    CLI::Option* option = nullptr;
    if (flag.form == Flag::Form::mark)
        option = to.add_flag(name, *std::get<bool*>(flag.value), flag.help);
    else
        std::visit([&](auto* value) { option = to.add_option(name, *value, flag.help); },
                   flag.value);
    // The library takes numbers for true and false of a mark, --x=3.
    const std::string type =
        flag.form == Flag::Form::mark ? std::string("BOOLEAN") : option->get_type_name();
    option->check([type, names = flag.names](const std::string& text) {
        if (names != Flag::Names::text && text.empty())
            return fmt::format("expected the name of a {}, found none",
                               names == Flag::Names::file ? "file" : "folder");
        return value_refusal(type, text);
    });
    const std::vector<std::string> texts = texts_of(flag);
    if (flag.form != Flag::Form::mark && !texts.empty() && !texts[0].empty())
        option->capture_default_str();
    if (flag.form == Flag::Form::joined) option->delimiter(',');
    if (flag.needed) option->required();
    if (!flag.environment.empty()) option->envname(flag.environment);
    if (!flag.group.empty()) option->group(flag.group);
    options[&flag] = option;
}

void Reader::add(CLI::App& to, const Command& command, bool is_program) {
    for (const Flag& flag : command.flags.all)
        if (is_program || flag.name != "seed") add(to, flag);
    if (!command.note.empty()) to.footer(command.note);
    if (!command.run || is_program) to.require_subcommand(1);
    for (const Command& inner : command.commands)
        add(*to.add_subcommand(inner.name, inner.help), inner, false);
}

// The command that the line names, below `command`.
const Command& named(const CLI::App& app, const Command& command) {
    for (const Command& inner : command.commands)
        if (const CLI::App* found = app.get_subcommand(inner.name); found->parsed())
            return named(*found, inner);
    return command;
}

// Gives the command that the words name the flags that depend on one of theirs.
void adapt_flags(Command& program, const std::vector<std::string>& words) {
    Command* named = &program;
    for (const std::string& word : words)
        for (Command& inner : named->commands)
            if (inner.name == word) {
                named = &inner;
                break;
            }
    if (!named->flags_for) return;
    const std::string flag = "--" + named->decider, joined = flag + "=";
    std::optional<std::string> value;
    for (size_t i = 0; i < words.size(); ++i) {
        if (words[i] == flag && i + 1 < words.size()) value = words[i + 1];
        if (words[i].starts_with(joined)) value = words[i].substr(joined.size());
    }
    if (value) named->flags = named->flags_for(*value);
}

// The files that the line names, in the order of the flags.
struct NamedFile {
    const Flag* flag;
    std::string path;
};

std::vector<NamedFile> named_files(const Flags& flags, const Call& call) {
    std::vector<NamedFile> files;
    for (const Flag& flag : flags.all)
        if (flag.names == Flag::Names::file && call.has(flag.name))
            for (const std::string& path : texts_of(flag)) files.push_back({&flag, path});
    return files;
}

// What is written takes the place of what was read, or of another file that is written.
void refuse_same_files(const Flags& flags, const Call& call) {
    const std::vector<NamedFile> files = named_files(flags, call);
    for (const NamedFile& out : files)
        for (const NamedFile& other : files) {
            if (!out.flag->written || other.flag == out.flag) continue;
            std::error_code error; // two names of one file; a device is not lost
            const bool same =
                out.path == other.path || std::filesystem::equivalent(out.path, other.path, error);
            const bool plain = !std::filesystem::exists(out.path, error) ||
                               std::filesystem::is_regular_file(out.path, error);
            if (same && plain && out.path != "-")
                throw WrongLine(fmt::format("--{}: expected another file than that of --{}, found "
                                            "\"{}\" for both",
                                            out.flag->name, other.flag->name, out.path));
        }
}

// Sets a command's own seed; its run says which, where none is given.
void set_seed(const Flags& flags, const Call& call) {
    const Flag* seed = flags.find("seed");
    if (seed == nullptr) return;
    if (auto* const* value = std::get_if<uint64_t*>(&seed->value)) {
        const Flag* run = flags.find("run");
        **value = call.seed_for(run == nullptr ? "" : *std::get<std::string*>(run->value));
    } else if (call.seed) {
        *std::get<std::optional<uint64_t>*>(seed->value) = call.seed;
    }
}

} // namespace

std::string run_line(Command& program, const std::vector<std::string>& words,
                     const std::string& version) {
    adapt_flags(program, words);
    Reader reader;
    CLI::App& app = reader.app;
    app.description(program.help);
    app.fallthrough();
    if (!version.empty()) app.set_version_flag("--version", version, "Print the version and exit");
    reader.add(app, program, true);
    try {
        app.parse(arranged(words, app));
    } catch (const CLI::CallForVersion&) {
        return version + "\n";
    } catch (const CLI::CallForAllHelp&) {
        return app.help("", CLI::AppFormatMode::All);
    } catch (const CLI::CallForHelp&) {
        return app.help();
    } catch (const CLI::ParseError& wrong) {
        const std::string renamed = renamed_in(words, program);
        throw WrongLine(renamed.empty() ? sentence_of(wrong, app, words) : renamed);
    }
    const Command& command = named(app, program);
    Call call;
    for (const Flag& flag : program.flags.all) {
        if (flag.name == "threads") call.threads = *std::get<int*>(flag.value);
        if (flag.name == "seed") call.seed = *std::get<std::optional<uint64_t>*>(flag.value);
    }
    for (const Flag& flag : command.flags.all)
        if (const auto option = reader.options.find(&flag);
            option != reader.options.end() && option->second->count() > 0)
            call.given.insert(flag.name);
    refuse_same_files(command.flags, call);
    if (program.run) program.run(call);
    if (&command == &program) return "";
    set_seed(command.flags, call);
    command.run(call);
    return "";
}

} // namespace qstar
