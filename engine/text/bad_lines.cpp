#include "engine/text/bad_lines.h"

#include "engine/base/error.h"

#include <fmt/core.h>

namespace qstar {

bool BadLines::read(const std::function<void()>& read) {
    try {
        read();
        return true;
    } catch (const Error& error) {
        add(error.what());
        return false;
    }
}

void BadLines::add(const std::string& sentence) {
    ++count_;
    if (first_.size() < 5) first_.push_back(sentence);
}

void BadLines::settle(const std::string& path) const {
    if (count_ == 0 || skip_) return;
    if (count_ == 1)
        fail("{}{}", first_[0], has_flag_ ? " (--skip-bad goes on without this line)" : "");
    std::string sentence = fmt::format("{}: {} bad lines", path, count_);
    if (has_flag_) sentence += " (--skip-bad goes on without them)";
    sentence += count_ > std::ssize(first_) ? ", the first five:" : ":";
    for (const std::string& one : first_) sentence += "\n  " + one;
    throw Error(sentence);
}

std::string BadLines::left_out(const std::string& path) const {
    if (count_ == 0) return "";
    return fmt::format("{} bad line{} of {} left out, the first: {}", count_,
                       count_ == 1 ? "" : "s", path, first_[0]);
}

} // namespace qstar
