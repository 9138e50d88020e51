#include "eval/demo/demo_stages.h"

#include "engine/io/files.h"
#include "engine/text/jsonl.h"

#include <cmath>
#include <cstdio>
#include <fmt/core.h>

namespace qstar::eval {

void say(const char* stage, const char* what) {
    fmt::print("\n[{}] {}\n", stage, what);
    std::fflush(stdout); // at once, so that a log keeps the order of both streams
}

StageTimes::StageTimes(DemoOptions demo) : demo_(std::move(demo)) {}

void StageTimes::next(const char* stage, const char* what) {
    end();
    say(stage, what);
    stage_ = stage;
    begin_ = std::chrono::steady_clock::now();
}

void StageTimes::end() {
    if (stage_.empty()) return;
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin_;
    const double seconds = std::round(took.count() * 10) / 10;
    const std::string path = join_path(demo_.run, "times.json");
    Json times = exists(path) ? read_json(path).value : Json{{"seconds", Json::object()}};
    if (times["seconds"].value(stage_, -1.0) < seconds) {
        times["seconds"][stage_] = seconds;
        times["demo"] = {{"world", demo_.world},
                         {"quick", demo_.quick},
                         {"full", demo_.full},
                         {"seed", demo_.seed}};
        write_json(path, times);
    }
    stage_.clear();
}

void say_end(const DemoOptions& demo, std::chrono::steady_clock::time_point begin) {
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begin);
    fmt::print("\nThe run is in {}; this call took {} min {:02} s.\n", demo.run,
               seconds.count() / 60, seconds.count() % 60);
}

} // namespace qstar::eval
