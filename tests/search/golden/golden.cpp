#include "tests/search/golden/golden.h"

#include "engine/io/files.h"
#include "engine/text/json_parse.h"
#include "engine/text/jsonl.h"
#include "tests/paths.h"

#include <cmath>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fmt/format.h>

namespace qstar::tests {

double golden_number(double value) { return std::stod(fmt::format("{:.7g}", value)); }

void check_golden(const std::string& file, const Json& cases) {
    const std::string path = join_path(source_dir, "tests/cases/golden/" + file);
    const char* write = std::getenv("QSTAR_WRITE_GOLDEN");
    if (write != nullptr && *write != '\0') {
        std::string text; // a case a line
        for (const auto& [name, what] : cases.items())
            text += (text.empty() ? "{" : ",\n") + json_text(name) + ": " + json_text(what);
        write_file_atomic(path, text + "}\n");
        return;
    }
    const Json golden = parse_json(read_file(path), "test");
    CHECK(golden.size() == cases.size());
    for (const auto& [name, what] : cases.items()) {
        CAPTURE(file);
        CAPTURE(name);
        REQUIRE(golden.contains(name));
        const Json now = parse_json(json_text(what), "test"); // numbers as a file has them
        for (const auto& [key, value] : golden[name].items()) {
            CAPTURE(key);
            REQUIRE(now.contains(key));
            CHECK(json_text(now[key]) == json_text(value));
        }
    }
}

} // namespace qstar::tests
