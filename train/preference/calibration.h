#pragma once
// How often what a reward model says of two outputs is what the annotator says.

#include "engine/text/json.h"
#include "train/run/metrics.h"

#include <span>
#include <string>
#include <vector>

namespace qstar::train {

// What was predicted about held-out pairs. The bins are by the probability of the output that
// the model likes better, from 1/2 to 1; the error is the mean gap between what was predicted in a
// bin and what happened, weighted by pairs (Guo et al., "On Calibration of Modern Neural Networks",
// 2017).
struct Calibration {
    struct Bin {
        double low = 0, high = 0, pairs = 0;
        double predicted = 0, happened = 0; // means
    };
    int64_t pairs = 0;
    double loss = 0, accuracy = 0, error = 0;
    std::vector<Bin> bins;

    Metrics metrics() const; // val_pairs, val_loss, val_accuracy, val_calibration_error
};
// Of the differences r(chosen) - r(rejected).
Calibration calibration(std::span<const float> differences);
std::string calibration_table(const Calibration& calibration);
Json calibration_json(const Calibration& calibration); // the metrics and the bins

} // namespace qstar::train
