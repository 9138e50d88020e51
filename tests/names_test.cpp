// One rule of names: types are CamelCase, functions lower_case, what is constexpr kCamelCase,
// private members end in an underscore (clang-tidy looks at those, `make tidy`). It reads the files
// as clang-format leaves them.

#include "tests/sources.h"

#include <algorithm>
#include <cctype>
#include <doctest/doctest.h>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

using namespace qstar;

namespace {

bool is_camel_case(std::string_view name) {
    return !name.empty() && std::isupper(name[0]) && name.find('_') == name.npos;
}

bool is_lower_case(std::string_view name) {
    for (const char c : name)
        if (std::isupper(c)) return false;
    return !name.empty() && name[0] != '_';
}

size_t word_end(std::string_view line, size_t at) {
    while (at < line.size() && (std::isalnum(line[at]) || line[at] == '_')) ++at;
    return at;
}

// The type that a line defines; "" if it defines none.
std::string defined_type(std::string_view line) {
    const size_t first = line.find_first_not_of(' ');
    if (first == line.npos) return "";
    line.remove_prefix(first);
    for (const std::string_view word : {"struct ", "class ", "enum class ", "enum "}) {
        if (!line.starts_with(word)) continue;
        const size_t end = word_end(line, word.size());
        const std::string_view rest = line.substr(end);
        const bool defines = rest.starts_with(" {") || rest.starts_with(" : ") ||
                             rest.starts_with(" final") || rest.starts_with(";");
        return defines ? std::string(line.substr(word.size(), end - word.size())) : "";
    }
    return "";
}

// The function that a line of no depth defines or declares; "" if it does neither.
std::string defined_function(std::string_view line) {
    if (line.empty() || !std::isalpha(line[0])) return "";
    for (const std::string_view other :
         {"TEST_CASE", "using ", "namespace ", "template", "REGISTER"})
        if (line.starts_with(other)) return "";
    const size_t open = line.find('(');
    if (open == line.npos || line.find('=') < open) return "";
    size_t begin = open;
    while (begin > 0 && (std::isalnum(line[begin - 1]) || line[begin - 1] == '_')) --begin;
    // A constructor, a destructor and an operator are called as their type or sign is.
    const std::string_view before = line.substr(0, begin);
    if (before.empty() || before.ends_with("::") || before.ends_with("~")) return "";
    return before.ends_with(' ') || before.ends_with('&') || before.ends_with('*')
               ? std::string(line.substr(begin, open - begin))
               : "";
}

// The constant that a line defines; "" if it defines none, or a function that is constexpr.
std::string defined_constant(std::string_view line) {
    const size_t word = line.find("constexpr ");
    if (word == line.npos || line.substr(0, word).find_first_of("(/\"") != line.npos) return "";
    const std::string_view left = line.substr(0, line.find_first_of("={", word));
    if (left.find('(') != left.npos) return "";
    size_t end = std::min(left.find('['), left.size());
    end = left.find_last_not_of(" ;", end - 1) + 1;
    size_t begin = end;
    while (begin > word + 10 && (std::isalnum(left[begin - 1]) || left[begin - 1] == '_')) --begin;
    return std::string(left.substr(begin, end - begin));
}

bool is_constant(std::string_view name) {
    return name.size() > 1 && name[0] == 'k' && is_camel_case(name.substr(1));
}

// What is called otherwise than the rule says.
std::vector<std::string> misnamed(const std::string& text) {
    // What the standard library asks of an iterator.
    static const std::set<std::string> of_library = {"iterator"};
    std::vector<std::string> names;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        const std::string type = defined_type(line), function = defined_function(line);
        if (!type.empty() && !is_camel_case(type) && !of_library.contains(type))
            names.push_back(type);
        if (!function.empty() && !is_lower_case(function)) names.push_back(function);
        const std::string constant = defined_constant(line);
        if (!constant.empty() && !is_constant(constant)) names.push_back(constant);
    }
    return names;
}

} // namespace

TEST_CASE("names against the rule are found") {
    CHECK(misnamed("struct Row {\n    int a;\n};\nint rows_of(int n) {\nRow::Row() {\n").empty());
    CHECK(misnamed("class row final {\nstruct Row_text {\nenum class kind { a };\n") ==
          std::vector<std::string>{"row", "Row_text", "kind"});
    CHECK(misnamed("int rowsOf(int n) {\nconst Row& Rows();\n    int inner(x);\n") ==
          std::vector<std::string>{"rowsOf", "Rows"});
    CHECK(misnamed("constexpr int kMost = 1;\n    static constexpr Row kRows[] = {\n"
                   "constexpr bool is_row(int x) { return x = 1; }\n")
              .empty());
    CHECK(misnamed("inline constexpr int most = 1;\n    constexpr Row a_row[2] = {\n") ==
          std::vector<std::string>{"most", "a_row"});
}

TEST_CASE("types are CamelCase, functions lower_case, constants kCamelCase") {
    std::vector<std::string> files = tests::sources();
    for (auto& path : tests::files_below("tests"))
        if (tests::is_source(path) && path != "tests/campaigns/shim.cpp" &&
            path != "tests/campaigns/fuzz/libfuzzer.cpp") // of C and of libFuzzer
            files.push_back(std::move(path));
    for (const auto& path : files) {
        CAPTURE(path);
        CHECK(misnamed(tests::source_text(path)) == std::vector<std::string>{});
    }
    CHECK(files.size() > 400);
}
