// The house stands: what a file may include, and what no file may contain.

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "tests/paths.h"
#include "tests/sources.h"

#include <algorithm>
#include <cctype>
#include <doctest/doctest.h>
#include <functional>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace qstar;
using tests::files_below;
using tests::is_source;
using tests::sources;

namespace {

// From the lowest up: each includes from itself and from what is before it.
const std::vector<std::string> floors = {"engine", "tokenizer", "search", "train", "eval"};
const std::string root = qstar::tests::source_dir;

// The place of a path's first folder among the floors; floors.size() if it is none.
size_t floor_of(const std::string& path) {
    const std::string folder = path.substr(0, path.find('/'));
    const auto at = std::find(floors.begin(), floors.end(), folder);
    return static_cast<size_t>(at - floors.begin());
}

// What the lines `#include "X"` or `#include <X>` of a text name.
std::vector<std::string> includes(const std::string& text, char open, char close) {
    std::vector<std::string> names;
    for (size_t at = 0; at < text.size();) {
        const size_t end = std::min(text.find('\n', at), text.size());
        std::string line = text.substr(at, end - at);
        at = end + 1;
        line.erase(
            std::remove_if(line.begin(), line.end(), [](char c) { return c == ' ' || c == '\t'; }),
            line.end());
        const std::string start = std::string("#include") + open;
        if (!line.starts_with(start)) continue;
        names.push_back(line.substr(start.size(), line.find(close, start.size()) - start.size()));
    }
    return names;
}

std::vector<std::string> includes_of(const std::string& path, char open, char close) {
    return includes(read_file(join_path(root, path)), open, close);
}

// The types that a file defines outside unnamed namespaces, by their full names. It reads
// the file as clang-format leaves it: a namespace's contents begin at the line's start.
std::vector<std::string> types(const std::string& text) {
    std::vector<std::string> names, spaces;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string word, name;
        words >> word >> name;
        if (word == "namespace") spaces.push_back(name); // "{": an unnamed one
        if (line.starts_with("} // namespace") && !spaces.empty()) spaces.pop_back();
        if (line.find('{') == std::string::npos || spaces.empty() || spaces.back() == "{") continue;
        if (!line.starts_with("struct ") && !line.starts_with("class ") &&
            !line.starts_with("enum "))
            continue;
        if (name == "class") words >> name;
        names.push_back(spaces.back() + "::" + name);
    }
    return names;
}

// What a file defines in unnamed namespaces, read in the same way.
std::set<std::string> own_names(const std::string& text) {
    std::set<std::string> names;
    bool unnamed = false;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("namespace")) unnamed = line == "namespace {";
        if (line.starts_with("}")) unnamed = unnamed && line != "} // namespace";
        if (!unnamed || line.empty() || !std::isalpha(line[0]) || line.starts_with("namespace") ||
            line.starts_with("template") || line.starts_with("TEST_CASE"))
            continue;
        // The last word before what is no word: of a struct, a constant or a function.
        const std::string before =
            line.substr(0, std::min(line.find_first_of("(={;["), line.find(" : ")));
        const size_t end = before.find_last_not_of(' ') + 1;
        const size_t begin = before.find_last_of(" &*", end - 1) + 1;
        names.insert(before.substr(begin, end - begin));
    }
    return names;
}

using Graph = std::map<std::string, std::set<std::string>>;

// "a, b, c" of a circle, or nothing.
std::string circle(const Graph& graph) {
    std::set<std::string> done;
    std::vector<std::string> walk;
    const std::function<std::string(const std::string&)> from =
        [&](const std::string& node) -> std::string {
        if (const auto at = std::find(walk.begin(), walk.end(), node); at != walk.end()) {
            std::string names = *at;
            for (auto next = at + 1; next != walk.end(); ++next) names += ", " + *next;
            return names;
        }
        if (!done.insert(node).second || !graph.contains(node)) return "";
        walk.push_back(node);
        for (const auto& next : graph.at(node)) {
            if (next == node) continue;
            if (std::string found = from(next); !found.empty()) return found;
        }
        walk.pop_back();
        return "";
    };
    for (const auto& [node, to] : graph)
        if (std::string found = from(node); !found.empty()) return found;
    return "";
}

} // namespace

TEST_CASE("types are found with their namespaces") {
    const std::string text = "namespace a::b {\nstruct X {\n    struct Y {};\n};\nclass Z;\n"
                             "enum class E { one };\nnamespace {\nstruct U {};\n} // namespace\n"
                             "} // namespace a::b\n";
    CHECK(types(text) == std::vector<std::string>{"a::b::X", "a::b::E"});
}

TEST_CASE("one name, one type in a namespace") {
    // Two would be one to the linker, which keeps the destructor of either for both.
    std::map<std::string, std::string> home;
    std::vector<std::string> files = sources();
    for (auto& path : files_below("tests"))
        if (is_source(path)) files.push_back(std::move(path));
    for (const auto& path : files) {
        for (const auto& type : types(read_file(join_path(root, path)))) {
            CAPTURE(type);
            CAPTURE(path);
            CAPTURE(home[type]);
            CHECK((home[type].empty() || home[type] == path));
            home[type] = path;
        }
    }
    CHECK(home.size() > 100);
}

TEST_CASE("own names are found") {
    const std::string text = "namespace {\nconstexpr int kA = 1;\nstruct B : C {\n    int d;\n};\n"
                             "std::vector<int>& e(int f) {\n    return g;\n}\nusing H = int;\n"
                             "} // namespace\nint i() {\n";
    CHECK(own_names(text) == std::set<std::string>{"kA", "B", "e", "H"});
}

TEST_CASE("files that are compiled together have names of their own") {
    // Those of a floor; of tests, those of a floor's folder (QSTAR_UNITY).
    // Functions may be overloaded, which this cannot see: of program files only the tests' names
    // and types are asked for, the rest the compiler tells.
    std::map<std::string, std::string> home;
    for (const auto& path : files_below("tests")) {
        if (!is_source(path)) continue;
        const std::string below = path.substr(std::string("tests/").size());
        const size_t slash = below.find('/');
        const std::string floor = slash == below.npos ? below : below.substr(0, slash);
        for (const auto& name : own_names(read_file(join_path(root, path)))) {
            std::string& first = home[floor + "/" + name];
            CAPTURE(name);
            CAPTURE(path);
            CAPTURE(first);
            CHECK(first.empty());
            first = path;
        }
    }
    CHECK(home.size() > 100);
}

TEST_CASE("include lines are found") {
    const std::string text = "#include \"a.h\"\n // #include \"b.h\"\n#  include \"c/d.h\" // e\n"
                             "#include <f>\n#include \"last.h\"";
    CHECK(includes(text, '"', '"') == std::vector<std::string>{"a.h", "c/d.h", "last.h"});
    CHECK(includes(text, '<', '>') == std::vector<std::string>{"f"});
}

TEST_CASE("a file includes only from its own floor or below, by the path from the root") {
    size_t seen = 0;
    for (const auto& path : sources()) {
        for (const auto& name : includes_of(path, '"', '"')) {
            CAPTURE(path);
            CAPTURE(name);
            CHECK(exists(join_path(root, name)));
            CHECK(floor_of(name) <= floor_of(path)); // also false for what is on no floor
            ++seen;
        }
    }
    CHECK(seen > 20); // the walk did find the sources
}

TEST_CASE("circles are found") {
    CHECK(circle({{"a", {"b"}}, {"b", {"c"}}, {"c", {}}}).empty());
    CHECK(circle({{"a", {"b"}}, {"b", {"c"}}, {"c", {"b"}}}) == "b, c");
    CHECK(circle({{"a", {"a"}}}).empty()); // a folder includes its own files
}

TEST_CASE("no files and no folders of a floor include each other in a circle") {
    Graph units, folders;
    for (const auto& path : sources()) {
        const std::string unit = path.substr(0, path.rfind('.'));
        const std::string folder = path.substr(0, path.rfind('/'));
        for (const auto& name : includes_of(path, '"', '"')) {
            units[unit].insert(name.substr(0, name.rfind('.')));
            folders[folder].insert(name.substr(0, name.rfind('/')));
        }
    }
    CHECK(circle(units) == "");
    CHECK(circle(folders) == "");
    CHECK(folders.size() > 30);
}

TEST_CASE("a folder can be overlooked: sixteen units at most") {
    std::map<std::string, std::set<std::string>> units;
    for (const auto& path : sources())
        units[path.substr(0, path.rfind('/'))].insert(path.substr(0, path.rfind('.')));
    for (const auto& [folder, names] : units) {
        CAPTURE(folder);
        CHECK(names.size() <= 16);
    }
}

TEST_CASE("every header is included once at most") {
    for (const auto& path : sources()) {
        CAPTURE(path);
        if (path.ends_with(".h")) {
            CHECK(read_file(join_path(root, path)).starts_with("#pragma once\n"));
        }
    }
}

TEST_CASE("what is compiled for one instruction set includes nothing that others could link") {
    // A function template of the standard library, compiled with AVX-512, could be the
    // copy that the linker keeps for a processor without it.
    const std::set<std::string> allowed = {"immintrin.h", "stdint.h", "stddef.h",
                                           "cstdint",     "cstddef",  "arm_neon.h"};
    std::vector<std::string> waiting = {"engine/kernels/avx2.cpp", "engine/kernels/avx512.cpp",
                                        "engine/kernels/neon.cpp"};
    std::set<std::string> visited;
    while (!waiting.empty()) {
        const std::string path = waiting.back();
        waiting.pop_back();
        if (!visited.insert(path).second) continue;
        CAPTURE(path);
        if (path == "engine/base/elementary.h") // declarations alone
            CHECK(read_file(join_path(root, path)).find("inline ") == std::string::npos);
        else
            CHECK(path.starts_with("engine/kernels/"));
        for (const auto& name : includes_of(path, '<', '>')) {
            CAPTURE(name);
            CHECK(allowed.contains(name));
        }
        for (const auto& name : includes_of(path, '"', '"')) waiting.push_back(name);
    }
    CHECK(visited.contains("engine/kernels/kernels.h"));
}

TEST_CASE("no file names a place of one machine") {
    std::vector<std::string> files = {"Makefile", "CMakeLists.txt", "main.cpp", ".ci/run",
                                      ".ci/deps.sh"};
    if (exists(join_path(root, "README.md"))) files.push_back("README.md");
    for (std::string folder : {"engine", "tokenizer", "search", "train", "eval", "tests"}) {
        for (auto& path : files_below(folder)) {
            if (is_source(path) || path.ends_with(".md") || path.ends_with(".py")) {
                files.push_back(std::move(path));
            }
        }
    }
    // Put together here, so that this file does not contain them.
    std::vector<std::string> forbidden;
    for (const std::string name : {"work", "tmp", "home", "root", "Users"}) {
        forbidden.push_back("/" + name + "/");
    }
    for (const auto& path : files) {
        const std::string text = read_file(join_path(root, path));
        for (const auto& place : forbidden) {
            CAPTURE(path);
            CAPTURE(place);
            CHECK(text.find(place) == std::string::npos);
        }
    }
}
