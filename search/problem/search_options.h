#pragma once
// What every search takes and gives back, over puzzles as over reasoning steps. What only one of
// the two has is added by its space: model tokens for steps (models/method.h), states and their
// evaluations for puzzles (spaces/puzzle_space.h).
//
// The range of every number that a search takes stands once, in search_option(): what a command
// offers, what a study offers and what a search checks come from there.

#include "engine/run/flags.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::search {

struct SearchOptions {
    double seconds = 0;   // budget; 0: no bound. The only one by which a result can vary; the
                          // round under way ends
    double weight = 1;    // A*, Q*: f = g + weight * h
    int batch = 1;        // A*, Q*: entries expanded together
    int width = 4;        // beam: nodes kept
    double explore = 1;   // MCTS: weight of what was visited little
    int64_t samples = 64; // majority, best of N: at most so many solutions, or walks
    bool trace = false;   // tell every step of the algorithm in a sentence
};

// Adds the option of that name, with its range and its sentence, for a variable of whole or real
// numbers; of a list the range is that of each. Error if there is no such option.
Flag& search_option(Flags& f, std::string_view name, Place place);
// --cost: what a budget of tokens counts, "anew" or "evaluated" (models/method.h).
void describe_cost(Flags& f, std::string& cost);
// Every number of them; `trace` changes no result.
void describe(Flags& f, SearchOptions& o);

struct SearchResult {
    std::string ended;     // why; the spaces name the reasons
    int64_t expanded = 0;  // nodes whose successors (Q*: whose actions' values) were asked for
    int64_t generated = 0; // nodes made from others, those known already included
    double seconds = 0;
    std::vector<std::string> trace; // one sentence an event
};

} // namespace qstar::search
