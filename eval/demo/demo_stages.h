#pragma once
// What every demo says between its stages, and how it sets them up.

#include "engine/run/record.h"
#include "eval/measure/demo_options.h"

#include <chrono>
#include <string>

namespace qstar::eval {

// Options of a stage for this run, the stage's own defaults otherwise. By their flags: options of a
// training contain these, at different places.
template <class Options>
Options of(const DemoOptions& demo) {
    Options options;
    Flags flags;
    describe(flags, options);
    read_record(flags, Json{{"run", demo.run}, {"seed", demo.seed}, {"force", demo.force}});
    return options;
}

void say(const char* stage, const char* what);

// Says what comes next and keeps what came before it took, in DIR/times.json:
// {"seconds": {STAGE: ...}, "demo": its flags}. A stage that is passed over keeps the time of its
// own call.
class StageTimes {
  public:
    explicit StageTimes(DemoOptions demo);
    void next(const char* stage, const char* what);
    void end(); // of the last stage

  private:
    DemoOptions demo_;
    std::string stage_;
    std::chrono::steady_clock::time_point begin_;
};

// "The run is in runs/demo; this call took 12 min 28 s."
void say_end(const DemoOptions& demo, std::chrono::steady_clock::time_point begin);

} // namespace qstar::eval
