#pragma once
// A search space: a problem as a search algorithm uses it.
//
// Every algorithm of this folder is written once, as a function template over a space S, and is
// used with two: PuzzleSpace (spaces/puzzle_space.h: states by the rules of a puzzle, rated by a
// heuristic or a Q-network) and StepSpace (spaces/step_space.h: paths of reasoning steps, drawn by
// a language model and rated by a reward model). An algorithm finds nodes and the order in which
// they are looked at; the space makes and rates them, counts what that costs, knows when the
// budget is at its end, and gives the result.
//
// What all algorithms use:
//
//   Node             a node's number; what it stands for is the space's own
//   root()           the node of the problem
//   evaluate(nodes)  rates nodes; expand() and the like rate what they make themselves
//   solved()         a goal was made
//   spent()          a budget is at its end
//   telling(), say(sentence), name(node)    for a trace
//
//   kListed          true: an expansion lists all successors, as in the textbooks, and a node is
//                    expanded once. false: a model draws some of them, and a node may be drawn
//                    from again.
//   kAnyGoal         true: any goal will do, and the first that is made ends the search. false:
//                    of several the shortest way counts.
//
// What an algorithm requires besides stands at its head.

#include <concepts>
#include <string>

namespace qstar::search {

// What becomes of a node that an open list is told of: another way to its state is better, it is
// opened for the first time, or again.
enum class Opening { passed, first, again };

template <class S>
concept SearchSpace = requires(S& space, typename S::Node node, std::string sentence) {
    { space.root() } -> std::same_as<typename S::Node>;
    { space.solved() } -> std::same_as<bool>;
    { space.spent() } -> std::same_as<bool>;
    { space.telling() } -> std::same_as<bool>;
    space.say(sentence);
    { space.name(node) } -> std::convertible_to<std::string>;
    { S::kListed } -> std::convertible_to<bool>;
    { S::kAnyGoal } -> std::convertible_to<bool>;
};

} // namespace qstar::search
