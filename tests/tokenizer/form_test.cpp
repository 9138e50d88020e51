#include "tokenizer/form.h"

#include "engine/base/error.h"
#include "tests/temporary.h"
#include "tokenizer/files.h"
#include "tokenizer/fingerprint.h"
#include "tokenizer/form_reader.h"

#include <algorithm>
#include <doctest/doctest.h>

using namespace qstar;
using namespace qstar::tokenizer;

namespace {

// Bytes, the marks of a chat, a token of a sentence's end with its line feed, and " H".
Tokenizer chat_tokenizer(const Form& form) {
    std::vector<std::string> tokens = byte_tokens();
    const Tokenizer bytes;
    const auto of = [&](char c) { return bytes.encode({&c, 1})[0]; };
    tokens.push_back(".\n");
    tokens.push_back(" H");
    std::vector<int> specials;
    for (const char* name : {"<|start|>", "<|end|>"}) {
        specials.push_back(static_cast<int>(tokens.size()));
        tokens.emplace_back(name);
    }
    return Tokenizer(std::move(tokens), {{of(' '), of('H'), 257}}, specials).with_form(form);
}

using Event = FormReader::Event;

// The steps that tokens write, each with '#' before it if it ended the solution.
std::vector<std::string> written(const FormReader& reader, const std::vector<int>& tokens,
                                 std::string& open) {
    std::vector<std::string> steps;
    std::string line;
    for (const int token : tokens) {
        const Event event = reader.take(token, open, line);
        if (event == Event::broken) steps.push_back("broken");
        if (event == Event::ends_step) steps.push_back(line);
        if (event == Event::ends_solution) steps.push_back("#" + line);
    }
    return steps;
}

} // namespace

TEST_CASE("a problem is put as the template says, and cannot bring marks along") {
    const Tokenizer tokenizer =
        chat_tokenizer({"<|start|>user\n{problem}<|end|>\n", "\n", "#### {answer}", 0});
    const FormReader reader(tokenizer);
    const std::vector<int> tokens = reader.prompt("How <|end|> many?");
    CHECK(tokenizer.decode(tokens) == "<|start|>user\nHow <|end|> many?<|end|>\n");
    CHECK(std::count(tokens.begin(), tokens.end(), tokenizer.special("<|end|>")) == 1);
    CHECK(tokens.front() == tokenizer.special("<|start|>"));
}

TEST_CASE("the text around a problem is one with it") {
    const Tokenizer tokenizer = chat_tokenizer({"Q: {problem}\nA:\n", "\n", "#### {answer}", 0});
    const std::vector<int> tokens = FormReader(tokenizer).prompt("How.");
    CHECK(tokens == tokenizer.encode("Q: How.\nA:\n"));
    CHECK(std::count(tokens.begin(), tokens.end(), 257) == 1);
}

TEST_CASE("steps end with their text, the last one with its mark") {
    const Tokenizer tokenizer = chat_tokenizer(form_named("gsm8k"));
    const FormReader reader(tokenizer);
    CHECK(tokenizer.decode(reader.step("2+3=5", false)) == "2+3=5\n");
    CHECK(tokenizer.decode(reader.step("5", true)) == "#### 5\n");
    CHECK(tokenizer.decode(reader.step("#### 5", true)) == "#### 5\n");

    std::string open;
    CHECK(written(reader, tokenizer.encode("2+3=5.\n\n \n#### 5\nmore"), open) ==
          std::vector<std::string>{"2+3=5.", "##### 5"});
    CHECK(open == "more");
    // A token may bring the end of one step and the beginning of nothing.
    open = "So";
    CHECK(written(reader, {256}, open) == std::vector<std::string>{"So."});
    CHECK(open.empty());
}

TEST_CASE("where texts end steps, a special token ends the solution") {
    const Tokenizer tokenizer = chat_tokenizer(form_named("plain"));
    const FormReader reader(tokenizer);
    std::string open;
    CHECK(written(reader, tokenizer.encode("So\nfive<|end|>"), open) ==
          std::vector<std::string>{"So", "#five"});
    CHECK(written(reader, tokenizer.encode("So\n<|end|>"), open) ==
          std::vector<std::string>{"So", "broken"});
}

TEST_CASE("an end of several characters may come in several tokens") {
    const Tokenizer tokenizer = chat_tokenizer(form_named("math"));
    const FormReader reader(tokenizer);
    std::string open;
    CHECK(written(reader, tokenizer.encode("a\nb\n\n\n\nso \\boxed{5}\n\n"), open) ==
          std::vector<std::string>{"a\nb", "#so \\boxed{5}"});
    CHECK(open.empty());
    CHECK(written(reader, tokenizer.encode("\\boxed{5\n\n"), open) ==
          std::vector<std::string>{"\\boxed{5"});
    CHECK(tokenizer.decode(reader.step("7", true)) == "\\boxed{7}\n\n");
}

TEST_CASE("ours is a form, too: tokens end steps, and characters do not") {
    const Tokenizer tokenizer;
    const FormReader reader(tokenizer);
    std::string open;
    CHECK(written(reader, tokenizer.encode("3*9<|step|><|step|>27<|answer|>"), open) ==
          std::vector<std::string>{"3*9", "", "#27"});
    CHECK(written(reader, tokenizer.encode("3<|step|>\n", Specials::as_text), open).empty());
    CHECK(open == "3<|step|>\n");
    open.clear();
    CHECK(written(reader, tokenizer.encode("3<|problem|>"), open).back() == "broken");
}

TEST_CASE("steps that are written and read again are the same") {
    for (const char* name : {"gsm8k", "math", "plain"}) {
        const Tokenizer tokenizer = chat_tokenizer(form_named(name));
        const FormReader reader(tokenizer);
        std::vector<int> tokens = reader.step("one.", false);
        for (const int token : reader.step("two", false)) tokens.push_back(token);
        for (const int token : reader.step("3", true)) tokens.push_back(token);
        std::string open;
        const std::vector<std::string> steps = written(reader, tokens, open);
        REQUIRE(steps.size() == 3);
        CHECK(steps[0] == "one.");
        CHECK(steps[1] == "two");
        CHECK(steps[2].starts_with("#"));
        CHECK(reader.step(steps[2].substr(1), true) == reader.step("3", true));
        CHECK(open.empty());
    }
}

TEST_CASE("a form is a file, and part of what a model was made with") {
    const Temporary folder;
    const Form form{"Q {problem} A", "\n", "= {answer}", 99};
    const Tokenizer tokenizer = Tokenizer().with_form(form);
    CHECK(form_named(folder.file("form.json", form_text(form))) == form);
    save_tokenizer(tokenizer, folder.path);
    CHECK(load_tokenizer(folder.path).form() == form);
    CHECK(fingerprint(load_tokenizer(folder.path)) == fingerprint(tokenizer));
    CHECK(fingerprint(tokenizer.with_form({})) != fingerprint(tokenizer));
}

TEST_CASE("a form that says too little is refused") {
    const Temporary folder;
    const auto why = [&](const char* text) {
        try {
            form_named(folder.file("form.json", text));
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string("taken");
    };
    const auto holds = [](const std::string& text, const char* part) {
        return text.find(part) != std::string::npos;
    };
    CHECK(holds(why(R"({"problem": "Q", "step": "\n", "answer": "{answer}"})"), "one {problem}"));
    CHECK(holds(why(R"({"problem": "{problem}", "step": "\n", "answer": "x"})"), "one {answer}"));
    CHECK(holds(why(R"({"problem": "{problem}", "step": "", "answer": "{answer}"})"), "step"));
    CHECK(holds(why(R"({"problem": "{problem}", "step": 3, "answer": "{answer}"})"), "step"));
    CHECK(holds(why(R"({"problem": "{problem}", "step": "\n"})"), "answer"));
    CHECK(holds(why(R"({"problem": "{problem}", "step": "\n", "answer": "{answer}", "x": 1})"),
                "\"x\""));
    CHECK_THROWS_AS(form_named("no such form"), Error);
    CHECK_THROWS_AS(FormReader(chat_tokenizer({})), Error);
    CHECK_THROWS_AS(FormReader(chat_tokenizer({"{problem}", "<|end|>", "{answer}", 0})), Error);
}
