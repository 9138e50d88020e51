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

// The answers to the first items, in order. Where an answer is given number by number, the
// last one may be begun only.
using Answers = std::vector<std::vector<int>>;

// None if there is no file. Error FILE:LINE if it holds something else, or more answers than
// items.
Answers read_answers(const std::string& file, size_t items);
void save_answers(const std::string& file, const Answers& answers);

struct Reply {
    enum class Wish { answered, undo, quit };
    Wish wish = Wish::quit;
    std::vector<int> answer; // what it adds to the item's answer
};

// Is the answer to this item whole? None: every reply is a whole answer.
using Whole = std::function<bool(size_t item, const std::vector<int>& answer)>;
// How many items have a whole answer.
size_t whole_answers(const Answers& answers, const Whole& whole);
// Takes the last reply back: a number where answers are given number by number.
void take_back(Answers& answers, const Whole& whole);

// Asks about the items from the first unanswered one on, with what is begun of its answer,
// until all are answered or the person quits. `undo` takes back the last reply of the session,
// or of one before. Gives the answers; errors as read_answers().
Answers session(const std::string& file, size_t items,
                const std::function<Reply(size_t item, const std::vector<int>& begun)>& ask,
                const Whole& whole = {});

// The next line that the person types, without blanks at its ends; nothing at the end of the
// input, which is a wish to quit.
std::optional<std::string> typed(std::istream& in);

} // namespace qstar::train
