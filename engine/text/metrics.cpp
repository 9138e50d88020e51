#include "engine/text/metrics.h"

#include "engine/base/error.h"
#include "engine/base/ranks.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/core.h>
#include <optional>
#include <unistd.h>

namespace qstar {
namespace {

[[noreturn]] void refuse(const std::string& path, int64_t steps, const std::string& found) {
    const std::string lines =
        steps == 1 ? "the line of step 0"
                   : fmt::format("a line for each of the steps 0 to {}, in order", steps - 1);
    fail("{}: expected {}, which the saved state has behind it, found {}: restore the file, or "
         "remove its folder to make the stage anew",
         path, lines, found);
}

// None where the line is not an object with a whole "step".
std::optional<int64_t> step_of(std::string_view line) {
    try {
        const auto values = parse_jsonl(line, "");
        if (!values.empty()) return int_field(values[0], "step");
    } catch (const Error&) {
    }
    return {};
}

// The lines of the `steps` that are done, byte for byte: the file must begin with them.
std::string kept_lines(const std::string& path, int64_t steps) {
    if (!exists(path)) refuse(path, steps, "no file");
    std::string text = read_file(path);
    size_t kept = 0;
    for (int64_t step = 0; step < steps; ++step) {
        const size_t end = text.find('\n', kept);
        if (end == std::string::npos) { // a whole line ends in a line feed
            refuse(path, steps,
                   step == 0 ? "none" : fmt::format("whole lines only up to step {}", step - 1));
        }
        const std::string_view line = std::string_view(text).substr(kept, end - kept);
        const std::optional<int64_t> found = step_of(line);
        if (!found) refuse(path, steps, fmt::format("line {} damaged", step + 1));
        if (*found != step) {
            refuse(path, steps, fmt::format("step {} in line {}", *found, step + 1));
        }
        kept = end + 1;
    }
    text.resize(kept);
    return text;
}

} // namespace

MetricsLog::MetricsLog(const std::string& path, int64_t resume_step) : path_(path) {
    std::string kept;
    if (resume_step > 0) kept = kept_lines(path, resume_step);
    write_file_atomic(path, kept);
    if (!engine::is_first_rank()) return;
    file_ = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    if (file_ < 0) fail("{}: cannot write: {}", path, std::strerror(errno));
}

MetricsLog::~MetricsLog() {
    if (file_ >= 0) ::close(file_);
}

void MetricsLog::write(int64_t step, const Json& values) {
    if (!engine::is_first_rank()) return;
    Json line = Json::object();
    line["step"] = step;
    for (const auto& [key, value] : values.items()) line[key] = value;
    std::string text = json_text(line) + "\n";
    // One call a line, so that a kill tears at most the last one.
    std::string_view rest = text;
    while (!rest.empty()) {
        const ssize_t written = ::write(file_, rest.data(), rest.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail("{}: cannot write: {}", path_, std::strerror(errno));
        rest.remove_prefix(static_cast<size_t>(written));
    }
}

void MetricsLog::sync() {
    if (engine::is_first_rank() && ::fsync(file_) != 0)
        fail("{}: cannot write: {}", path_, std::strerror(errno));
}

} // namespace qstar
