#pragma once
// What a user reads of an exception: never a sentence of a library's.

#include <exception>
#include <string>

namespace qstar {

// The sentence of an Error; of the standard library's and the JSON library's exceptions one of
// our own. Control characters, which may stem from a file, are shown as \xHH (io/utf8.h).
std::string sentence_of(const std::exception& exception);

} // namespace qstar
