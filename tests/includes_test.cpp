// A file includes what it uses, itself or by its own header: files that are compiled together
// would else hide what is missing.

#include "engine/io/files.h"
#include "tests/paths.h"
#include "tests/sources.h"

#include <algorithm>
#include <cctype>
#include <doctest/doctest.h>
#include <fmt/core.h>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace qstar;

namespace {

// Headers, of which one is enough, and the names of std:: that want them. Names that many headers
// promise (size_t, move, pair, swap) are left out.
const std::vector<std::pair<std::string, std::string>> promised = {
    {"algorithm", "sort stable_sort find find_if any_of all_of none_of max_element min_element "
                  "copy_n fill fill_n count_if clamp min max nth_element lower_bound upper_bound "
                  "reverse transform is_sorted push_heap pop_heap shuffle"},
    {"array", "array to_array"},
    {"atomic", "atomic"},
    {"bit", "bit_cast popcount countr_zero bit_width"},
    {"charconv", "from_chars to_chars"},
    {"chrono", "chrono"},
    {"cmath", "sqrt exp log pow fabs floor ceil round lround isfinite isnan tanh log2 log1p ldexp"},
    {"condition_variable", "condition_variable"},
    {"cstring", "memcpy memmove memset memcmp strlen strerror"},
    {"deque", "deque"},
    {"filesystem", "filesystem"},
    {"fstream", "ifstream ofstream"},
    {"functional", "function"},
    {"limits", "numeric_limits"},
    {"map", "map multimap"},
    {"memory", "unique_ptr shared_ptr make_unique make_shared"},
    {"mutex", "mutex lock_guard unique_lock scoped_lock once_flag call_once"},
    {"numeric", "accumulate iota gcd lcm partial_sum"},
    {"optional", "optional nullopt"},
    {"queue", "queue priority_queue"},
    {"set", "set multiset"},
    {"span", "span"},
    {"sstream", "ostringstream istringstream stringstream"},
    {"string", "string to_string stoi stoll stod"},
    {"string_view string", "string_view"},
    {"thread", "thread this_thread"},
    {"tuple", "tuple tie make_tuple"},
    {"unordered_map", "unordered_map"},
    {"unordered_set", "unordered_set"},
    {"variant", "variant visit monostate"},
    {"vector", "vector"},
};

// The headers that a name wants, any of them; empty for one that is not in the list.
std::set<std::string> wanted_by(const std::string& name) {
    static const std::map<std::string, std::set<std::string>> by_name = [] {
        std::map<std::string, std::set<std::string>> all;
        for (const auto& [headers, names] : promised) {
            std::istringstream list(headers);
            std::set<std::string> any;
            for (std::string header; list >> header;) any.insert(header);
            std::istringstream words(names);
            for (std::string word; words >> word;) all[word] = any;
        }
        return all;
    }();
    const auto found = by_name.find(name);
    return found == by_name.end() ? std::set<std::string>{} : found->second;
}

// Without comments and the insides of strings.
std::string code_of(const std::string& text) {
    std::string code;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text.compare(i, 2, "//") == 0) {
            i = std::min(text.find('\n', i), text.size()) - 1;
        } else if (text[i] == '"' && (i == 0 || text[i - 1] != '\'') &&
                   text.rfind("#include", i) != text.rfind('\n', i) + 1) {
            for (++i; i < text.size() && text[i] != '"'; ++i) i += text[i] == '\\';
        } else {
            code += text[i];
        }
    }
    return code;
}

std::set<std::string> system_headers(const std::string& code) {
    std::set<std::string> names;
    std::istringstream lines(code);
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with("#include <")) names.insert(line.substr(10, line.find('>') - 10));
    return names;
}

// "std::map wants <map>" for each name of a file that nothing promises.
std::set<std::string> missing_in(const std::string& code, const std::set<std::string>& headers) {
    std::set<std::string> missing;
    for (size_t at = code.find("std::"); at != code.npos; at = code.find("std::", at)) {
        at += 5;
        if (at > 5 && (std::isalnum(code[at - 6]) || code[at - 6] == '_')) continue;
        size_t end = at;
        while (end < code.size() && (std::isalnum(code[end]) || code[end] == '_')) ++end;
        const std::string name = code.substr(at, end - at);
        const std::set<std::string> any = wanted_by(name);
        if (any.empty()) continue;
        if (std::none_of(any.begin(), any.end(),
                         [&](const std::string& header) { return headers.contains(header); }))
            missing.insert("std::" + name + " wants <" + *any.begin() + ">");
    }
    const bool formats = std::any_of(headers.begin(), headers.end(),
                                     [](const std::string& h) { return h.starts_with("fmt/"); });
    if (!formats && code.find("fmt::") != code.npos) missing.insert("fmt:: wants <fmt/core.h>");
    return missing;
}

} // namespace

TEST_CASE("what a file uses and does not include is found") {
    const std::string code = code_of("#include <map>\n// std::vector<int>\nstd::map<int, int> a;\n"
                                     "const char* b = \"std::set\";\nstd::vector<int> c;\n"
                                     "auto d = fmt::format(b);\n");
    CHECK(missing_in(code, system_headers(code)) ==
          std::set<std::string>{"fmt:: wants <fmt/core.h>", "std::vector wants <vector>"});
}

TEST_CASE("a file includes what it uses, itself or by its own header") {
    size_t files = 0;
    for (const std::string& path : tests::sources()) {
        const std::string code = code_of(tests::source_text(path));
        std::set<std::string> headers = system_headers(code);
        const std::string own = path.substr(0, path.rfind('.')) + ".h";
        if (path.ends_with(".cpp") && exists(join_path(tests::source_dir, own)))
            headers.merge(system_headers(tests::source_text(own)));
        CAPTURE(path);
        CHECK(missing_in(code, headers) == std::set<std::string>{});
        ++files;
    }
    CHECK(files > 200);
}
