#pragma once
// A world: problems, the legal text of a step, and a verifier.
//
// The verifier labels training data and scores results. No search method may call
// it while solving, unless the world's own rules make the goal public (public_rules.h).

#include "engine/base/random.h"
#include "search/problem/line_reader.h"
#include "search/problem/path.h"
#include "search/problem/public_rules.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace qstar::search {

// PRM800K's three labels (Lightman et al., "Let's Verify Step by Step", 2023).
enum class Label { wrong = -1, neutral = 0, right = 1 };

struct World : PublicRules {
    virtual std::string name() const = 0;

    // One line of input (a bare problem or a sentence) to the canonical problem.
    // Error saying what was expected and found, e.g. for a division by zero.
    virtual std::string read(std::string_view line) const = 0;
    // The same with the answer that a file gives; then a world may take what it does not
    // understand itself. By default the problem must be one of its own, and that its answer.
    virtual std::string read_answered(std::string_view line, std::string_view answer) const;

    // For one file, or one problem of the command line, in the forms in which others write them;
    // `target`: what all problems have to reach. Error for one where they have none.
    virtual std::unique_ptr<LineReader> line_reader(std::optional<int64_t> target) const;

    // The label of `step` written after `path`; `final`: it ended in the answer token.
    virtual Label check_step(const Path& path, std::string_view step, bool final) const = 0;

    // Whether `answer` (any text) is the value of the problem.
    virtual bool check_answer(std::string_view problem, std::string_view answer) const = 0;

    // The true answer in canonical form.
    virtual std::string answer(std::string_view problem) const = 0;

    std::string canonical_answer(std::string_view answer) const override = 0;

    // Where the last line alone does not tell, a world looks at the whole path. By default:
    // it is finished, and its last line is the answer.
    virtual bool solved(const Path& path) const;
    // The answer that a finished path gives; by default its last line. Empty if unfinished.
    virtual std::string answer_of(const Path& path) const;
    // Where it is public, the goal is what the verifier says.
    bool goal(const Path& path) const override { return public_goal() && solved(path); }
    // The steps of a shortest solution with one operation a step, where the world knows how to
    // find one. It measures results and guides nothing.
    virtual std::optional<int64_t> shortest(std::string_view) const { return {}; }
    // A step as others write it, for results; by default as it is.
    virtual std::string plain_step(std::string_view step) const { return std::string(step); }
};

} // namespace qstar::search
