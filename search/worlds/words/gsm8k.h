#pragma once
// The world "gsm8k": grade-school word problems as people wrote them, in the form of GSM8K
// (Cobbe et al., "Training Verifiers to Solve Math Word Problems", 2021), a problem a line:
//
//   {"question": "Natalia sold clips to 48 ... in April and May?",
//    "answer": "Natalia sold 48/2 = <<48/2=24>>24 clips in May.\n...\n#### 72"}
//
// Nobody can calculate the answer from the question's text, so the world knows the answers
// of one file's problems only: make_world("gsm8k:FILE").
//
// A step is a line of text. Of what it says, the calculator's annotations <<a=b>> and what
// touches them can be checked (annotations.h). A step is
//   right    if it has annotations and all of them hold;
//   wrong    if one does not;
//   neutral  if it has none: it may be true, but nothing of it can be checked.
// So a line that calculates rightly what nobody asked for is right here. The final line is the
// answer alone, "72", right if it is the known one.

#include "search/problem/world.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace qstar {
struct JsonLine;
}

namespace qstar::search {

struct WordProblem {
    std::string question;
    std::vector<std::string> solution; // the lines; the last is the answer, without its "#### "
};

// One line of such a file. Error FILE:LINE, also for an answer that does not end in a line
// "#### NUMBER".
WordProblem word_problem(const JsonLine& line);
// At least one. Error, too, if a question stands there twice with different answers.
std::vector<WordProblem> read_word_problems(const std::string& path);

struct Gsm8k : World {
    // `where` names the file in errors.
    Gsm8k(const std::vector<WordProblem>& problems, std::string where);

    std::string name() const override { return "gsm8k"; }
    std::string read(std::string_view line) const override; // without blanks at its ends
    Label check_step(const Path& path, std::string_view step, bool final) const override;
    // A number (number_text.h), also behind "####". False for a problem of no known answer.
    bool check_answer(std::string_view problem, std::string_view answer) const override;
    std::string answer(std::string_view problem) const override; // Error if it is not known
    std::string canonical_answer(std::string_view answer) const override; // "$1,080.0" -> "1080"
    std::string state(const Path& path) const override;                   // all of the text

  private:
    std::map<std::string, std::string, std::less<>> answers_;
    std::string where_;
};

// Do the annotations of a line hold? As labelled above.
Label check_annotations(std::string_view line);

} // namespace qstar::search
