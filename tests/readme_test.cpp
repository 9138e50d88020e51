// The READMEs are chapters: short, without figures, with exercises; and what they say is there: the
// files that they link, the commands and flags that they show.

#include "engine/io/files.h"
#include "tests/program.h"
#include "tests/sanitized.h"

#include <algorithm>
#include <cctype>
#include <doctest/doctest.h>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <vector>

using namespace qstar;
using namespace qstar::tests;

namespace {

// The chapters of the floors; the file at the top and the campaigns' are none.
std::vector<std::string> chapters() {
    std::vector<std::string> files;
    for (const std::string folder : {"engine", "tokenizer", "search", "train", "eval"})
        for (const auto& entry :
             std::filesystem::recursive_directory_iterator(join_path(source_dir, folder)))
            if (entry.path().filename() == "README.md")
                files.push_back(std::filesystem::relative(entry.path(), source_dir).string());
    return files;
}

std::vector<std::string> readmes() {
    std::vector<std::string> files = chapters();
    files.insert(files.end(), {"README.md", "tests/campaigns/README.md"});
    return files;
}

// Also the files that hold figures, and the one for notebooks.
std::vector<std::string> pages() {
    std::vector<std::string> files = readmes();
    files.insert(files.end(), {"eval/RESULTS.md", "eval/LOG.md", "eval/NOTEBOOK.md"});
    return files;
}

int64_t words_of(const std::string& text) {
    std::istringstream in(text);
    int64_t n = 0;
    for (std::string word; in >> word;) ++n;
    return n;
}

// "52.0", "260 / 500", "47.6 - 56.3", "(1.05)": a digit, and nothing but numbers and signs.
bool is_figure(const std::string& cell) {
    return cell.find_first_of("0123456789") != cell.npos &&
           cell.find_first_not_of("0123456789 .,%+-/()x*") == cell.npos;
}

// Rows of tables that have two or more cells of figures.
std::vector<std::string> rows_of_figures(const std::string& text) {
    std::vector<std::string> found;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        if (!line.starts_with('|')) continue;
        std::istringstream cells(line);
        int64_t figures = 0;
        for (std::string cell; std::getline(cells, cell, '|');) figures += is_figure(cell);
        if (figures >= 2) found.push_back(line);
    }
    return found;
}

// The text under "## Exercises", to the next heading.
std::string exercises(const std::string& text) {
    const size_t at = text.find("\n## Exercises\n");
    if (at == text.npos) return "";
    return text.substr(at + 1, text.find("\n## ", at + 1) - at - 1);
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

// "engine check": the first words, as far as they are commands; false if the first is none, or a
// command of the named one is missing.
bool is_command(const std::vector<std::string>& words) {
    if (words.empty() || !has_subcommand("", words[0])) return false;
    const bool has_list = contains(help(" " + words[0]), "\nSubcommands:\n");
    return !has_list || (words.size() > 1 && has_subcommand(" " + words[0], words[1]));
}

} // namespace

TEST_CASE("words, figures and exercises of a text are found") {
    CHECK(words_of("## One two,  3\nx=1\n") == 5);
    CHECK(rows_of_figures("| a | 1 | 2.5 |\n| b | 260 / 500 | 47.6 - 56.3 |\n| c | 1 |\n"
                          "1 | 2\n| `avx2` | 14 x 32 | L6 D256 |\n") ==
          std::vector<std::string>{"| a | 1 | 2.5 |", "| b | 260 / 500 | 47.6 - 56.3 |"});
    CHECK(exercises("# a\n\n## Exercises\n\n1. b\n\n## c\n") == "## Exercises\n\n1. b\n");
    CHECK(exercises("# a\n").empty());
}

TEST_CASE("links and commands of a text are found") {
    const std::string text = "[a](b.h#c), [d](http://e), [f](g/h)\n    qstar train ppo --run R \\\n"
                             "  --lr 1e-3 # why\n`qstar eval` of qstar fame";
    CHECK(links(text) == std::vector<std::string>{"b.h", "g/h"});
    CHECK(commands(text) == std::vector<std::vector<std::string>>{
                                {"train", "ppo", "--run", "R", "--lr", "1e-3"}, {"eval"}});
}

TEST_CASE("every file that a README links is there") {
    size_t seen = 0;
    for (const std::string& path : pages()) {
        const std::string folder = join_path(source_dir, path.substr(0, path.rfind('/') + 1));
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
    for (const std::string& path : pages()) {
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

TEST_CASE("a chapter has at most 1,200 words, and all READMEs 9,000") {
    int64_t all = 0;
    for (const std::string& path : readmes()) {
        CAPTURE(path);
        const int64_t words = words_of(read_file(join_path(source_dir, path)));
        CHECK(words <= 1200);
        all += words;
    }
    CHECK(all <= 9000);
}

TEST_CASE("figures stand in the results and the log alone, but for one small ladder") {
    for (const std::string& path : readmes()) {
        const auto rows = rows_of_figures(read_file(join_path(source_dir, path)));
        CAPTURE(path);
        if (path == "README.md") {
            CHECK(rows.size() <= 12);
        } else {
            CAPTURE((rows.empty() ? std::string() : rows[0]));
            CHECK(rows.empty());
        }
    }
}

TEST_CASE("every chapter has three exercises with commands") {
    for (const std::string& path : chapters()) {
        const std::string section = exercises(read_file(join_path(source_dir, path)));
        CAPTURE(path);
        for (const char* item : {"\n1. ", "\n2. ", "\n3. "}) CHECK(contains(section, item));
        if (kSanitized) continue; // asks the program, as above
        int64_t known = 0;
        for (const auto& words : commands(section)) {
            CAPTURE((words.empty() ? std::string() : words[0]));
            CHECK(is_command(words));
            ++known;
        }
        CHECK(known >= 3);
    }
}
