#pragma once
// A space: states, actions and a goal that its own rules make public. What a puzzle is to
// a search (spaces/puzzle_space.h), and nothing of how to search it.
//
// A state is state_bytes() bytes, the same count for all states, so that ten million of
// them lie one behind another without a pointer each. Actions are numbered 0 ..
// actions()-1 and cost 1 each. Every action can be undone by another one. Const functions
// may be called from several threads at once.

#include "engine/base/random.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::search {

using State = std::vector<uint8_t>;

struct Space {
    virtual ~Space() = default;
    virtual std::string name() const = 0; // "sliding 4x4"
    virtual size_t state_bytes() const = 0;

    virtual int actions() const = 0;
    // Whether `action` may be taken in this state; in most spaces every one.
    virtual bool legal(const uint8_t* /*state*/, int /*action*/) const { return true; }
    virtual void apply(uint8_t* state, int action) const = 0; // a legal one
    virtual int inverse(int action) const = 0;                // undoes it in the state after
    // What a person calls the step, said of the state before it.
    virtual std::string action_name(const uint8_t* state, int action) const = 0;

    virtual State goal() const = 0;
    virtual bool solved(const uint8_t* state) const = 0;
    // Any state from which the goal can be reached, as evenly as the space can draw it.
    virtual State random_state(Random& random) const = 0;

    // One line of a file of states. Error, without file and line: what was expected and
    // found, also for a state from which the goal cannot be reached.
    virtual State read(std::string_view line) const = 0;
    virtual std::string text(const uint8_t* state) const = 0; // read(text(s)) is s

    // A number of actions that is never more than what the goal is away (admissible).
    virtual int lower_bound(const uint8_t* state) const { return solved(state) ? 0 : 1; }
    virtual std::string lower_bound_name() const { return "goal"; } // "manhattan"

    // Whether the goal is an even (0) or an odd (1) number of actions away, where that can be
    // seen; else -1.
    virtual int distance_parity(const uint8_t* /*state*/) const { return -1; }

    // The images of a state under the symmetries of the space, the state itself among them (0).
    // All are as far from the goal. `out` is not `state`.
    virtual int images() const { return 1; }
    virtual void write_image(const uint8_t* state, int /*image*/, uint8_t* out) const {
        std::copy_n(state, state_bytes(), out);
    }
    // What `action` is in the image: it leads from there to the image of what `action` leads to.
    virtual int image_of_action(int action, int /*image*/) const { return action; }
    // The image that stands for all of them: its bytes come first in lexicographic order.
    virtual int canonical_image(const uint8_t* state) const;
    // Where states are moves themselves, as a cube's are: the state from which the way to the goal
    // is that of `state`, backwards and each action undone. False if the space has none.
    virtual bool write_inverse(const uint8_t* /*state*/, uint8_t* /*out*/) const { return false; }

    // The state for a network: which of the features() are on (1; the others are 0). Writes their
    // numbers in ascending order, at most features_on() of them, and gives their count.
    virtual int64_t features() const = 0;
    virtual int64_t features_on() const = 0;
    virtual int64_t write_features(const uint8_t* state, int* on) const = 0;
};

// A scramble: `moves` random legal actions from the goal, none of which undoes the one
// before. Backward scrambles are what DeepCubeA learns from (Agostinelli et al. 2019).
// `undo`, if wanted: the action that takes the last of them back; -1 without moves.
State scramble(const Space& space, int64_t moves, Random& random, int* undo = nullptr);

// The legal action that a person calls so in this state; none.
std::optional<int> action_named(const Space& space, const State& state, std::string_view name);

// The state to which steps lead from the goal, as their names say, with blanks between them:
// "R U' F2", where a turn with a 2 behind it is taken twice. Error naming a step that is none.
State scrambled_by(const Space& space, std::string_view steps);

// All children of n states, in the order of parents and actions. Made by all threads.
struct Children {
    std::vector<uint8_t> states; // one behind another
    std::vector<int64_t> parent; // of each child: 0 .. n-1
    std::vector<int> action;     // that leads to it
};
Children children_of(const Space& space, std::span<const uint8_t> states);

// What may stand between the numbers of a line: blanks, commas, brackets of lists.
bool separates_numbers(char c);
// The whole numbers of a line. Error naming what is none, or
// what is outside 0 .. limit-1, or if there are not `count` of them.
std::vector<int> read_numbers(std::string_view line, size_t count, int limit);
std::string numbers_text(const uint8_t* numbers, size_t count); // "1 2 3"

} // namespace qstar::search
