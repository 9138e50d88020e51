#pragma once
// The teaching side of a world: the class that writes its worksheets, and what can be asked of it.
//
// A world has one of these in train/data/worlds/NAME, and a line in
// train/data/worlds/teachings.cpp. Its members are the options of `qstar train corpus --world NAME`
// that no other world has.

#include "engine/run/flags.h"
#include "search/problem/world.h"
#include "train/data/class/pupils.h"
#include "train/data/class/side.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::train {

// A class at work: its world's verifier, its pupils, and where its problems come from.
struct ProblemSource {
    std::unique_ptr<search::World> world;
    std::vector<Pupil> pupils;
    // One problem on a side of the split.
    std::function<std::string(Split, Random&)> draw;
    // The lines a pupil writes under a problem, at least one.
    std::function<std::vector<std::string>(const Pupil&, const std::string&, Random&)> solve;
    // What one must know to solve a problem ("3*9", "27-2"), as texts to be compared; none where a
    // world does not say.
    std::function<std::vector<std::string>(const std::string& problem)> facts = {};
    // Where all problems stand in a file: those of each side. There is no class then.
    std::map<Split, std::vector<std::string>> listed = {};
};

struct Teaching {
    virtual ~Teaching() = default;
    virtual std::unique_ptr<Teaching> copy() const = 0;

    virtual std::string world() const = 0; // the name that search::make_world() knows
    // The flags of these options, with their ranges.
    virtual void describe(Flags& f) = 0;
    // Error for options within their ranges with which no problem can be made.
    virtual void check() const {}

    // Pupils, draw and solve (the world itself is its caller's to make), `experts` of the pupils
    // experts; `warm`: for the first part of a corpus, of shorter problems.
    virtual ProblemSource source(double experts, bool warm) const = 0;

    // The canonical text of a line that is a problem of this world or as good as one; two
    // spellings of the same have one. By its hash the line is on a side of the split (side.h), so
    // no training text may show it if it is not train's. Empty for every other line, and for
    // problems so short that they are everybody's. Called from several threads at once.
    virtual std::string split_key(std::string_view line) const = 0;

    // Of worlds whose problems have operands: they have these or more.
    virtual void set_fewest_operands(int) {}
    // For a look at what a perfect model of the class would answer (class_info.h): leaves only
    // problems that may be held out. False if there are none, or if texts are no steps.
    virtual bool leave_held_out() { return true; }
};

} // namespace qstar::train
