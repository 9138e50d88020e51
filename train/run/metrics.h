#pragma once
// What a step or a validation has measured: named numbers, in the order in which they were set.

#include "engine/text/json.h"

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace qstar::train {

struct Metric {
    std::string name;
    std::variant<int64_t, double> value; // a whole number is written without a point

    template <std::integral T>
    Metric(std::string name_, T number) : name(std::move(name_)), value(int64_t(number)) {}
    template <std::floating_point T>
    Metric(std::string name_, T number) : name(std::move(name_)), value(double(number)) {}
};

class Metrics {
  public:
    Metrics() = default;
    Metrics(std::initializer_list<Metric> metrics);

    // A number of this name is replaced where it stands.
    void set(Metric metric);
    void set(const Metrics& others);
    void drop(std::string_view name);

    double number(std::string_view name) const; // Error if there is none
    bool empty() const { return all_.empty(); }
    auto begin() const { return all_.begin(); }
    auto end() const { return all_.end(); }

  private:
    std::vector<Metric> all_;
};

Json json_of(const Metrics& metrics); // an object

// The means of metrics that are measured several times a step.
class MetricMeans {
  public:
    explicit MetricMeans(std::vector<std::string> names) : names_(std::move(names)) {}
    // With a number of each name.
    void add(const Metrics& metrics);
    Metrics means() const; // 0 of nothing

  private:
    std::vector<std::string> names_;
    std::vector<double> sums_ = std::vector<double>(names_.size());
    double count_ = 0;
};

} // namespace qstar::train
