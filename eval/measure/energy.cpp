#include "eval/measure/energy.h"

#include <filesystem>
#include <fstream>
#include <string>

namespace qstar::eval {

std::optional<double> joules() {
    std::optional<double> sum;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/sys/class/powercap", error)) {
        const std::string name = entry.path().filename().string();
        // intel-rapl:0 is a package, intel-rapl:0:1 a part of it.
        if (!name.starts_with("intel-rapl:") || name.find(':') != name.rfind(':')) continue;
        std::ifstream file(entry.path() / "energy_uj");
        double microjoules = 0;
        if (file >> microjoules) sum = sum.value_or(0) + microjoules / 1e6;
    }
    return sum;
}

} // namespace qstar::eval
