#include "engine/run/completion.h"

#include "engine/run/command_list.h"
#include "engine/text/joined.h"

#include <algorithm>
#include <fmt/core.h>
#include <string_view>
#include <vector>

namespace qstar {

namespace {

// Within a shell's single quotes.
std::string shell_quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

std::string with_backslashes(const std::string& text, std::string_view before) {
    std::string out;
    for (const char c : text) {
        if (before.find(c) != before.npos) out += '\\';
        out += c;
    }
    return out;
}

bool is_option(const ListedFlag& one) { return one.flag.form != Flag::Form::text; }

std::vector<std::string> option_names(const ListedCommand& command) {
    std::vector<std::string> names;
    for (const ListedFlag& one : command.flags) {
        if (!is_option(one)) continue;
        names.push_back("--" + one.flag.name);
        if (!one.flag.also.empty()) names.push_back("--" + one.flag.also);
    }
    // A flag with other words for another world stands there twice.
    std::vector<std::string> once;
    for (const std::string& name : names)
        if (std::find(once.begin(), once.end(), name) == once.end()) once.push_back(name);
    return once;
}

// Of all flags of that name.
std::vector<std::string> words_of_name(const ListedCommand& command, const std::string& name) {
    std::vector<std::string> words;
    for (const ListedFlag& one : command.flags) {
        if (one.flag.name != name) continue;
        for (const std::string& word : offered_words(one.flag))
            if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
    }
    return words;
}

// What bash is to do with the word after a flag: kind is words, list, files, folders or value.
std::string bash_value(const ListedCommand& command, const Flag& flag) {
    std::string patterns = "--" + flag.name;
    if (!flag.also.empty()) patterns += "|--" + flag.also;
    const std::string name = value_name(flag);
    const std::vector<std::string> words = words_of_name(command, flag.name);
    if (!words.empty()) {
        std::string quoted;
        for (const std::string& word : words) quoted += " " + shell_quoted(word);
        return fmt::format("{}) kind={} words=({}) ;;", patterns,
                           flag.form == Flag::Form::joined ? "list" : "words", quoted.substr(1));
    }
    const char* kind = name.starts_with("FILE")     ? "files"
                       : name.starts_with("FOLDER") ? "folders"
                                                    : "value";
    return fmt::format("{}) kind={} ;;", patterns, kind);
}

std::string bash_values(const ListedCommand& command, const std::string& indent) {
    std::string out;
    std::vector<std::string> seen;
    for (const ListedFlag& one : command.flags) {
        if (!is_option(one) || one.flag.form == Flag::Form::mark) continue;
        if (std::find(seen.begin(), seen.end(), one.flag.name) != seen.end()) continue;
        seen.push_back(one.flag.name);
        out += indent + bash_value(command, one.flag) + "\n";
    }
    return out;
}

// What an argument that is no flag's value may be: files, or nothing known.
bool takes_files(const ListedCommand& command) {
    return std::any_of(command.flags.begin(), command.flags.end(), [](const ListedFlag& one) {
        return !is_option(one) && one.flag.names == Flag::Names::file;
    });
}

std::string bash_case(const ListedCommand& command) {
    return fmt::format("    {})\n        inner=\"{}\" flags=\"{}\" arguments={}\n"
                       "        case $prev in\n{}        esac ;;\n",
                       shell_quoted(command.words), joined(command.inner, " "),
                       joined(option_names(command), " "), takes_files(command) ? "files" : "none",
                       bash_values(command, "        "));
}

// The text before the flags: which command the line names so far.
constexpr std::string_view kBashStart = R"(
NAME_word() { # offers $1 if it begins with $cur
    local word
    [[ $1 == "$cur"* ]] || return 0
    printf -v word %q "$1"
    COMPREPLY+=("$head$word")
}
NAME() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev= command= kind= inner= flags= arguments=none head= i
    local -a words
    words=()
    COMPREPLY=()
    ((COMP_CWORD > 0)) && prev=${COMP_WORDS[COMP_CWORD-1]}
    # bash has cut --world=gsm8k:questions at its marks.
    if [[ $cur == = || $cur == : ]]; then
        prev=$cur
        cur=
    fi
    if [[ $prev == = ]]; then
        for ((i = COMP_CWORD; i > 0; i--)); do
            [[ ${COMP_WORDS[i]} == --* ]] && prev=${COMP_WORDS[i]} && break
        done
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        case "$command ${COMP_WORDS[i]}" in
)";

constexpr std::string_view kBashEnd = R"(    esac
    [[ $prev == : ]] && kind=files
    case $kind in
    words | list)
        if [[ $kind == list && $cur == *,* ]]; then
            head=${cur%"${cur##*,}"}
            cur=${cur##*,}
        fi
        for i in "${words[@]}"; do NAME_word "$i"; done
        [[ $kind == list || ${COMPREPLY[0]-} == *: ]] && compopt -o nospace 2>/dev/null
        return 0
        ;;
    value) return 0 ;;
    '')
        if [[ $cur == -* ]]; then
            for i in $flags $shared; do NAME_word "$i"; done
            return 0
        fi
        for i in $inner; do NAME_word "$i"; done
        [[ -n $inner ]] && return 0
        kind=$arguments
        if [[ $kind == none && -z $cur ]]; then
            for i in $flags; do NAME_word "$i"; done
            return 0
        fi
        ;;
    esac
    compopt -o filenames 2>/dev/null
    case $kind in
    files) while IFS= read -r i; do COMPREPLY+=("$i"); done < <(compgen -f -- "$cur") ;;
    folders) while IFS= read -r i; do COMPREPLY+=("$i"); done < <(compgen -d -- "$cur") ;;
    esac
    return 0
}
complete -F NAME )";

// With the functions' name in the place of NAME.
std::string with_name(std::string text, const std::string& name) {
    for (size_t at = text.find("NAME"); at != text.npos; at = text.find("NAME", at))
        text.replace(at, 4, name);
    return text;
}

// One flag as zsh's _arguments wants it: '*--x=[help]:N:(a b)'.
std::string zsh_flag(const ListedCommand& command, const Flag& flag, const std::string& name) {
    std::string out = flag.form == Flag::Form::repeated ? "*" : "";
    out += "--" + name;
    const std::string value = value_name(flag);
    if (!value.empty()) out += "=";
    out += "[" + with_backslashes(flag.help, "\\[]:") + "]";
    if (value.empty()) return out;
    out += ":" + with_backslashes(value, "\\:") + ":";
    const std::vector<std::string> words = words_of_name(command, flag.name);
    const std::string list = joined(
        words, " ", [](const std::string& word) { return with_backslashes(word, "\\ :()*'\""); });
    if (!words.empty())
        out += flag.form == Flag::Form::joined ? "_sequence compadd - " + list : "(" + list + ")";
    else if (value.starts_with("FILE"))
        out += "_files";
    else if (value.starts_with("FOLDER"))
        out += "_files -/";
    return out;
}

std::string zsh_flags(const ListedCommand& command) {
    std::string out;
    std::vector<std::string> seen;
    for (const ListedFlag& one : command.flags) {
        if (!is_option(one) || std::find(seen.begin(), seen.end(), one.flag.name) != seen.end())
            continue;
        seen.push_back(one.flag.name);
        out += " \\\n        " + shell_quoted(zsh_flag(command, one.flag, one.flag.name));
        if (!one.flag.also.empty())
            out += " \\\n        " + shell_quoted(zsh_flag(command, one.flag, one.flag.also));
    }
    return out;
}

std::string zsh_argument(const ListedCommand& command) {
    for (const ListedFlag& one : command.flags)
        if (!is_option(one))
            return " \\\n        " + shell_quoted("*:" + with_backslashes(one.flag.name, "\\:") +
                                                  ":" + (takes_files(command) ? "_files" : " "));
    return "";
}

std::string function_name(const std::string& program, const std::string& words) {
    std::string name = "_" + program + (words.empty() ? "" : "_" + words);
    std::replace(name.begin(), name.end(), ' ', '_');
    return name;
}

// The function of one command: its flags, and the functions of those below it.
std::string zsh_function(const std::string& program, const ListedCommand& command) {
    const std::string shared = command.words.empty() ? "" : " $" + program + "_shared";
    std::string out = function_name(program, command.words) + "() {\n";
    if (command.inner.empty())
        return out + "    _arguments -S " + "\"${" + program + "_shared[@]}\"" +
               zsh_flags(command) + zsh_argument(command) + "\n}\n";
    out += "    local curcontext=\"$curcontext\" state line\n    local -a commands\n";
    out += "    _arguments -C -S \"${" + program + "_shared[@]}\"";
    if (!command.words.empty()) out += zsh_flags(command);
    out += " ': :->command' '*::: :->rest' && return 0\n    case $state in\n    command)\n"
           "        commands=(";
    for (size_t i = 0; i < command.inner.size(); ++i)
        out += "\n            " + shell_quoted(with_backslashes(command.inner[i], "\\:") + ":" +
                                               command.inner_help[i]);
    out += "\n        )\n        _describe command commands ;;\n    rest)\n"
           "        words=($line[1] \"${words[@]}\")\n        (( CURRENT += 1 ))\n"
           "        case $line[1] in\n";
    for (const std::string& name : command.inner)
        out += fmt::format(
            "        {}) {} ;;\n", name,
            function_name(program, command.words.empty() ? name : command.words + " " + name));
    return out + "        esac ;;\n    esac\n}\n";
}

} // namespace

std::string bash_completion(const Command& program) {
    const std::vector<ListedCommand> all = list_commands(program);
    const std::string name = program.name;
    std::string out = fmt::format("# Completions for bash, made by `{} help --format bash`.", name);
    out += with_name(std::string(kBashStart), "_" + name);
    for (const ListedCommand& command : all) {
        if (command.words.empty()) continue;
        const size_t space = command.words.rfind(' ');
        const std::string outer = space == std::string::npos ? "" : command.words.substr(0, space),
                          inner = command.words.substr(space + 1);
        out += fmt::format("        {}) command={} ;;\n", shell_quoted(outer + " " + inner),
                           shell_quoted(command.words));
    }
    out += "        esac\n    done\n";
    out += fmt::format("    local shared=\"{} --help\"\n    case $prev in\n{}    esac\n",
                       joined(option_names(all[0]), " "), bash_values(all[0], "    "));
    out += "    case $command in\n";
    ListedCommand first = all[0];
    first.flags.clear(); // they are shared
    out += bash_case(first);
    for (size_t i = 1; i < all.size(); ++i) out += bash_case(all[i]);
    return out + with_name(std::string(kBashEnd), "_" + name) + name + "\n";
}

std::string zsh_completion(const Command& program) {
    const std::vector<ListedCommand> all = list_commands(program);
    const std::string name = program.name;
    std::string out = fmt::format("#compdef {0}\n# Completions for zsh, made by `{0} help --format "
                                  "zsh`.\n",
                                  name);
    out += fmt::format("typeset -ga {}_shared\n{}_shared=({} \\\n        '--help[what it does]')\n",
                       name, name, zsh_flags(all[0]).substr(2));
    for (size_t i = all.size(); i-- > 0;) out += zsh_function(name, all[i]);
    return out + fmt::format("if [[ $funcstack[1] == _{0} ]]; then\n    _{0} \"$@\"\nelse\n"
                             "    compdef _{0} {0}\nfi\n",
                             name);
}

} // namespace qstar
