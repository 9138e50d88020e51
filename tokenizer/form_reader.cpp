#include "tokenizer/form_reader.h"

#include "engine/base/error.h"

#include <utility>

namespace qstar::tokenizer {

namespace {

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == text.npos; }

} // namespace

FormReader::FormReader(const Tokenizer& tokenizer)
    : tokenizer_(tokenizer), form_(tokenizer.form()) {
    check(form_, "the form of the texts");
    const Around of_problem = around_problem(form_), of_answer = around_answer(form_);
    before_ = parts_of(of_problem.before);
    after_ = parts_of(of_problem.after);
    before_answer_ = of_answer.before;
    after_answer_ = of_answer.after;
    const std::vector<Part> end = parts_of(form_.step);
    if (end.size() == 1 && end[0].special >= 0) {
        step_token_ = end[0].special;
        const std::vector<Part> last = parts_of(after_answer_);
        if (last.empty() || last.back().special < 0)
            fail("the form of the texts: answer: expected the name of a special token at its end, "
                 "as {} ends a step, found \"{}\"",
                 form_.step, form_.answer);
        end_token_ = last.back().special;
        after_answer_.resize(after_answer_.size() - tokenizer_.token(end_token_).size());
    } else {
        for (const Part& part : end)
            if (part.special >= 0)
                fail("the form of the texts: step: expected one special token or a text, found "
                     "\"{}\"",
                     form_.step);
        if (looks_special(form_.step))
            fail("the form of the texts: step: the vocabulary has no special token {}", form_.step);
    }
}

// Texts and special tokens; a text stands at both ends, if only an empty one.
std::vector<FormReader::Part> FormReader::parts_of(const std::string& text) const {
    std::vector<std::string_view> names;
    for (const int id : tokenizer_.specials()) names.emplace_back(tokenizer_.token(id));
    std::vector<Part> parts;
    split_specials(
        text, names, [&](std::string_view part) { parts.push_back({std::string(part)}); },
        [&](size_t index) {
            parts.push_back({"", tokenizer_.specials()[index]});
        });
    return parts;
}

std::vector<int> FormReader::prompt(std::string_view statement) const {
    // The text around the problem is one with it: words do not end where the problem begins.
    std::vector<Part> all = before_;
    if (all.empty() || all.back().special >= 0) all.push_back({});
    all.back().text += statement;
    for (const Part& part : after_) {
        if (part.special < 0 && all.back().special < 0)
            all.back().text += part.text;
        else
            all.push_back(part);
    }
    std::vector<int> tokens;
    if (step_token_ < 0) tokens = tokenizer_.begins_with();
    // A template may name itself what the vocabulary puts before a text.
    if (!tokens.empty() && all.front().special == tokens.front()) tokens.clear();
    const size_t begins = tokens.size();
    for (const Part& part : all) {
        if (part.special >= 0) {
            tokens.push_back(part.special);
            continue;
        }
        const std::vector<int> ids =
            tokens.size() == begins ? tokenizer_.encode(part.text, Specials::as_text)
                                    : tokenizer_.encode_continuation(part.text, Specials::as_text);
        tokens.insert(tokens.end(), ids.begin(), ids.end());
    }
    return tokens;
}

std::vector<int> FormReader::step(std::string_view text, bool last) const {
    std::string line(text);
    if (last && !holds_answer(line)) line = before_answer_ + line + after_answer_;
    if (step_token_ < 0) line += form_.step;
    std::vector<int> tokens = tokenizer_.encode_continuation(line, Specials::as_text);
    if (step_token_ >= 0) tokens.push_back(last ? end_token_ : step_token_);
    return tokens;
}

bool FormReader::holds_answer(std::string_view line) const {
    if (before_answer_.empty() && after_answer_.empty()) return step_token_ >= 0;
    const size_t at = line.find(before_answer_);
    return at != line.npos && line.find(after_answer_, at + before_answer_.size()) != line.npos;
}

FormReader::Event FormReader::take(int token, std::string& open, std::string& line) const {
    const auto end = [&](Event event) {
        line = std::exchange(open, {});
        return event;
    };
    if (tokenizer_.is_special(token)) {
        if (step_token_ < 0) return is_blank(open) ? Event::broken : end(Event::ends_solution);
        if (token == end_token_) return end(Event::ends_solution);
        return token == step_token_ ? end(Event::ends_step) : Event::broken;
    }
    const size_t before = open.size();
    open += tokenizer_.token(token);
    if (step_token_ >= 0) return Event::goes_on;
    // The end may have begun with the token before.
    size_t from = before >= form_.step.size() ? before - form_.step.size() + 1 : 0;
    for (;;) {
        const size_t at = open.find(form_.step, from);
        if (at == std::string::npos) return Event::goes_on;
        line = open.substr(0, at);
        open.erase(0, at + form_.step.size());
        if (!is_blank(line)) return holds_answer(line) ? Event::ends_solution : Event::ends_step;
        from = 0;
    }
}

} // namespace qstar::tokenizer
