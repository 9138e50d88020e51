#pragma once
// A person at the terminal, asked about one thing after the other.
//
// Whatever was answered is in a file before the next question is asked, so that nothing is
// lost when the window is closed or the power goes, and the next call goes on there. An
// answer is a few whole numbers; a line of the file is [2, 1, 3].

#include <functional>
#include <istream>
#include <optional>
#include <string>
#include <vector>

namespace qstar::train {

struct Reply {
    enum class Wish { answered, undo, quit };
    Wish wish = Wish::quit;
    std::vector<int> answer;
};

// Asks about the items from the first unanswered one on, until all are answered or the person
// quits. `undo` takes back the last answer of the session, or of one before. The answers, in
// order. Error FILE:LINE if the file holds something else, or more answers than items.
std::vector<std::vector<int>> session(const std::string& file, size_t items,
                                      const std::function<Reply(size_t)>& ask);

// The next line that the person types, without blanks at its ends; nothing at the end of the
// input, which is a wish to quit.
std::optional<std::string> typed(std::istream& in);

} // namespace qstar::train
