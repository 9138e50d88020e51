#pragma once
// What a network has read of one problem, as a tree of texts: a token counts once after each
// different beginning. That is what is evaluated by a search that keeps all it has read; what the
// caches of this program let go, to make room for other problems, is not counted again, so the
// count depends neither on the batch nor on their size.

#include <cstdint>
#include <map>
#include <span>
#include <utility>

namespace qstar::search {

class ReadTokens {
  public:
    // Of these tokens, how many are not read yet.
    int64_t unread(std::span<const int> tokens) const;
    // Reads them, and gives how many were not.
    int64_t read(std::span<const int> tokens);

  private:
    std::map<std::pair<int, int>, int> next_; // (beginning, token) -> the beginning with it
};

} // namespace qstar::search
