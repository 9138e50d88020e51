#pragma once
// One measured figure beside its peer: a row of a benchmark's table and of its JSON.
//
// Both sides are medians of turns taken one after the other (turns.h); low and high
// are the quartiles of the same turns. Units are rates (GFLOP/s, tokens/s); of what a
// goal takes (s, tokens) the ratio is turned over: above 1 always means that ours is better.

#include "engine/text/jsonl.h"

#include <string>
#include <vector>

namespace qstar::eval {

// The median and the quartiles (linear interpolation between order statistics).
struct Summary {
    double median = 0, low = 0, high = 0;
};
Summary summarise(std::vector<double> values); // Error if there are none
// The same of amount / seconds, for turns that took so many seconds.
Summary rates(double amount, const std::vector<double>& seconds);

struct Row {
    std::string work; // "(4096, 128) x (128, 512)"
    Summary ours;
    Summary peer;          // 0 where there is none
    std::string peer_name; // "OpenBLAS 0.3.21 (Haswell kernels)", or "none: ..." and why
    std::string unit;      // "GFLOP/s"
    int threads = 1;
    std::string isa;
    double peak = 0; // the measured limit of the processor in the same unit; 0: not asked

    bool has_peer() const { return peer.median > 0; }
    double ratio() const; // ours / peer of the medians, or peer / ours; 0 without a peer
};

// {"work", "ours", "peer", "peer_name", "unit", "ratio", "threads", "isa", "ours_low",
// "ours_high", "peer_low", "peer_high"} and "peak" where it was asked; peer and ratio are
// null where there is no peer.
Json row_json(const Row& row);
Row row_of(const JsonLine& line); // the inverse; Error for anything else

// Rows as they come, for people: a heading before the first, a line a row.
std::string heading_text(bool with_peak);
std::string row_text(const Row& row);

} // namespace qstar::eval
