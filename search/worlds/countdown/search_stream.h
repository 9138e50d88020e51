#pragma once
// A text of countdown that contains its search, and which of its lines are the solution.
//
// After Gandhi et al., "Stream of Search", 2024. Each line is a step as always, with the list of
// the numbers that it leaves. How many they are says where it goes on: a line that leaves k
// numbers goes on from the last line before it that left k + 1, or from the problem. So a dead end
// has no mark; the next line simply leaves more numbers, or as many, as the one before:
//
//   1 5 8 11 24   8*5=40 1 11 40   40-11=29 1 29   40+1=41 11 41   11+8=19 1 5 19
//                 19+5=24 1 24   24*1=24
//
// The last line leaves the target alone. Its solution is what it goes on from, back to the problem:
// 11+8=19, 19+5=24, 24*1=24. A solution without a detour is such a text, too.

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::search {

// How many numbers a line leaves, by its list alone; 0 if it is no such line.
size_t numbers_left(std::string_view line);

// Of a problem with so many numbers, the lines that the last one goes on from, and itself. Empty
// if the last line leaves more than one number or there is none to go on from. Whether they are
// legal is not looked at.
std::vector<std::string> solution_lines(size_t numbers, std::span<const std::string> lines);

} // namespace qstar::search
