#pragma once
// What the fuzzers call: one function a reader of foreign bytes.
//
// A target gives the bytes to a reader and checks what can be checked of what comes back. An
// Error is a fine outcome; another exception, a crash, a hang or a finding of the sanitizers is
// a fault. Two drivers call the same targets: libFuzzer (libfuzzer.cpp) and, without coverage,
// fuzz_test.cpp.

#include "engine/base/error.h"

#include <cstddef>
#include <fmt/format.h>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace qstar::campaign {

// A property that does not hold. Not an Error: that would be a fine outcome.
struct Finding : std::logic_error {
    using std::logic_error::logic_error;
};

template <class... Args>
void holds(bool condition, fmt::format_string<Args...> format, Args&&... args) {
    if (!condition) throw Finding(fmt::vformat(format, fmt::make_format_args(args...)));
}

// Calls a reader; false if it refused with an Error.
bool accepts(const std::function<void()>& reader);

struct Target {
    std::string name;
    void (*run)(std::string_view bytes);
    size_t longest;                   // bytes of an input, for the drivers
    std::vector<std::string> seeds;   // folders or files below tests/cases/
    std::vector<std::string> written; // small seeds beside them
    int readers = 1;                  // more: the last byte of an input says which of them has it
};
const std::vector<Target>& targets();
// Error naming the known ones.
const Target& target_of(std::string_view name);

// All seeds of a target that are not longer than its inputs, in a fixed order. `cases` is the
// folder tests/cases.
std::vector<std::string> seeds_of(const Target& target, const std::string& cases);

// The bytes without the last one, and which of so many readers is to have them.
std::pair<std::string_view, int> chosen_reader(std::string_view bytes, int readers);

// The first lines of an input: more of them go the same ways, and each costs as much as the others.
// Enough for the five bad lines that a sentence names, and one more that it counts.
std::string_view first_lines(std::string_view bytes);

// A folder in memory, where the system has such a thing, for readers that want a path; gone when
// the program ends.
const std::string& memory_folder();
// A path of a file in it, `name` with what folders it names, that holds these bytes.
std::string file_holding(const std::string& name, std::string_view bytes);

// The targets; each file of this folder holds some.
void fuzz_safetensors(std::string_view bytes);
void fuzz_model(std::string_view bytes);
void fuzz_gguf(std::string_view bytes);
void fuzz_model_config(std::string_view bytes);
void fuzz_weight_map(std::string_view bytes);
void fuzz_adapter_config(std::string_view bytes);
void fuzz_vocabulary(std::string_view bytes);
void fuzz_tokenizer_json(std::string_view bytes);
void fuzz_form(std::string_view bytes);
void fuzz_text(std::string_view bytes);
void fuzz_jsonl(std::string_view bytes);
void fuzz_labels(std::string_view bytes);
void fuzz_ranks(std::string_view bytes);
void fuzz_rollouts(std::string_view bytes);
void fuzz_arithmetic(std::string_view bytes);
void fuzz_equations(std::string_view bytes);
void fuzz_powers(std::string_view bytes);
void fuzz_countdown(std::string_view bytes);
void fuzz_words(std::string_view bytes);
void fuzz_gsm8k(std::string_view bytes);
void fuzz_problem_files(std::string_view bytes);
void fuzz_puzzles(std::string_view bytes);
void fuzz_moves(std::string_view bytes);
void fuzz_config(std::string_view bytes);
void fuzz_metrics(std::string_view bytes);
void fuzz_http(std::string_view bytes);
std::string tiny_model_bytes();              // a seed of fuzz_model
std::string tiny_gguf_bytes();               // of fuzz_gguf
std::vector<std::string> small_tokenizers(); // seeds of fuzz_tokenizer_json

} // namespace qstar::campaign
