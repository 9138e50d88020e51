#pragma once
// A tokenizer as two text files in GPT-2's form.
//
// vocab.json is one JSON object from token to id, merges.txt the line
// "#version: 0.2" and then one merge a line, "left right", the first learned first.
// Tokens are written in GPT-2's byte alphabet (bytes.h), special tokens as they
// are. Files of the same form from elsewhere load too; a token that is neither a
// byte nor made by a merge must then look like a special token, <...>. Ids may
// come in any order, but from 0 on without a hole.

#include "tokenizer/bpe.h"

#include <string>

namespace qstar::tokenizer {

// Reads DIR/vocab.json and DIR/merges.txt. Throws an Error that names the file and
// the line at the first thing that is wrong.
Tokenizer load_tokenizer(const std::string& dir);

// Writes both files, making DIR where it is missing. Each is written aside first
// and then renamed, so that no reader ever sees half a file.
void save_tokenizer(const Tokenizer& tokenizer, const std::string& dir);

} // namespace qstar::tokenizer
