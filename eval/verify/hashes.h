#pragma once
// The published hashes, of hashes.txt beside this file, which is built into the program.

#include <map>
#include <string>
#include <string_view>

namespace qstar::eval {

// A file of a run -> its SHA-256, 64 hex digits. Of what a run says of seconds nothing counts.
using Hashes = std::map<std::string, std::string>;

// A result without its fields "seconds": nothing else in it is a matter of the clock.
std::string without_seconds(std::string text);

// The part of hashes.txt under "# NAME"; empty if there is none.
Hashes published_hashes(std::string_view name);

// Of every checkpoint (*.safetensors) below `folder`, and of what its searches found: ladder.json
// and the results of `search --out` (*.jsonl beside the run). Error if a file is unreadable.
Hashes hashes_of(const std::string& folder);

// The lines of hashes.txt, as sha256sum writes them.
std::string text_of(const Hashes& hashes);

} // namespace qstar::eval
