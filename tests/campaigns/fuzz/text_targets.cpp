// Vocabularies, and texts as tokens.
#include "tests/campaigns/fuzz/target.h"
#include "tokenizer/bpe.h"
#include "tokenizer/files.h"
#include "tokenizer/pretokenize.h"
#include "tokenizer/train.h"

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
