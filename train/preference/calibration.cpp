#include "train/preference/calibration.h"

#include "engine/base/elementary.h"

#include <algorithm>
#include <cmath>
#include <fmt/core.h>

namespace qstar::train {

Metrics Calibration::metrics() const {
    return {{"val_pairs", pairs},
            {"val_loss", loss},
            {"val_accuracy", accuracy},
            {"val_calibration_error", error}};
}

Calibration calibration(std::span<const float> differences) {
    constexpr size_t kBins = 5;
    Calibration found;
    for (size_t b = 0; b < kBins; ++b)
        found.bins.push_back({0.5 + 0.5 * static_cast<double>(b) / kBins,
                              0.5 + 0.5 * static_cast<double>(b + 1) / kBins});
    double loss = 0, right = 0;
    for (const float difference : differences) {
        const double x = difference;
        loss += math::softplus(-x);
        const double happened = x > 0 ? 1 : x < 0 ? 0 : 0.5;
        const double predicted = math::sigmoid(std::abs(x));
        Calibration::Bin& bin =
            found.bins[std::min(kBins - 1, static_cast<size_t>((predicted - 0.5) * 2 * kBins))];
        bin.pairs += 1, bin.predicted += predicted, bin.happened += happened;
        right += happened;
    }
    const double n = std::max<double>(1, static_cast<double>(differences.size()));
    found.pairs = std::ssize(differences);
    found.loss = loss / n;
    found.accuracy = right / n;
    for (Calibration::Bin& bin : found.bins) {
        found.error += std::abs(bin.predicted - bin.happened) / n;
        const double count = std::max(1.0, bin.pairs);
        bin.predicted /= count;
        bin.happened /= count;
    }
    return found;
}

std::string calibration_table(const Calibration& calibration) {
    std::string text =
        "| the model gives the better one | pairs | in the mean | the annotator says so "
        "|\n|---|---:|---:|---:|\n";
    for (const Calibration::Bin& bin : calibration.bins)
        text += fmt::format("| {:.0f} - {:.0f} % | {:.0f} | {:.1f} % | {:.1f} % |\n", 100 * bin.low,
                            100 * bin.high, bin.pairs, 100 * bin.predicted, 100 * bin.happened);
    return text + fmt::format("mean gap {:.1f} points\n", 100 * calibration.error);
}

Json calibration_json(const Calibration& calibration) {
    Json json = json_of(calibration.metrics());
    json["calibration"] = Json::array();
    for (const Calibration::Bin& bin : calibration.bins)
        json["calibration"].push_back({{"low", bin.low},
                                       {"high", bin.high},
                                       {"pairs", bin.pairs},
                                       {"predicted", bin.predicted},
                                       {"happened", bin.happened}});
    return json;
}

} // namespace qstar::train
