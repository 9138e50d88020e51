#pragma once
// A form (form.h) in the tokens of a vocabulary: texts to tokens, and what drawn tokens write.

#include "tokenizer/bpe.h"

#include <string>
#include <string_view>
#include <vector>

namespace qstar::tokenizer {

// A form in a vocabulary. Immutable, to be used by several threads at once; the tokenizer must
// outlive it.
class FormReader {
  public:
    // By the tokenizer's form. Error where it names special tokens that the vocabulary lacks.
    explicit FormReader(const Tokenizer& tokenizer);

    std::vector<int> prompt(std::string_view statement) const;
    // A step with what ends it; the last one with the answer's mark, if it has none.
    std::vector<int> step(std::string_view text, bool last) const;

    // What a drawn token does.
    enum class Event {
        goes_on,
        ends_step,
        ends_solution, // ends the last step
        broken         // a token that has no place there
    };
    // `open` is the text of the step that is being written. Where the token ends it, it is moved to
    // `line`, and what is already written of the next one remains.
    Event take(int token, std::string& open, std::string& line) const;

    int longest_step() const { return static_cast<int>(form_.step_tokens); } // 0: as others say

  private:
    struct Part { // of a template
        std::string text;
        int special = -1; // instead of a text
    };
    std::vector<Part> parts_of(const std::string& text) const;
    bool holds_answer(std::string_view line) const;

    const Tokenizer& tokenizer_;
    Form form_;
    std::vector<Part> before_, after_;     // of the problem
    int step_token_ = -1, end_token_ = -1; // -1: texts end steps
    std::string before_answer_, after_answer_;
};

} // namespace qstar::tokenizer
