#pragma once
// Measuring several programs fairly on a machine that is never quite quiet: they take
// turns, so that each meets the same good and bad moments, and the median of a
// contestant's turns is its figure.

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace qstar::eval {

// Does its work for one turn and says how many seconds a repetition took.
using Contestant = std::function<double()>;

// All contestants once a turn, beginning with another one each turn. Between two of
// them `pause` seconds, in which the threads of the one before fall asleep: thread
// pools go on looking for work for some milliseconds and would take the next
// contestant's processors. Gives the seconds of each contestant's turns.
std::vector<std::vector<double>> take_turns(std::span<const Contestant> contestants, int turns,
                                            double pause);

// Seconds by the clock that is right for so many threads: with one, the processor time
// of the calling thread, so that other programs on the machine do not count; with more,
// the clock on the wall.
double clock_seconds(int threads);

// A contestant of this process: each turn for a quarter of `seconds` for nothing (caches,
// threads that wake up), then as often as fills `seconds`, timed together. Before its first
// turn it runs twelve times, or for half a second: a library's memory and code settle only
// after some calls.
Contestant repeated(std::function<void()> body, double seconds, int threads);

} // namespace qstar::eval
