#include "engine/io/progress.h"

#include <algorithm>
#include <cstdio>
#include <doctest/doctest.h>
#include <functional>
#include <string>
#include <unistd.h>

using namespace qstar;

namespace {

// What `act` writes to the standard error stream, which is no terminal meanwhile.
std::string written_by(const std::function<void()>& act) {
    std::FILE* file = std::tmpfile();
    REQUIRE(file != nullptr);
    std::fflush(stderr);
    const int kept = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    act();
    std::fflush(stderr);
    dup2(kept, STDERR_FILENO);
    close(kept);
    std::rewind(file);
    std::string text;
    for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) text += static_cast<char>(c);
    std::fclose(file);
    return text;
}

} // namespace

TEST_CASE("a progress line shows bar, percent, rate, time left and the note") {
    const ProgressState state{"pretrain", "tokens", 500, 1000, 100, "loss 1.23"};
    CHECK(state.text(200) == "pretrain  [###############...............]   50 %  100 tokens/s  "
                             "0:05 left  loss 1.23");
}

TEST_CASE("a progress line is shorter than the terminal is wide") {
    const ProgressState state{"pretrain", "tokens", 500,
                              1000,       100,      "loss \u00e9\u00e9\u00e9\u00e9"};
    for (int width = 0; width < 120; ++width) {
        const auto line = state.text(width);
        CHECK(static_cast<int>(line.size()) <= std::max(0, width - 1));
        // No character of UTF-8 is cut in two: each lead byte has its second one.
        if (!line.empty()) CHECK(line.back() != '\xc3');
    }
    CHECK(state.text(60).find('[') == std::string::npos); // no room for the bar
}

TEST_CASE("a progress line has no rate and no time left before it knows them") {
    CHECK(ProgressState{"t", "u", 0, 10, 0, ""}.text(60).ends_with("]    0 %"));
    CHECK(ProgressState{"t", "u", 10, 10, 2, ""}.text(60).ends_with("]  100 %  2.0 u/s"));
    CHECK(ProgressState{"t", "u", 0, 0, 0, ""}.text(60).ends_with("]  100 %"));
    CHECK(ProgressState{"t", "u", 30, 10, 0, ""}.text(60).ends_with("]  100 %"));
}

TEST_CASE("durations and counts are short") {
    CHECK(duration_text(0) == "0:00");
    CHECK(duration_text(59.6) == "1:00");
    CHECK(duration_text(7384) == "2:03:04");
    CHECK(duration_text(-1) == "0:00");
    CHECK(count_text(0.5) == "0.5");
    CHECK(count_text(950) == "950");
    CHECK(count_text(999.7) == "1.00k");
    CHECK(count_text(12'345) == "12.3k");
    CHECK(count_text(999'600) == "1.00M");
    CHECK(count_text(4'560'000) == "4.56M");
    CHECK(count_text(5e12) == "5000G");
}

TEST_CASE("a silent progress bar takes every call") {
    Progress progress("work", 10, "problems", 0, true);
    for (int i = 0; i <= 10; ++i) progress.update(i, "note");
    progress.finish();
    progress.update(3);
}

TEST_CASE("the last line of a progress bar tells the last note, however fast it came") {
    const std::string text = written_by([] {
        Progress progress("work", 3, "steps");
        for (int i = 1; i <= 3; ++i) progress.update(i, "loss " + std::to_string(i));
        progress.finish();
    });
    CHECK(text.starts_with("work  100 %"));
    CHECK(text.find("loss 3  in 0:00\n") != std::string::npos);
    CHECK(std::count(text.begin(), text.end(), '\n') == 1);
}
