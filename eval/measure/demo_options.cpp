#include "eval/measure/demo_options.h"

#include "train/data/worlds/teachings.h"

#include <string>
#include <vector>

namespace qstar::eval {

namespace {

std::vector<std::string> demo_worlds() {
    std::vector<std::string> names = train::taught_world_names();
    for (const char* puzzle : {"lights-out", "cube"}) names.emplace_back(puzzle);
    return names;
}

} // namespace

void describe(Flags& f, DemoOptions& o) {
    f.text("run", o.run, "the run's folder (default: runs/demo, or of another world runs/WORLD)");
    f.text("world", o.world, "lights-out, cube, or one of " + train::taught_worlds())
        .offers(demo_worlds());
    f.mark("quick", o.quick, "seconds long: shows the way, not the heights");
    f.mark("full", o.full, "a quarter of an hour: more data, more problems");
    f.mark("force", o.force, "make it anew, whatever is there").quiet();
    f.seed(o.seed);
}

} // namespace qstar::eval
