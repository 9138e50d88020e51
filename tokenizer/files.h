#pragma once
// A tokenizer as text files in GPT-2's form.
//
//   vocab.json          one JSON object from token to id
//   merges.txt          the line "#version: 0.2", then one merge a line, "left right",
//                       the first learned first
//   pretokenizer.json   {"digits": "single"} or {"digits": "runs"}: how words are split
//                       (pretokenize.h); a word of our own, others pass it over
//
// Tokens are written in GPT-2's byte alphabet (bytes.h), special tokens as they are.
//
// Files of others load too. A byte order mark, ends of lines as CR LF, blank lines at
// the end, a first line "#version ..." of any text or none are the same to the reader.
// Ids may come in any order and have holes. Where no pretokenizer.json lies, numbers are
// split as GPT-2 does, except where the files are those that our first runs wrote. A token
// that is no byte and that no merge makes is a special token if it looks like <...> or
// [...]; otherwise it is never produced, and it is refused if two others would make it:
// then a line of merges.txt is missing.

#include "tokenizer/bpe.h"

#include <string>

namespace qstar::tokenizer {

// Throws an Error that names the file and the line at the first thing that is wrong.
Tokenizer load_tokenizer(const std::string& dir);

// Writes the files, making DIR where it is missing. Each is written aside first and
// then renamed, so that no reader ever sees half a file.
void save_tokenizer(const Tokenizer& tokenizer, const std::string& dir);

} // namespace qstar::tokenizer
