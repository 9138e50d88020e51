#pragma once
// Word problems in sentences of our own: the language of the world words.
//
// A story is some sentences about who has how many of what, and a question:
//
//   Anna has 5 apples.                         Ben has 3 times as many apples as Anna.
//   Ben has 4 more apples than Anna.           Ben has 4 fewer apples than Anna.
//   Ben has half as many apples as Anna.       Anna buys 3 more apples.
//   Anna loses 2 apples.                       Anna gives away 2 apples.
//   Anna buys 2 boxes with 6 apples each.      Anna shares the apples equally among 4 friends.
//   How many apples does Anna have now?        How many apples do they have together?
//   How many apples does each friend get?
//
// Each sentence but the first does one operation, boxes do two, and "together" one less
// than there are people.

#include "engine/base/random.h"
#include "search/problem/rational.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::search {

struct Operation { // left kind right = value
    Rational left;
    char symbol = '+';
    Rational right;
    Rational value;
};

struct Story {
    std::vector<Rational> given;       // the numbers of the text, and 2 for a half
    std::vector<Operation> operations; // in the order in which they can be done
    Rational answer;
};

// Error naming the sentence that is none of the forms above, or does not fit the others.
Story read_story(std::string_view question);

struct StoryConfig {
    int64_t largest = 50; // every quantity is an integer from 1 to this
    int changes = 2;      // sentences after those that say who has how many, at most
};
// A question of 2 operations or more, in whole numbers.
std::string draw_story(const StoryConfig& config, Random& random);

} // namespace qstar::search
