// Vocabularies, and texts as tokens.
#include "tests/campaigns/fuzz/target.h"
#include "tokenizer/bpe.h"
#include "tokenizer/files.h"
#include "tokenizer/fingerprint.h"
#include "tokenizer/form.h"
#include "tokenizer/form_reader.h"
#include "tokenizer/gguf_vocabulary.h"
#include "tokenizer/tokenizer_json.h"
#include "tokenizer/train.h"
#include "tokenizer/words/pretokenize.h"

namespace qstar::campaign {

using namespace tokenizer;

namespace {

void goes_and_comes(const Tokenizer& tokenizer, std::string_view text) {
    for (const Specials specials : {Specials::allowed, Specials::as_text})
        holds(tokenizer.decode(tokenizer.encode(text, specials)) == text,
              "decode(encode(text)) is another text");
}

} // namespace

// vocab.json, a zero byte, merges.txt.
void fuzz_vocabulary(std::string_view bytes) {
    const size_t middle = std::min(bytes.find('\0'), bytes.size());
    file_holding("tok/vocab.json", bytes.substr(0, middle));
    file_holding("tok/merges.txt", bytes.substr(std::min(middle + 1, bytes.size())));
    const Tokenizer read = tokenizer::load_tokenizer(memory_folder() + "/tok");
    goes_and_comes(read, bytes.substr(middle));
    goes_and_comes(read, "It's 3*(4+5)-2 = 25.\n");
    save_tokenizer(read, memory_folder() + "/tok-written");
    const Tokenizer again = tokenizer::load_tokenizer(memory_folder() + "/tok-written");
    holds(again.merges() == read.merges() && again.specials() == read.specials() &&
              again.size() == read.size(),
          "another vocabulary after writing");
    for (int id = 0; id < read.size(); ++id)
        holds(again.token(id) == read.token(id), "token {} is another one after writing", id);
}

// One of bytes, and one of few characters with all that a file may have.
std::vector<std::string> small_tokenizers() {
    return {tokenizer_json_text(Tokenizer()), R"({
 "version": "1.0", "truncation": null, "padding": null,
 "added_tokens": [
  {"id": 0, "content": "<unk>", "special": true, "normalized": false},
  {"id": 1, "content": "<s>", "special": true, "normalized": false},
  {"id": 12, "content": "ab a", "special": false, "normalized": true, "lstrip": true},
  {"id": 13, "content": "\ud83d\ude00", "special": false, "normalized": false, "rstrip": true}],
 "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"},
  {"type": "Prepend", "prepend": "\u2581"},
  {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}]},
 "pre_tokenizer": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "first",
  "split": true},
 "post_processor": {"type": "TemplateProcessing",
  "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
  "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}},
 "decoder": {"type": "Sequence", "decoders": [
  {"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "}, {"type": "Fuse"},
  {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
 "model": {"type": "BPE", "dropout": null, "unk_token": "<unk>", "fuse_unk": true,
  "byte_fallback": false, "ignore_merges": true,
  "vocab": {"<unk>": 0, "<s>": 1, "\u2581": 2, "a": 3, "b": 4, "ab": 5, "\u2581a": 6, "1": 7,
   "\u2581ab": 8},
  "merges": ["a b", ["\u2581", "a"], "\u2581 ab"]}
})"};
}

void fuzz_tokenizer_json(std::string_view bytes) {
    const Tokenizer read = parse_tokenizer_json(bytes, "tokenizer.json");
    for (const std::string_view text : {bytes, std::string_view("It's 3*(4+5)-2 = 25.\n <s>a</s>")})
        for (const Specials specials : {Specials::allowed, Specials::as_text}) {
            const std::vector<int> ids = read.encode(text, specials);
            std::string joined;
            for (const int id : ids) joined += read.token(id);
            holds(joined == read.decode_continuation(ids), "tokens joined are another text");
            holds(joined.ends_with(read.decode(ids)), "decode() is not the end of the tokens");
        }
    const Tokenizer again = parse_tokenizer_json(tokenizer_json_text(read), "written");
    holds(fingerprint(again) == fingerprint(read), "another tokenizer after writing");
    accepts([&] { tokenizer_of(gguf_vocabulary_of(read)); });
}

// A form's file, a zero byte, and what a model writes.
void fuzz_form(std::string_view bytes) {
    static const Tokenizer plain;
    const size_t middle = std::min(bytes.find('\0'), bytes.size());
    const std::string_view text = bytes.substr(std::min(middle + 1, bytes.size()));
    const Form form = read_form(file_holding("form.json", bytes.substr(0, middle)));
    holds(read_form(file_holding("form-written.json", form_text(form))) == form,
          "another form after writing");
    const Tokenizer tokenizer = plain.with_form(form);
    const FormReader reader(tokenizer);
    const Around around = around_problem(form);
    holds(form.problem == around.before + "{problem}" + around.after,
          "a template is more than what stands around its place");
    const std::string prompt = tokenizer.decode(reader.prompt(text));
    holds(prompt == around.before + std::string(text) + around.after,
          "the prompt \"{}\" is not the problem in its template", prompt);
    std::string open, line;
    for (const int token : plain.encode(text)) reader.take(token, open, line);
    for (const bool last : {false, true})
        for (const int token : reader.step(text, last)) reader.take(token, open, line);
}

void fuzz_text(std::string_view bytes) {
    static const Tokenizer plain;
    goes_and_comes(plain, bytes);
    for (const Digits digits : {Digits::single, Digits::runs}) {
        std::string joined;
        for (const std::string_view word : pretokenize(bytes, {digits})) {
            holds(!word.empty(), "an empty pre-token");
            joined += word;
        }
        holds(joined == bytes, "the pre-tokens are not the text");
    }
}

} // namespace qstar::campaign
