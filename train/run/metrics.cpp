#include "train/run/metrics.h"

#include "engine/base/error.h"

#include <algorithm>

namespace qstar::train {

Metrics::Metrics(std::initializer_list<Metric> metrics) {
    for (const Metric& metric : metrics) set(metric);
}

void Metrics::set(Metric metric) {
    const auto at = std::find_if(all_.begin(), all_.end(),
                                 [&](const Metric& other) { return other.name == metric.name; });
    if (at == all_.end())
        all_.push_back(std::move(metric));
    else
        at->value = metric.value;
}

void Metrics::set(const Metrics& others) {
    for (const Metric& metric : others) set(metric);
}

void Metrics::drop(std::string_view name) {
    std::erase_if(all_, [&](const Metric& metric) { return metric.name == name; });
}

double Metrics::number(std::string_view name) const {
    for (const Metric& metric : all_)
        if (metric.name == name)
            return std::visit([](auto n) { return static_cast<double>(n); }, metric.value);
    fail("metrics: expected a number \"{}\", found none", name);
}

Json json_of(const Metrics& metrics) {
    Json json = Json::object();
    for (const Metric& metric : metrics)
        json[metric.name] = std::visit([](auto n) { return Json(n); }, metric.value);
    return json;
}

void MetricMeans::add(const Metrics& metrics) {
    count_ += 1;
    for (size_t i = 0; i < names_.size(); ++i) sums_[i] += metrics.number(names_[i]);
}

Metrics MetricMeans::means() const {
    Metrics means;
    for (size_t i = 0; i < names_.size(); ++i)
        means.set({names_[i], count_ > 0 ? sums_[i] / count_ : 0.0});
    return means;
}

} // namespace qstar::train
