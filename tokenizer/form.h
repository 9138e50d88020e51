#pragma once
// The form of a worksheet: how a problem, its steps and its answer stand in a text.
//
// Ours is made of special tokens (special.h). A model of others never saw them: its problems are
// put in words, its steps are lines, and its answer has a mark of its own. Three templates say how:
//
//   {"problem": "Question: {problem}\nAnswer:\n", "step": "\n", "answer": "#### {answer}"}
//
//   problem  what stands before the first step. Names of special tokens in it are those tokens
//            (the marks of a chat), in the problem itself they are plain characters.
//   step     what ends a step: a text, or the name of one special token
//   answer   what marks the last step: a step that holds the text before {answer} and, behind it,
//            the one after. Where a special token ends the last step, its name stands behind
//            {answer}, as in ours.
//
// Where steps end by a text, any special token that the model draws ends the solution, and the
// line that it ends is the last step; blank lines are no steps.

#include <cstdint>
#include <string>

namespace qstar::tokenizer {

struct Form {
    std::string problem = "<|endoftext|><|problem|>{problem}<|step|>";
    std::string step = "<|step|>";
    std::string answer = "{answer}<|answer|>";
    // The tokens that a step has at most, where it may be longer than a search's own limit.
    int64_t step_tokens = 0;
    bool operator==(const Form&) const = default;
};

// "marks" (ours), "gsm8k", "math" or "plain", or else a file in JSON. Error for what is neither,
// and for templates without their {problem} and {answer}.
Form form_named(const std::string& name_or_file);
Form read_form(const std::string& file);
// Error, beginning with `where`, for templates without their {problem} and {answer}.
void check(const Form& form, const std::string& where);
std::string form_text(const Form& form); // as such a file

// What stands before the place of the problem, or of the answer, and behind it.
struct Around {
    std::string before, after;
};
Around around_problem(const Form& form);
Around around_answer(const Form& form);

} // namespace qstar::tokenizer
