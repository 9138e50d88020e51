#pragma once
// A path: a problem and the steps written so far, a node of every search.
//
// As text for the model it is
//   <|endoftext|><|problem|>3*(4+5)-2<|step|>3*9-2<|step|>27-2<|step|>25<|answer|>
// so a step is nothing but the text up to the next step token, and the line that
// ends in the answer token is the final answer.

#include <cstddef>
#include <string>
#include <vector>

namespace qstar::search {

struct Path {
    std::string problem;            // in the world's canonical form
    std::vector<std::string> steps; // each a line of text, without its end token
    bool finished = false;          // the last step ended in the answer token

    bool operator==(const Path&) const = default;
};

// The text above; `tail` (a new step under consideration) is not included.
std::string text_of(const Path& path);

// The path up to so many of its steps.
Path beginning(const Path& path, size_t steps);

} // namespace qstar::search
