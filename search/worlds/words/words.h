#pragma once
// The world "words": grade-school word problems in the form of GSM8K (Cobbe et al.,
// "Training Verifiers to Solve Math Word Problems", 2021).
//
// A solution is written as GSM8K writes it: each line has calculations, each with its
// annotation behind the "=", and the last line is the answer:
//
//   5*3=<<5*3=15>>15
//   15+5=<<15+5=20>>20
//   #### 20
//
// Problems are stories in our own sentences (story.h), of which the world knows the
// solution; or, from JSON lines with "question" and "answer", any text, of which it knows
// only what stands behind "####".
//
// A step is
//   wrong    if an annotation does not hold (annotations.h), or, in a story, it has none or
//            uses a number that is neither in the story nor was found before; or if it is
//            final and not the answer
//   right    if, in a story, its last result is one that the solution needs and that was not
//            found before; or if it is final and the answer
//   neutral  otherwise: true, but not needed; or a line about a text that the world does not
//            understand, of which nothing is wrong.
// Numbers are read as in number_text.h.

#include "search/problem/world.h"
#include "search/worlds/words/story.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::search {

struct Words : World {
    std::string name() const override { return "words"; }
    std::string read(std::string_view line) const override; // a story
    std::string read_answered(std::string_view line, std::string_view answer) const override;
    Label check_step(const Path& path, std::string_view step, bool final) const override;
    bool check_answer(std::string_view problem, std::string_view answer) const override;
    std::string answer(std::string_view problem) const override;          // of a story
    std::string canonical_answer(std::string_view answer) const override; // "#### $1,050" -> "1050"
    std::string answer_of(const Path& path) const override;               // the number alone
    std::optional<int64_t> shortest(std::string_view problem) const override;
};

// A line for each operation of the story, and the answer.
std::vector<std::string> derive_words(std::string_view problem);
std::string annotated(const Operation& operation); // "5*3=<<5*3=15>>15"

} // namespace qstar::search
