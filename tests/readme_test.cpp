// What the READMEs say is there: the files that they link, the commands and flags that they show.

#include "engine/io/files.h"
#include "tests/program.h"
#include "tests/sanitized.h"

#include <cctype>
#include <doctest/doctest.h>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

using namespace qstar;
using namespace qstar::tests;

namespace {

std::vector<std::string> readmes() {
    std::vector<std::string> files = {"README.md"};
    for (const std::string folder : {"engine", "tokenizer", "search", "train", "eval"})
        for (const auto& entry :
             std::filesystem::recursive_directory_iterator(join_path(source_dir, folder)))
            if (entry.path().filename() == "README.md")
                files.push_back(std::filesystem::relative(entry.path(), source_dir).string());
    return files;
}

// The targets of [links](target) that are files, without what comes after a '#'.
std::vector<std::string> links(const std::string& text) {
    std::vector<std::string> found;
    for (size_t at = text.find("]("); at != std::string::npos; at = text.find("](", at + 2)) {
        const std::string target = text.substr(at + 2, text.find(')', at) - at - 2);
        const std::string file = target.substr(0, target.find('#'));
        if (!file.empty() && file.find("://") == std::string::npos) found.push_back(file);
    }
    return found;
}

// The commands of a text: the words after "qstar " at a line's start or after a backtick, up to
// the line's end, the next backtick, or what only a shell understands.
std::vector<std::vector<std::string>> commands(const std::string& text) {
    std::vector<std::vector<std::string>> found;
    for (size_t at = text.find("qstar "); at != std::string::npos; at = text.find("qstar ", at)) {
        size_t begin = at;
        if (text.substr(0, at).ends_with("build/")) begin -= 6;
        while (begin > 0 && text[begin - 1] == ' ') --begin;
        const bool shown = begin == 0 || text[begin - 1] == '`' || text[begin - 1] == '\n';
        at += 6;
        if (!shown) continue;
        std::vector<std::string> words(1);
        for (; at < text.size() && !contains("`\n#|&;>(", std::string(1, text[at])); ++at) {
            if (text[at] == '\\' && text.substr(at + 1, 1) == "\n") // goes on in the next line
                ++at, words.emplace_back();
            else if (text[at] == ' ')
                words.emplace_back();
            else
                words.back() += text[at];
        }
        std::erase(words, "");
        found.push_back(std::move(words));
    }
    return found;
}

// What a command prints for --help, asked once.
const std::string& help(const std::string& command) {
    static std::map<std::string, std::string> known;
    if (const auto at = known.find(command); at != known.end()) return at->second;
    const Temporary folder;
    return known[command] = run_program(folder, command + " --help").out;
}

bool has_subcommand(const std::string& command, const std::string& name) {
    const size_t list = help(command).find("\nSubcommands:\n");
    return list != std::string::npos && contains(help(command).substr(list), "\n  " + name + " ");
}

bool has_flag(const std::string& command, const std::string& flag) {
    const std::string& text = help(command);
    for (size_t at = text.find(flag); at != std::string::npos; at = text.find(flag, at + 1)) {
        const char next = text[at + flag.size()];
        if (!std::isalnum(static_cast<unsigned char>(next)) && next != '-') return true;
    }
    return false;
}

} // namespace

TEST_CASE("links and commands of a text are found") {
    const std::string text = "[a](b.h#c), [d](http://e), [f](g/h)\n    qstar train ppo --run R \\\n"
                             "  --lr 1e-3 # why\n`qstar eval` of qstar fame";
    CHECK(links(text) == std::vector<std::string>{"b.h", "g/h"});
    CHECK(commands(text) == std::vector<std::vector<std::string>>{
                                {"train", "ppo", "--run", "R", "--lr", "1e-3"}, {"eval"}});
}

TEST_CASE("every file that a README links is there") {
    size_t seen = 0;
    for (const std::string& path : readmes()) {
        const std::string folder = join_path(source_dir, path.substr(0, path.rfind("README.md")));
        for (const std::string& link : links(read_file(join_path(source_dir, path)))) {
            CAPTURE(path);
            CAPTURE(link);
            CHECK(exists(join_path(folder, link)));
            ++seen;
        }
    }
    CHECK(seen > 50);
}

TEST_CASE("every command that a README shows has its flags") {
    if (kSanitized) return; // a hundred calls of a slow program, for the same texts
    size_t seen = 0;
    for (const std::string& path : readmes()) {
        for (const auto& words : commands(read_file(join_path(source_dir, path)))) {
            std::vector<std::string> commands_so_far = {""};
            size_t next = 0;
            while (next < words.size() && has_subcommand(commands_so_far.back(), words[next]))
                commands_so_far.push_back(commands_so_far.back() + " " + words[next++]);
            CAPTURE(path);
            CAPTURE(commands_so_far.back());
            for (; next < words.size(); ++next) {
                const std::string flag = words[next].substr(0, words[next].find('='));
                if (!flag.starts_with("--") || flag == "--help") continue;
                CAPTURE(flag);
                bool known = false;
                for (const std::string& command : commands_so_far) known |= has_flag(command, flag);
                CHECK(known);
                ++seen;
            }
        }
    }
    CHECK(seen > 50);
}
