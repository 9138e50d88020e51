#pragma once
// The processor's own count of its energy, where the system lets us read it.

#include <optional>

namespace qstar::eval {

// Joules since some time in the past, of all packages together (Linux, RAPL: the energy_uj
// of /sys/class/powercap/intel-rapl:N, which AMD processors have, too). Nothing where there
// is no such file or it may not be read. It begins again at 0 after some minutes or hours.
std::optional<double> joules();

} // namespace qstar::eval
