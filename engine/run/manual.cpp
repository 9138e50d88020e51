#include "engine/run/manual.h"

#include "engine/run/command_list.h"
#include "engine/text/joined.h"
#include "engine/text/utf8.h"

#include <algorithm>
#include <cctype>
#include <fmt/core.h>
#include <string_view>
#include <vector>

namespace qstar {

namespace {

// U+2019 of its bytes.
unsigned code_point(std::string_view bytes) {
    const auto lead = static_cast<unsigned char>(bytes[0]);
    unsigned code = bytes.size() == 1 ? lead : lead & (0x7fu >> bytes.size());
    for (size_t i = 1; i < bytes.size(); ++i)
        code = code << 6 | (static_cast<unsigned char>(bytes[i]) & 0x3fu);
    return code;
}

// Its first word stays as it is: it may be one that the line takes.
std::string with_stop(const std::string& text) {
    return text.empty() || text.back() == '.' || text.back() == '?' ? text : text + ".";
}

std::string flag_heading(const Flag& flag) {
    const std::string value = value_name(flag);
    const std::string italic = value.empty() ? "" : "\\fI" + roff(value) + "\\fR";
    if (flag.form == Flag::Form::text) return "\\fI" + roff(flag.name) + "\\fR";
    std::string name = "\\fB" + roff("--" + flag.name) + "\\fR";
    if (!flag.also.empty()) name += ", \\fB" + roff("--" + flag.also) + "\\fR";
    return italic.empty() ? name : name + " " + italic;
}

std::string flag_text(const ListedFlag& one, const std::string& decider) {
    const Flag& flag = one.flag;
    std::vector<std::string> sentences = {with_stop(flag.help)};
    if (!one.only.empty())
        sentences.push_back(fmt::format("Only with --{} {}.", decider, joined(one.only, " or ")));
    if (const auto words = offered_words(flag); !flag.choices.empty())
        sentences.push_back(fmt::format("One of {}.", joined(words, ", ")));
    if (const std::string limits = limits_text(flag); !limits.empty())
        sentences.push_back(with_stop(limits));
    if (!one.standard.empty()) sentences.push_back(fmt::format("Default: {}.", one.standard));
    if (flag.needed) sentences.emplace_back("It must be given.");
    if (flag.form == Flag::Form::repeated) sentences.emplace_back("May be given again.");
    std::erase(sentences, "");
    return roff(joined(sentences, " "));
}

std::string flag_entries(const ListedCommand& command, bool arguments) {
    std::string out;
    for (const ListedFlag& one : command.flags)
        if ((one.flag.form == Flag::Form::text) == arguments)
            out += fmt::format(".TP\n{}\n{}\n", flag_heading(one.flag),
                               flag_text(one, command.decider));
    return out;
}

// ".SS qstar train prm", its sentence and its flags.
std::string command_section(const std::string& program, const ListedCommand& command) {
    std::string out = fmt::format(".SS \"{}\"\n", roff(program + " " + command.words));
    out += roff(with_stop(command.help)) + "\n";
    if (!command.note.empty()) out += ".PP\n" + roff(command.note) + "\n";
    return out + flag_entries(command, true) + flag_entries(command, false);
}

std::string environment_entries(const std::vector<ListedCommand>& all) {
    std::string out;
    for (const ListedCommand& command : all)
        for (const ListedFlag& one : command.flags)
            if (!one.flag.environment.empty())
                out += fmt::format(".TP\n\\fB{}\\fR\n{}\n", roff(one.flag.environment),
                                   roff(fmt::format("What --{} is where the line does not say it.",
                                                    one.flag.name)));
    return out;
}

} // namespace

std::string roff(const std::string& text) {
    std::string out;
    bool first = true; // of a line
    for (size_t i = 0; i < text.size();) {
        const size_t size = std::max<size_t>(1, utf8_size(std::string_view(text).substr(i)));
        const std::string_view character = std::string_view(text).substr(i, size);
        i += size;
        const char c = character[0];
        if (size > 1)
            out += fmt::format("\\[u{:04X}]", code_point(character));
        else if (c == '\\')
            out += "\\(rs";
        else if (c == '-')
            out += "\\-";
        else if (c == '\'')
            out += "\\(aq";
        else if (c == '"')
            out += "\\(dq";
        else if (c == '`')
            out += "\\(ga";
        else if (c == '^')
            out += "\\(ha";
        else if (c == '~')
            out += "\\(ti";
        else if (c == '.' && first)
            out += "\\&.";
        else
            out += c;
        first = c == '\n';
    }
    return out;
}

std::string manual_page(const Command& program, const std::string& version) {
    const std::vector<ListedCommand> all = list_commands(program);
    std::string title = program.name;
    for (char& c : title) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    std::string out = fmt::format(
        ".\\\" Made by `{0} help --format man`.\n.TH {1} 1 \"\" \"{2}\" \"User Commands\"\n",
        program.name, title, roff(version.substr(0, version.find('\n'))));
    // "qstar: the pipeline ..." is the line that whatis(1) shows.
    const size_t colon = program.help.find(": ");
    out += fmt::format(
        ".SH NAME\n{} \\- {}\n", program.name,
        roff(colon == std::string::npos ? program.help : program.help.substr(colon + 2)));
    out += fmt::format(".SH SYNOPSIS\n\\fB{}\\fR \\fIcommand\\fR [\\fIcommand\\fR] "
                       "[\\fIargument\\fR] [\\fIoption\\fR ...]\n",
                       program.name);
    out += ".SH DESCRIPTION\n";
    for (size_t i = 0; i < all[0].inner.size(); ++i)
        out += fmt::format(".TP\n\\fB{}\\fR\n{}\n", roff(all[0].inner[i]),
                           roff(with_stop(all[0].inner_help[i])));
    out += ".SH OPTIONS\nThese may stand anywhere on the line.\n" + flag_entries(all[0], false);
    out += ".TP\n\\fB\\-\\-help\\fR\nSay what a command does and which options it has.\n"
           ".TP\n\\fB\\-\\-version\\fR\nSay which release this is and what it computes with.\n";
    out += ".SH COMMANDS\n";
    for (const ListedCommand& command : all)
        if (!command.words.empty() && command.inner.empty())
            out += command_section(program.name, command);
    if (const std::string variables = environment_entries(all); !variables.empty())
        out += ".SH ENVIRONMENT\n" + variables;
    out += ".SH \"EXIT STATUS\"\n0 where all was done, 2 where something was wrong: then one "
           "sentence on the standard error says what, and what was there is untouched.\n";
    return out;
}

} // namespace qstar
