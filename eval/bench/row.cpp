#include "eval/bench/row.h"

#include "engine/base/error.h"
#include "engine/text/jsonl.h"
#include "eval/measure/quantile.h"

#include <algorithm>
#include <fmt/core.h>

namespace qstar::eval {

namespace {

// Four digits that matter, without an exponent: "0.912", "63.4", "187", "61234".
std::string short_digits(double x) {
    const int decimals = x >= 100 ? 0 : x >= 10 ? 1 : x >= 1 ? 2 : 3;
    return fmt::format("{:.{}f}", x, decimals);
}

std::string with_spread(const Summary& s) {
    return fmt::format("{} ({}..{})", short_digits(s.median), short_digits(s.low),
                       short_digits(s.high));
}

} // namespace

Summary summarise(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return {quantile(values, 0.5), quantile(values, 0.25), quantile(values, 0.75)};
}

Summary rates(double amount, const std::vector<double>& seconds) {
    std::vector<double> values;
    for (const double s : seconds) values.push_back(amount / s);
    return summarise(std::move(values));
}

double Row::ratio() const {
    if (!has_peer()) return 0;
    const bool less = unit == "s" || unit == "tokens";
    return less ? peer.median / ours.median : ours.median / peer.median;
}

Json row_json(const Row& row) {
    const auto if_peer = [&](double x) { return row.has_peer() ? Json(x) : Json(nullptr); };
    Json json{{"work", row.work},
              {"ours", row.ours.median},
              {"peer", if_peer(row.peer.median)},
              {"peer_name", row.peer_name},
              {"unit", row.unit},
              {"ratio", if_peer(row.ratio())},
              {"threads", row.threads},
              {"isa", row.isa},
              {"ours_low", row.ours.low},
              {"ours_high", row.ours.high},
              {"peer_low", if_peer(row.peer.low)},
              {"peer_high", if_peer(row.peer.high)}};
    if (row.peak > 0) json["peak"] = row.peak;
    return json;
}

Row row_of(const JsonLine& line) {
    Row row;
    row.work = string_field(line, "work");
    row.ours = {number_field(line, "ours"), number_field(line, "ours_low"),
                number_field(line, "ours_high")};
    if (has_field(line, "peer")) {
        row.peer = {number_field(line, "peer"), number_field(line, "peer_low"),
                    number_field(line, "peer_high")};
    }
    row.peer_name = string_field(line, "peer_name");
    row.unit = string_field(line, "unit");
    row.threads = static_cast<int>(int_field(line, "threads"));
    row.isa = string_field(line, "isa");
    if (has_field(line, "peak")) row.peak = number_field(line, "peak");
    return row;
}

std::string heading_text(bool with_peak) {
    return fmt::format("{:<44} {:>6} {:>3} {:>23} {:>23} {:<8} {:>5} {} peer\n", "work", "isa",
                       "thr", "ours (quartiles)", "peer (quartiles)", "unit", "ratio",
                       with_peak ? "peak " : "");
}

std::string row_text(const Row& row) {
    const std::string ratio = row.has_peer() ? fmt::format("{:.2f}", row.ratio()) : "-";
    const std::string share =
        row.peak > 0 ? fmt::format("{:>3.0f}% ", 100 * row.ours.median / row.peak) : "";
    return fmt::format("{:<44} {:>6} {:>3} {:>23} {:>23} {:<8} {:>5} {} {}\n", row.work, row.isa,
                       row.threads, with_spread(row.ours),
                       row.has_peer() ? with_spread(row.peer) : "-", row.unit, ratio, share,
                       row.peer_name);
}

} // namespace qstar::eval
