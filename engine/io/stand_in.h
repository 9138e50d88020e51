#pragma once
// What a download leaves at times in the place of a file.

#include <string_view>

namespace qstar {

// By the first bytes of a file that is not what it should be, a part of a sentence: "a Git
// LFS pointer, not the file itself: fetch it with git lfs pull". Knows LFS pointers, HTML
// pages, zip archives and GGUF and JSON files; empty for others.
std::string_view stand_in(std::string_view head);

} // namespace qstar
