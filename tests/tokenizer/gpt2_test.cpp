// GPT-2's own vocabulary, cut down by tests/cases/tok/gpt2/make.py: all ids are GPT-2's.

#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "tests/paths.h"
#include "tokenizer/files.h"

#include <doctest/doctest.h>

using namespace qstar::tokenizer;

namespace {

const std::string gpt2 = qstar::join_path(qstar::tests::source_dir, "tests/cases/tok/gpt2");

// The lines of a file of texts and ids that this vocabulary encodes otherwise.
std::vector<std::string> unequal(const Tokenizer& tokenizer, const std::string& file,
                                 size_t expected) {
    std::vector<std::string> wrong;
    const auto lines = qstar::read_jsonl(qstar::join_path(gpt2, file));
    CHECK(lines.size() == expected);
    for (const qstar::JsonLine& line : lines) {
        const std::string text = string_field(line, "text");
        std::vector<int> ids;
        for (const qstar::Json& id : line.value.at("ids")) ids.push_back(id.get<int>());
        if (tokenizer.encode(text, Specials::as_text) != ids || tokenizer.decode(ids) != text)
            wrong.push_back(line.where);
    }
    return wrong;
}

} // namespace

TEST_CASE("GPT-2's vocabulary encodes as GPT-2 does, numbers too") {
    const Tokenizer tokenizer = load_tokenizer(gpt2);
    CHECK(tokenizer.size() == 50257);
    CHECK(tokenizer.pretokenizer() == Pretokenizer{Digits::runs});
    CHECK(tokenizer.special(kEndOfText) == 50256);
    CHECK(unequal(tokenizer, "reference.jsonl", 45) == std::vector<std::string>{});
    CHECK(unequal(tokenizer, "edges.jsonl", 250) == std::vector<std::string>{});
}
