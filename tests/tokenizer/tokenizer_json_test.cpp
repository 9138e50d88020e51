// tokenizer.json. The ids in tests/cases/tokenizer_json are those of Hugging Face's library
// (tokenizers 0.22): patterns.jsonl with GPT-2's vocabulary and the pre-tokenizers of others,
// llama2.jsonl with llama2.json, the tokenizer of stories260K (tinyllamas, MIT licence).

#include "tokenizer/tokenizer_json.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "tests/paths.h"
#include "tests/refusal.h"
#include "tests/temporary.h"
#include "tokenizer/files.h"
#include "tokenizer/fingerprint.h"
#include "tokenizer/train.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <functional>

using namespace qstar::tokenizer;
using qstar::Json;

namespace {

std::string case_file(const std::string& name) {
    return qstar::join_path(qstar::tests::source_dir, "tests/cases/" + name);
}

std::vector<int> ids_of(const qstar::JsonLine& line) {
    return line.value.at("ids").get<std::vector<int>>();
}

// The file of the plain tokenizer of bytes, as a value that a test changes.
Json plain() { return qstar::parse_json(tokenizer_json_text(Tokenizer()), "plain"); }

Tokenizer read(const Json& file) { return parse_tokenizer_json(qstar::json_text(file), "t.json"); }

std::string refusal(const std::string& text) {
    return qstar::tests::refusal_of([&] { parse_tokenizer_json(text, "t.json"); });
}

// The sentence with which the plain file is refused after a change.
std::string refused(const std::function<void(Json&)>& change) {
    Json file = plain();
    change(file);
    return refusal(qstar::json_text(file));
}

Json typed(const char* type) { return Json{{"type", type}}; }

Json added(int id, const char* content, bool special = false) {
    return {{"id", id}, {"content", content}, {"special", special}, {"normalized", false}};
}

} // namespace

TEST_CASE("pre-tokenizers of others give the ids of Hugging Face's library") {
    const Tokenizer gpt2 = load_tokenizer(case_file("tok/gpt2"));
    std::vector<Tokenizer> tokenizers;
    const std::vector<std::string> names = {"gpt2", "prefix", "llama3", "qwen2", "ours", "smollm"};
    for (const std::string& name : names) {
        Vocabulary vocabulary = gpt2.vocabulary();
        Pretokenizer& how = vocabulary.pretokenizer;
        if (name == "prefix") how.prefix = Prefix::every;
        if (name == "llama3") how = {Digits::threes, Words::llama3};
        if (name == "qwen2") how = {Digits::single, Words::llama3};
        if (name == "ours") how = {Digits::single};
        if (name == "smollm") how = {Digits::apart};
        if (name == "qwen2") vocabulary.normalizer = {{NormalizerStep::nfc}};
        vocabulary.ignore_merges = name == "llama3";
        tokenizers.emplace_back(std::move(vocabulary));
    }
    size_t seen = 0;
    for (const auto& line : qstar::read_jsonl(case_file("tokenizer_json/patterns.jsonl"))) {
        CAPTURE(line.where);
        const std::string name = string_field(line, "how"), text = string_field(line, "text");
        const auto at = std::find(names.begin(), names.end(), name) - names.begin();
        const Tokenizer& tokenizer = tokenizers[static_cast<size_t>(at)];
        CHECK(tokenizer.encode(text) == ids_of(line));
        if (name != "prefix" && name != "qwen2") CHECK(tokenizer.decode(ids_of(line)) == text);
        ++seen;
    }
    CHECK(seen == 90);
}

TEST_CASE("BPE of characters with byte fallback: ids and texts of Hugging Face's library") {
    const Tokenizer llama = read_tokenizer_json(case_file("tokenizer_json/llama2.json"));
    CHECK(llama.size() == 512);
    CHECK(llama.begins_with() == std::vector<int>{1});
    CHECK(llama.ends_with().empty());
    CHECK(llama.special("</s>") == 2);
    CHECK_THROWS_AS(llama.special(kStep), qstar::Error);
    const auto lines = qstar::read_jsonl(case_file("tokenizer_json/llama2.jsonl"));
    CHECK(lines.size() == 21);
    for (const auto& line : lines) {
        CAPTURE(line.where);
        const std::string text = string_field(line, "text");
        CHECK(llama.encode(text) == ids_of(line));
        CHECK(llama.decode(ids_of(line)) == string_field(line, "decoded"));
        // Tokens one after another are the text, but for the space before it.
        std::string joined;
        for (const int id : ids_of(line)) joined += llama.token(id);
        CHECK(joined == llama.decode_continuation(ids_of(line)));
        const bool spaced = !text.empty() && !text.starts_with("<s>") && !text.starts_with("</s>");
        CHECK(joined == (spaced ? " " : "") + string_field(line, "decoded"));
    }
    CHECK(llama.encode("Once upon a time") == std::vector<int>{403, 407, 261, 378});
    CHECK(llama.token(265) == " the");
    CHECK(llama.token(13) == "\n");
    CHECK(llama.encode("</s>", Specials::as_text) != std::vector<int>{2});
    CHECK(llama.decode(llama.encode("a \xFF\xE2\x96 b")) == "a \xFF\xE2\x96 b"); // not UTF-8
}

TEST_CASE("a text that goes on gets no space before it") {
    const Tokenizer llama = read_tokenizer_json(case_file("tokenizer_json/llama2.json"));
    std::vector<int> ids = llama.encode("Once upon");
    const std::vector<int> more = llama.encode_continuation(" a time");
    CHECK(llama.decode_continuation(more) == " a time");
    ids.insert(ids.end(), more.begin(), more.end());
    CHECK(ids == llama.encode("Once upon a time"));
    CHECK(llama.encode_continuation("</s>a") == llama.encode("</s>a"));
    Vocabulary vocabulary = Tokenizer().vocabulary();
    vocabulary.pretokenizer.prefix = Prefix::every;
    const Tokenizer prefixed(vocabulary);
    CHECK(prefixed.decode(prefixed.encode("a<|step|>b<|step|> c")) == " a<|step|> b<|step|> c");
    CHECK(prefixed.decode(prefixed.encode_continuation("a<|step|>b")) == "a<|step|> b");
}

TEST_CASE("what is written reads as the same tokenizer") {
    WordCounts words;
    count_words("the cat's caf\u00E9, the cat's mat\n\n the\xFF\xFE the\xFF\xFE", words);
    std::vector<Tokenizer> all = {Tokenizer(), train_bpe(words, 270),
                                  read_tokenizer_json(case_file("tokenizer_json/llama2.json")),
                                  load_tokenizer(case_file("tok/special_first")),
                                  load_tokenizer(case_file("tok/hole"))};
    for (const Pretokenizer how :
         {Pretokenizer{Digits::runs}, Pretokenizer{Digits::apart},
          Pretokenizer{Digits::threes, Words::llama3}, Pretokenizer{Digits::single, Words::llama3},
          Pretokenizer{Digits::runs, Words::gpt2, Prefix::every},
          Pretokenizer{Digits::runs, Words::whole}}) {
        Vocabulary vocabulary = all[1].vocabulary();
        vocabulary.pretokenizer = how;
        vocabulary.normalizer = {{NormalizerStep::nfc}};
        vocabulary.ignore_merges = true;
        vocabulary.begins = {all[1].special(kProblem), all[1].special(kStep)};
        vocabulary.ends = {all[1].special(kAnswer)};
        vocabulary.added[1].special = false;
        vocabulary.added[2].normalized = true;
        vocabulary.added[3].lstrip = true;
        all.emplace_back(std::move(vocabulary));
    }
    for (const Pretokenizer how : {Pretokenizer{Digits::runs, Words::marks, Prefix::first, true},
                                   Pretokenizer{Digits::runs, Words::whole, Prefix::none, true}}) {
        Vocabulary vocabulary = all[2].vocabulary();
        vocabulary.pretokenizer = how;
        vocabulary.normalizer.clear();
        all.emplace_back(std::move(vocabulary));
    }
    for (const Tokenizer& tokenizer : all) {
        const std::string text = tokenizer_json_text(tokenizer);
        const Tokenizer again = parse_tokenizer_json(text, "again");
        CHECK(fingerprint(again) == fingerprint(tokenizer));
        CHECK(tokenizer_json_text(again) == text);
        CHECK(again.specials() == tokenizer.specials());
    }
}

TEST_CASE("a folder has tokenizer.json beside the others, or alone where they cannot say it") {
    const Temporary folder;
    WordCounts words;
    count_words("the cat sat on the mat, the cat sat", words);
    const Tokenizer ours = train_bpe(words, 270);
    save_tokenizer(ours, folder / "ours");
    CHECK(has_tokenizer(folder / "ours"));
    CHECK(fingerprint(read_tokenizer_json(folder / "ours/tokenizer.json")) == fingerprint(ours));

    // The three files of ours count; without them the one that is left.
    folder.file("ours/tokenizer.json", tokenizer_json_text(Tokenizer()));
    CHECK(fingerprint(load_tokenizer(folder / "ours")) == fingerprint(ours));
    std::filesystem::remove(folder / "ours/pretokenizer.json");
    CHECK(fingerprint(load_tokenizer(folder / "ours")) == fingerprint(Tokenizer()));

    save_tokenizer(ours, folder / "ours");
    const Tokenizer llama = read_tokenizer_json(case_file("tokenizer_json/llama2.json"));
    save_tokenizer(llama, folder / "ours");
    CHECK(fingerprint(load_tokenizer(folder / "ours")) == fingerprint(llama));
    for (const char* gone : {"vocab.json", "merges.txt", "pretokenizer.json"})
        CHECK_FALSE(qstar::exists(folder / "ours" + "/" + gone));
    CHECK(has_tokenizer(folder / "ours"));
    CHECK_FALSE(has_tokenizer(folder / "none"));

    // One that looks as if the three files could say it, but for a mark that is no <...>.
    Json file = plain();
    file["added_tokens"].push_back(added(260, "mark", true));
    save_tokenizer(read(file), folder / "mark");
    CHECK(load_tokenizer(folder / "mark").encode("1mark") == std::vector<int>{16, 260});
    CHECK_FALSE(qstar::exists(folder / "mark/vocab.json"));
}

TEST_CASE("added tokens: of any name, special or not, with holes before them") {
    Json file = plain();
    file["added_tokens"].push_back(added(300, "\u65e5", true));
    file["added_tokens"].push_back(added(301, "  "));
    file["added_tokens"].push_back(added(302, "    "));
    Json mask = added(310, "[M]");
    mask["lstrip"] = true;
    mask["rstrip"] = true;
    file["added_tokens"].push_back(mask);
    const Tokenizer tokenizer = read(file);
    CHECK(tokenizer.size() == 311);
    CHECK(tokenizer.is_hole(260));
    CHECK(tokenizer.special("\u65e5") == 300);
    CHECK(tokenizer.is_special(300));
    CHECK_FALSE(tokenizer.is_special(301));
    CHECK(tokenizer.encode("1\u65e52") == std::vector<int>{16, 300, 17});
    CHECK(tokenizer.encode("\u65e5", Specials::as_text).size() == 3);
    CHECK(tokenizer.encode("1      2 3", Specials::as_text) ==
          std::vector<int>{16, 302, 301, 17, 220, 18});
    CHECK(tokenizer.encode("1 \n[M] \t2") == std::vector<int>{16, 310, 17});
    CHECK(tokenizer.decode({16, 302, 310}) == "1    [M]");
    // Their order in the file means nothing.
    std::swap(file["added_tokens"].at(4), file["added_tokens"].at(7));
    CHECK(fingerprint(read(file)) == fingerprint(tokenizer));
    // From JSON's escapes, a pair of surrogates among them.
    std::string text = qstar::json_text(plain());
    text.replace(text.find("<|step|>"), 8, "\\ud83d\\ude00");
    CHECK(parse_tokenizer_json(text, "t.json").encode("\U0001F600") == std::vector<int>{258});
    text.replace(text.find("\\ude00"), 6, "");
    CHECK(refusal(text).starts_with("t.json:"));
}

TEST_CASE("tokens that are looked for in the normalised text come after the others") {
    Json file =
        qstar::parse_json(qstar::read_file(case_file("tokenizer_json/llama2.json")), "llama2");
    Json word = added(512, "Lily");
    word["normalized"] = true; // it is looked for as "\u2581Lily"
    file["added_tokens"].push_back(word);
    file["added_tokens"].push_back(added(513, "Zed"));
    const Tokenizer tokenizer = read(file);
    using IdList = std::vector<int>;
    CHECK(tokenizer.encode("Lily") == IdList{512});
    CHECK(tokenizer.encode("Lily and Lily") == IdList{512, 269, 512});
    CHECK(tokenizer.encode("Zed Lily") == IdList{513, 410, 512});
    CHECK(tokenizer.encode("ZedLily") == IdList{513, 512});
    CHECK(tokenizer.encode("aLily") == IdList{261, 438, 310});
}

TEST_CASE("an added token that its order does not number is written into the vocabulary, too") {
    const auto vocabulary = [](const Tokenizer& tokenizer) {
        return qstar::parse_json(tokenizer_json_text(tokenizer), "written").at("model").at("vocab");
    };
    CHECK(vocabulary(Tokenizer()).size() == 256);
    CHECK(vocabulary(load_tokenizer(case_file("tok/hole"))).at("<|endoftext|>") == 300);
    CHECK(vocabulary(load_tokenizer(case_file("tok/special_first"))).at("<s>") == 0);
}

TEST_CASE("merges as pairs, as newer files have them") {
    Json file = plain();
    file["model"]["vocab"]["ab"] = 260;
    file["model"]["merges"] = Json::array({Json::array({"a", "b"})});
    file["added_tokens"] = Json::array();
    CHECK(read(file).encode("aab") == std::vector<int>{64, 260});
    file["model"]["merges"] = Json::array({"a b"});
    CHECK(read(file).encode("aab") == std::vector<int>{64, 260});
}

TEST_CASE("what is not understood is refused by its name") {
    CHECK(refused([](Json& f) { f["model"]["type"] = "Unigram"; }) ==
          "t.json: model: the type \"Unigram\" is not understood: expected BPE");
    CHECK(refused([](Json& f) { f["model"]["dropout"] = 0.1; }) ==
          "t.json: model: dropout 0.1 is not understood: expected 0");
    CHECK(refused([](Json& f) { f["model"]["end_of_word_suffix"] = "</w>"; }) ==
          "t.json: model: end_of_word_suffix \"</w>\" is not understood: expected \"\"");
    CHECK(refused([](Json& f) { f["model"]["unk_token"] = "<unk>"; }) ==
          "t.json: model: unk_token '<unk>' is not in the vocabulary");
    CHECK(refused([](Json& f) { f["model"]["speed"] = 1; }) ==
          "t.json: model: the field \"speed\" is not understood");
    CHECK(refused([](Json& f) {
              f["normalizer"] = typed("NFKC");
          }).starts_with("t.json: normalizer: the type \"NFKC\" is not understood"));
    CHECK(refused([](Json& f) { f["pre_tokenizer"] = typed("Whitespace"); }).find("Whitespace") !=
          std::string::npos);
    CHECK(refused([](Json& f) {
              f["pre_tokenizer"]["pretokenizers"].at(0)["pattern"]["Regex"] = "\\w+";
          }).find("the expression \"\\w+\" is not understood") != std::string::npos);
    CHECK(refused([](Json& f) {
              f["pre_tokenizer"]["pretokenizers"].at(0)["behavior"] = "Removed";
          }).find("behavior \"Removed\" is not understood") != std::string::npos);
    CHECK(refused([](Json& f) {
              f["post_processor"] = typed("BertProcessing");
          }).starts_with("t.json: post_processor: the type \"BertProcessing\""));
    CHECK(refused([](Json& f) {
              f["decoder"] = typed("WordPiece");
          }).starts_with("t.json: decoder: the type \"WordPiece\""));
    CHECK(refused([](Json& f) { f["added_tokens"].at(1)["single_word"] = true; }) ==
          "t.json: added_tokens[1]: single_word true is not understood: expected false");
    CHECK(refused([](Json& f) { f["extra"] = 1; }) ==
          "t.json: the field \"extra\" is not understood");
    CHECK(refused([](Json& f) { f["version"] = "2.0"; }).find("version \"2.0\"") !=
          std::string::npos);
}

TEST_CASE("a tokenizer.json with lies in it gets a sentence") {
    CHECK(refused([](Json& f) { f.erase("model"); }) ==
          "t.json: model: expected an object, found nothing");
    CHECK(refused([](Json& f) { f["model"]["vocab"]["a"] = 1048576; }) ==
          "t.json: model.vocab: token 'a' has id 1048576, expected 0 to 1048575");
    CHECK(refused([](Json& f) {
              f["model"]["vocab"]["a"] = uint64_t{1} << 63;
          }).ends_with("has id 9223372036854775808, expected 0 to 1048575"));
    CHECK(refused([](Json& f) { f["model"]["vocab"]["a"] = -1; }).find("has id -1") !=
          std::string::npos);
    CHECK(refused([](Json& f) { f["model"]["vocab"]["a"] = 65; }) ==
          "t.json: model.vocab: tokens 'a' and 'b' have the same id 65");
    CHECK(refused([](Json& f) { f["model"]["vocab"]["a"] = 64.5; }) ==
          "t.json: model.vocab: the id of token 'a' should be a whole number, found a fraction");
    CHECK(refused([](Json& f) { f["model"]["vocab"].erase("a"); }) ==
          "t.json: the vocabulary has no token for the byte 0x61");
    CHECK(refused([](Json& f) {
              f["model"]["vocab"]["\u65e5"] = 300;
          }).starts_with("t.json: model.vocab: token '\u65e5' is neither written in"));
    CHECK(refused([](Json& f) { f["model"]["vocab"] = Json::array(); }) ==
          "t.json: model.vocab: expected an object, found array");
    CHECK(refused([](Json& f) { f["model"]["merges"] = Json::array({"a b"}); }) ==
          "t.json: model.merges[0]: token 'ab' is not in the vocabulary");
    CHECK(refused([](Json& f) {
              f["model"]["merges"] = Json::array({"a b c"});
          }).starts_with("t.json: model.merges[0]: expected two tokens with one space"));
    CHECK(refused([](Json& f) { f["model"]["merges"] = Json::array({1}); }).ends_with("found 1"));
    CHECK(refused([](Json& f) {
              f["model"]["vocab"]["ab"] = 260;
              f["model"]["merges"] = Json::array({"a b", "a b"});
          }) == "t.json: merge 1 repeats the pair 'a' and 'b'");
    CHECK(refused([](Json& f) { f["added_tokens"].at(0)["id"] = 64; }) ==
          "t.json: added_tokens[0]: token '<|endoftext|>' has id 64, which is that of 'a'");
    CHECK(refused([](Json& f) { f["added_tokens"].at(0)["content"] = "a"; }) ==
          "t.json: added_tokens[0]: token 'a' has id 256, but in the vocabulary it has 64");
    CHECK(refused([](Json& f) {
              f["added_tokens"].at(0)["content"] = "";
          }).ends_with("the content is empty"));
    CHECK(refused([](Json& f) {
              f["added_tokens"].at(1)["id"] = 256;
          }).starts_with("t.json: added_tokens[1]: token '<|problem|>' has id 256"));
    CHECK(refusal("{\"model\": {}, \"model\": {}}") ==
          "t.json:1: the field \"model\" stands twice in an object");
    CHECK(refusal(std::string(200, '[')).find("nested more than 100 deep") != std::string::npos);
    CHECK(refusal("[]") == "t.json: expected an object, found array");
    std::string sequences = "null";
    for (int i = 0; i < 40; ++i)
        sequences = "{\"type\": \"Sequence\", \"normalizers\": [" + sequences + "]}";
    CHECK(refusal("{\"model\": {\"vocab\": {}, \"merges\": []}, \"normalizer\": " + sequences + "}")
              .ends_with("Sequences are nested more than 4 deep"));
}

TEST_CASE("a tokenizer.json that was cut anywhere is refused") {
    WordCounts words;
    count_words("ab ab", words);
    const std::string text = tokenizer_json_text(train_bpe(words, 262));
    for (size_t length = 0; length + 2 < text.size(); ++length)
        if (const std::string sentence = refusal(text.substr(0, length));
            !sentence.starts_with("t.json:"))
            FAIL_CHECK("cut at " << length << ": " << sentence);
    CHECK(refusal(text) == "no Error");
}
