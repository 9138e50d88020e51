#pragma once
// What a world's rules tell everybody, and so what a search may know of it. The verifier is no
// part of it, unless the goal is public: then the rules say themselves whether a path is solved.
//
// A world implements it (world.h). As it stands here it is the least that can be known.
// Const functions may be called from several threads at once.

#include "search/problem/path.h"

#include <string>
#include <string_view>

namespace qstar::search {

struct PublicRules {
    virtual ~PublicRules() = default;

    // Two answers that mean the same get one form (for majority votes): "4/2" -> "2"; text that is
    // no answer is returned as it is. By default all text is.
    virtual std::string canonical_answer(std::string_view answer) const;
    // Paths in one state go on in the same way, and are one node of a search; by default it is the
    // last line.
    virtual std::string state(const Path& path) const;

    // Whether the rules alone say that a path is solved. If so, every search ends at the first path
    // that is, drops finished ones that are not, and steps that are not legal.
    virtual bool public_goal() const { return false; }
    // With a public goal: whether this finished path is solved.
    virtual bool goal(const Path&) const { return false; }
    // With a public goal: whether the path keeps the rules. That it can still reach the goal is no
    // part of that.
    virtual bool legal(const Path&) const { return true; }
};

// Of which nothing is known but the text.
inline const PublicRules no_rules;

} // namespace qstar::search
