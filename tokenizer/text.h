#pragma once
// The texts that a tokenizer is trained on and tried on.

#include <string>
#include <vector>

namespace qstar::tokenizer {

// The documents of a file. One whose name ends in .jsonl (or .JSONL) has one document
// a line: the named fields of the line's object (strings), joined by a newline; empty
// lines are skipped. Any other file is one document as it stands, less a byte order
// mark. Throws with file and line at a broken line or a missing field, and where a
// .jsonl comes without fields or another file with them.
std::vector<std::string> read_documents(const std::string& file,
                                        const std::vector<std::string>& fields);

} // namespace qstar::tokenizer
