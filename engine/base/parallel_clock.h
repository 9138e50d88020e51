#pragma once
// Where the time of parallel loops goes: for benchmarks.
//
// While it is on, parallel_for() (parallel.h) adds up how long callers were in its loops that are
// not within another loop of theirs, and how long threads were at work in them. With n threads
// they waited n times the one less the other; outside of loops n - 1 of them have nothing to do.

namespace qstar::engine {

struct ParallelTimes {
    double loops = 0; // seconds of the callers
    double work = 0;  // seconds of all threads in the loops' bodies
};

// Begins or ends it, and sets the times to 0. Not while a loop runs.
void clock_parallel(bool on);
// Since it began. Any thread.
ParallelTimes parallel_times();

} // namespace qstar::engine
