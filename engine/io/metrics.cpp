#include "engine/io/metrics.h"

#include "engine/error.h"
#include "engine/io/files.h"
#include "engine/io/jsonl.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace qstar {
namespace {

// The lines of an earlier run that stand before `resume_step`, byte for byte.
std::string kept_lines(const std::string& path, int64_t resume_step) {
    const std::string text = read_file(path);
    std::string kept;
    int64_t number = 1;
    for (size_t at = 0; at < text.size(); ++number) {
        const size_t end = text.find('\n', at);
        if (end == std::string::npos) break; // torn: a whole line ends in a line feed
        const std::string_view line = std::string_view(text).substr(at, end - at);
        const std::string where = fmt::format("{}:{}", path, number);
        const auto values = parse_jsonl(line, where);
        if (values.empty()) fail("{}: expected an object, found a blank line", where);
        if (int_field({values[0].value, where}, "step") < resume_step)
            kept.append(line).push_back('\n');
        at = end + 1;
    }
    return kept;
}

} // namespace

MetricsLog::MetricsLog(const std::string& path, int64_t resume_step) : path_(path) {
    std::string kept;
    if (resume_step > 0 && exists(path)) kept = kept_lines(path, resume_step);
    write_file_atomic(path, kept);
    file_ = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    if (file_ < 0) fail("{}: cannot write: {}", path, std::strerror(errno));
}

MetricsLog::~MetricsLog() {
    if (file_ >= 0) ::close(file_);
}

void MetricsLog::write(int64_t step, const Json& values) {
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

} // namespace qstar
