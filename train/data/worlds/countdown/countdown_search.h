#pragma once
// The pupil who searches aloud: a text of countdown that contains its search.
//
// Gandhi et al., "Stream of Search: Learning to Search in Language" (2024): a model that reads
// only finished solutions never sees a mistake and how to go back from one. Here the way to the
// solution is written down with its dead ends, so that writing on, token after token, is a search.
//
//   1 5 8 11 24   8*5=40 1 11 40   40+11=51 1 51   40-11=29 1 29   29-1=28   ...   a guess
//                 11+8=19 1 5 19   19+5=24 1 24    24*1=24                         another start
//
// How many numbers a line leaves says where it goes on (search/worlds/countdown/search_stream.h).
// His search is depth first:
//
//   Step 1  a guessed first move, which leads on as often as not, whichever it is
//   Step 2  with three numbers left, all their moves in a fixed order; whether the two numbers that
//           one leaves make the target is seen at once
//   Step 3  back at the start: the next first move in the order of his experience, which kinds of
//           move led on most often in other problems; then Step 2 again.
//
// One who *hopes* does not see it at once: at a rate (Pupil::rate) he tries the move of two numbers
// that comes nearest to the target, sees that it makes another one, and goes on. Which comes
// nearest can be guessed; whether it was the target, he only has to compare.
//
// With a rate the other one gives three numbers up early, before each of their moves, but never
// those that lead on. That makes shorter texts, but he acts on what the reader
// of his text does not know: a model may take its own going on as a sign that these numbers lead on
// (Ortega et al., "Shaking the foundations: delusions in sequence models for interaction and
// control", 2021). Not measured here.
//
// All numbers on his way are integers from 1 to 100: what needs others he does not find.

#include "search/worlds/countdown/hand.h"
#include "train/data/class/pupils.h"

#include <map>
#include <span>
#include <string>
#include <vector>

namespace qstar::train {

// A move of sorted numbers by what it takes: the places of its operands and the operation. So two
// problems have moves of the same kind.
using MoveKind = int;
struct KnownMove {
    MoveKind kind = 0;
    search::Move move;
};
// Those to an integer from 1 to 100, in a fixed order: the largest numbers first, + - * / of each
// pair. Not those that another one stands for: x/1 (as x*1), and equal numbers once.
std::vector<KnownMove> plain_moves(const std::vector<search::Rational>& numbers);

enum SearchHabit : unsigned { hopes = 1 };

// "searcher" and "hopeful", of equal shares.
std::vector<Pupil> search_class();

// What is asked of his texts.
struct SearchTexts {
    double first_move_accuracy = 0.5; // rate of right ones
    // Characters and marks of a text, which are tokens without merges; where it would get longer,
    // the guessed first move is right after all.
    int64_t longest = 630;
};

struct SearchPupil {
    // Kinds of first moves, the best first: each is the one that leads on in most of the
    // `problems` (of four numbers) in which none before it does.
    static std::vector<MoveKind> experience(std::span<const std::string> problems);

    std::vector<MoveKind> order;
    SearchTexts texts;

    // The lines of a problem of three or four numbers. Empty if he cannot find it.
    std::vector<std::string> solve(const Pupil& pupil, const std::string& problem,
                                   Random& random) const;
};

} // namespace qstar::train
