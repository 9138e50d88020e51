// The fuzzers' short form: no coverage, but the same inputs on every machine. Each target is run
// over its seeds and over so many mutations of them.
//
// QSTAR_FUZZ_RUNS is the number of mutations of a target; QSTAR_TARGET, where it is set, the only
// one.

#include "engine/base/random.h"
#include "tests/campaigns/fuzz/target.h"
#include "tests/paths.h"
#include "tests/sanitized.h"

#include <chrono>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fmt/core.h>

using namespace qstar;
using namespace qstar::campaign;

namespace {

int64_t mutations() {
    const char* given = std::getenv("QSTAR_FUZZ_RUNS");
    return given != nullptr ? std::atoll(given) : tests::kSanitized ? 4'000 : 10'000;
}

// What breaks readers: ends of ranges, signs, marks of the formats, bytes that are no UTF-8.
constexpr std::string_view kTokens[] = {"0",
                                        "-1",
                                        "9223372036854775807",
                                        "18446744073709551616",
                                        "1e999",
                                        "-0",
                                        "1/0",
                                        "NaN",
                                        "null",
                                        "true",
                                        "[",
                                        "]",
                                        "{",
                                        "}",
                                        "\"",
                                        "\\",
                                        "\n",
                                        "\r\n",
                                        "\xef\xbb\xbf",
                                        "\xff",
                                        "\xc0",
                                        "<<",
                                        ">>",
                                        "####",
                                        "<|",
                                        "|>",
                                        "(",
                                        ")",
                                        "*",
                                        "/",
                                        "=",
                                        ",",
                                        "\\u00",
                                        "x",
                                        "-",
                                        ".5",
                                        " ",
                                        "F32",
                                        "%",
                                        "$"};

std::string mutated(Random& random, const std::vector<std::string>& seeds, size_t longest) {
    std::string bytes = seeds[random.below(seeds.size())];
    const auto place = [&] { return random.below(bytes.size() + 1); };
    for (uint64_t i = 0, changes = 1 + random.below(5); i < changes; ++i) {
        const size_t at = place();
        switch (random.below(7)) {
        case 0:
            if (at < bytes.size()) bytes[at] = static_cast<char>(random.below(256));
            break;
        case 1:
            if (at < bytes.size())
                bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
            break;
        case 2:
            bytes.erase(at, 1 + random.below(8));
            break;
        case 3:
            bytes.insert(at, kTokens[random.below(std::size(kTokens))]);
            break;
        case 4: // a part of it once more
            bytes.insert(place(), bytes.substr(at, 1 + random.below(32)));
            break;
        case 5: { // the end of another one
            const std::string& other = seeds[random.below(seeds.size())];
            bytes = bytes.substr(0, at) + other.substr(random.below(other.size() + 1));
            break;
        }
        default:
            bytes.resize(at);
        }
    }
    bytes.resize(std::min(bytes.size(), longest));
    return bytes;
}

// What came of it, if not what may come of it.
std::string fault_of(const Target& target, std::string_view bytes) {
    const auto begin = std::chrono::steady_clock::now();
    try {
        target.run(bytes);
    } catch (const Error&) {
    } catch (const std::exception& error) {
        return error.what();
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    return seconds.count() > 20 ? "it took more than 20 seconds" : "";
}

std::string escaped(std::string_view bytes) {
    std::string text;
    for (const char c : bytes)
        text += c >= ' ' && c <= '~' ? std::string(1, c)
                                     : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    return text;
}

} // namespace

TEST_CASE("campaign: every reader of foreign bytes, over seeds and mutations of them") {
    const char* only = std::getenv("QSTAR_TARGET");
    for (const Target& target : targets()) {
        if (only != nullptr && target.name != only) continue;
        CAPTURE(target.name);
        const std::vector<std::string> seeds =
            seeds_of(target, std::string(tests::source_dir) + "/tests/cases");
        REQUIRE(!seeds.empty());
        Random random(1, target.name);
        int64_t faults = 0;
        const auto run = [&](const std::string& bytes) {
            const std::string fault = fault_of(target, bytes);
            if (fault.empty() || ++faults > 5) return;
            CAPTURE(fault);
            CHECK_MESSAGE(false, escaped(bytes));
        };
        for (const std::string& seed : seeds) run(seed);
        for (int64_t i = mutations(); i > 0; --i) run(mutated(random, seeds, target.longest));
        CHECK(faults == 0);
    }
}
