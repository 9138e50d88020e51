#pragma once
// `qstar engine verify`: does this machine compute what others do? The same seed gives the same
// bytes on every processor, with any number of threads; the hashes of a run of seconds and of the
// demo's are published with the program (hashes.txt).

#include "engine/run/flags.h"

#include <string>

namespace qstar::eval {

struct VerifyOptions {
    std::string run;    // what `qstar demo` has made; empty: the small run, made for this
    std::string only;   // of the small one: run, qwen3 or puzzle; empty: all
    bool print = false; // the hashes alone, as hashes.txt has them
};
void describe(Flags& f, VerifyOptions& o);

// Prints each hash and whether it is the published one. Error if one of them is not, if one is
// missing, if another arithmetic is in use (a GPU, OpenBLAS), or if nothing was published of the
// run, since it was made by another command than the demo's.
void verify(const VerifyOptions& options);

} // namespace qstar::eval
