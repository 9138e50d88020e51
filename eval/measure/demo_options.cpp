#include "eval/measure/demo_options.h"

#include "train/data/worlds/teachings.h"

namespace qstar::eval {

void describe(Flags& f, DemoOptions& o) {
    f.text("run", o.run, "the run's folder (default: runs/demo, or of another world runs/WORLD)");
    f.text("world", o.world, "lights-out, or one of " + train::taught_worlds());
    f.mark("quick", o.quick, "seconds long: shows the way, not the heights");
    f.mark("full", o.full, "half an hour: all data and more problems");
    f.seed(o.seed);
}

} // namespace qstar::eval
