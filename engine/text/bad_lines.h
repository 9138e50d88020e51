#pragma once
// What is wrong with the lines of a file, told at once: the first five errors and their number,
// where one at a time would take a call each. Or, where the user asked for that, the lines are
// left out, and only their number is told.
//
//   BadLines bad(options.skip_bad);
//   for (...) bad.read([&] { items.push_back(item_of(line)); });
//   bad.settle(path);

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace qstar {

class BadLines {
  public:
    BadLines() = default; // bad lines are refused
    // For a command with the flag --skip-bad: errors name it, and with it lines are left out.
    explicit BadLines(bool skip) : skip_(skip), has_flag_(true) {}

    // Reads one line by a call of `read`. False, and the sentence is kept, if that throws an
    // Error; whatever else it throws goes on. `read` should change nothing before it throws.
    bool read(const std::function<void()>& read);
    // Keeps the sentence of a line that was read elsewhere.
    void add(const std::string& sentence);

    // At the end of a file: throws one Error of all that was kept (the sentence itself if it is
    // one), unless lines are left out.
    void settle(const std::string& path) const;

    int64_t count() const { return count_; }
    // "3 bad lines of PATH left out, the first: PATH:7: ..."; empty without bad lines.
    std::string left_out(const std::string& path) const;

  private:
    bool skip_ = false, has_flag_ = false;
    int64_t count_ = 0;
    std::vector<std::string> first_; // sentences, at most five
};

// What `read` makes of a file; its bad lines are one Error.
template <class Items>
Items read_strictly(const std::string& path, Items (*read)(const std::string&, BadLines&)) {
    BadLines bad;
    Items items = read(path, bad);
    bad.settle(path);
    return items;
}

} // namespace qstar
