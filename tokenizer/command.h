#pragma once
// The command `qstar tokenizer train | encode | decode | info`.

namespace CLI {
class App;
}

namespace qstar::tokenizer {

// Adds the command to the program. Its callbacks do the work; they write results
// to stdout, times to stderr, and throw Errors.
void add_command(CLI::App& app);

} // namespace qstar::tokenizer
