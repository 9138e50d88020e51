#pragma once
// A tokenizer as text files: ours in GPT-2's form and in Hugging Face's, side by side.
//
//   vocab.json          one JSON object from token to id
//   merges.txt          the line "#version: 0.2", then one merge a line, "left right",
//                       the first learned first
//   pretokenizer.json   {"digits": "single"} or {"digits": "runs"}: how words are split
//                       (pretokenize.h); a word of our own, others pass it over
//   tokenizer.json      all of it in one file (tokenizer_json.h), for others and of others
//
// In the first two tokens are written in GPT-2's byte alphabet (bytes.h), special tokens as they
// are. A tokenizer that they cannot express has the last one alone.
//
// Which are read? Where pretokenizer.json lies the first three are ours, and they count, so that
// a run's ids never change by what is laid beside them. Otherwise tokenizer.json counts where it
// lies: beside it, the vocab.json of others often lacks the added tokens.
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

// That of a run's folder. Error, with the command that makes one, where the run has none.
Tokenizer tokenizer_of_run(const std::string& run);

// Whether DIR holds what load_tokenizer() reads.
bool has_tokenizer(const std::string& dir);

// Writes the files, making DIR where it is missing, and removes those of the first three that
// lie there but cannot express this tokenizer. Each is written aside first and then renamed, so
// that no reader ever sees half a file.
void save_tokenizer(const Tokenizer& tokenizer, const std::string& dir);

} // namespace qstar::tokenizer
