#include "engine/io/progress.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace qstar {
namespace {

int terminal_width() {
    winsize size{};
    if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
    return 80;
}

bool is_terminal() {
    const char* term = std::getenv("TERM");
    return ::isatty(STDERR_FILENO) && term && std::string(term) != "dumb";
}

double fraction(const ProgressState& state) {
    return state.total > 0 ? std::clamp(state.done / state.total, 0.0, 1.0) : 1.0;
}

// All but the bar: "50 %  12.3k tokens/s  0:42 left  loss 1.23".
std::string figures(const ProgressState& state) {
    std::string text = fmt::format("{:3d} %", static_cast<int>(fraction(state) * 100));
    if (state.rate > 0) {
        text += fmt::format("  {} {}/s", count_text(state.rate), state.unit);
        const double left = (state.total - state.done) / state.rate;
        if (left > 0) text += fmt::format("  {} left", duration_text(left));
    }
    if (!state.note.empty()) text += "  " + state.note;
    return text;
}

} // namespace

std::string duration_text(double seconds) {
    const auto whole = static_cast<int64_t>(std::clamp(seconds, 0.0, 3.6e8) + 0.5);
    const int64_t hours = whole / 3600, minutes = whole / 60 % 60;
    if (hours > 0) return fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60);
    return fmt::format("{}:{:02}", minutes, whole % 60);
}

std::string count_text(double count) {
    // The borders are where rounding would show four digits ("1000k").
    if (count < 9.95) return fmt::format("{:.1f}", count);
    if (count < 999.5) return fmt::format("{:.0f}", count);
    const char* const suffixes[] = {"k", "M", "G"};
    size_t at = 0;
    for (count /= 1000; at < 2 && count >= 999.5; count /= 1000) ++at;
    return fmt::format("{:.{}f}{}", count, count < 9.995 ? 2 : count < 99.95 ? 1 : 0, suffixes[at]);
}

std::string ProgressState::text(int width) const {
    const std::string head = title + "  ", tail = figures(*this);
    const int columns = width - 1 - static_cast<int>(head.size() + tail.size()) - 4;
    std::string bar;
    if (columns >= 8) {
        const int cells = std::min(columns, 30);
        const int full = static_cast<int>(fraction(*this) * cells);
        bar = fmt::format("[{}{}]  ", std::string(static_cast<size_t>(full), '#'),
                          std::string(static_cast<size_t>(cells - full), '.'));
    }
    std::string line = head + bar + tail;
    // A line that wraps could not be redrawn; cut between characters of UTF-8.
    size_t end = std::min(line.size(), static_cast<size_t>(std::max(width - 1, 0)));
    while (end > 0 && end < line.size() && (line[end] & 0xC0) == 0x80) --end;
    return line.substr(0, end);
}

Progress::Progress(std::string title, int64_t total, std::string unit, int64_t start, bool silent)
    : start_(static_cast<double>(start)), silent_(silent), terminal_(is_terminal()),
      began_(Clock::now()), drawn_at_(began_) {
    state_.title = std::move(title);
    state_.unit = std::move(unit);
    state_.total = static_cast<double>(total);
    state_.done = start_;
    drawn_tenths_ = static_cast<int>(fraction(state_) * 10);
}

Progress::~Progress() {
    // Left early, by an error: its message must begin on a line of its own.
    if (!finished_ && drawn_ && terminal_) std::fputc('\n', stderr);
}

void Progress::update(int64_t done, const std::string& note) {
    if (silent_ || finished_) return;
    using namespace std::chrono_literals;
    state_.done = static_cast<double>(done);
    state_.note = note; // also where it is not drawn: the last line tells the last of them
    const auto since = Clock::now() - drawn_at_;
    if (terminal_) {
        if (drawn_ && since < 100ms) return;
    } else if (since < 3s || static_cast<int>(fraction(state_) * 10) == drawn_tenths_) {
        return;
    }
    draw(false);
}

void Progress::finish(const std::string& note) {
    if (silent_ || finished_) return;
    state_.done = state_.total;
    if (!note.empty()) state_.note = note;
    draw(true);
    finished_ = true;
}

void Progress::draw(bool last) {
    const auto now = Clock::now();
    const double seconds = std::chrono::duration<double>(now - began_).count();
    state_.rate = seconds > 0 ? (state_.done - start_) / seconds : 0;
    if (last) {
        if (!state_.note.empty()) state_.note += "  ";
        state_.note += "in " + duration_text(seconds);
    }
    const std::string line =
        terminal_ ? state_.text(terminal_width()) : state_.title + "  " + figures(state_);
    // "\033[K" clears what a longer line before left.
    const std::string out = terminal_ ? "\r" + line + "\033[K" + (last ? "\n" : "") : line + "\n";
    std::fwrite(out.data(), 1, out.size(), stderr);
    std::fflush(stderr);
    drawn_ = true;
    drawn_at_ = now;
    drawn_tenths_ = static_cast<int>(fraction(state_) * 10);
}

} // namespace qstar
