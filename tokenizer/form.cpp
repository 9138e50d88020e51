#include "tokenizer/form.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/text/joined.h"
#include "engine/text/jsonl.h"

#include <array>
#include <string_view>

namespace qstar::tokenizer {

namespace {

constexpr std::string_view kProblemPlace = "{problem}", kAnswerPlace = "{answer}";

struct NamedForm {
    std::string_view name;
    Form form;
};

const std::array<NamedForm, 4> named_forms = {{
    {"marks", {}},
    // The lines of GSM8K's solutions (Cobbe et al. 2021).
    {"gsm8k", {"Question: {problem}\nAnswer:\n", "\n", "#### {answer}", 256}},
    // Paragraphs, and the box of MATH (Hendrycks et al. 2021).
    {"math", {"Problem:\n{problem}\n\nSolution:\n", "\n\n", "\\boxed{{answer}}", 512}},
    // A question and a chain of thought (Wei et al. 2022).
    {"plain", {"Q: {problem}\nA:\n", "\n", "The answer is {answer}", 256}},
}};

void check_place(const std::string& text, std::string_view place, std::string_view what,
                 const std::string& where) {
    const size_t at = text.find(place);
    if (at == std::string::npos || text.find(place, at + 1) != std::string::npos)
        fail("{}: {}: expected a text with one {} in it, found \"{}\"", where, what, place, text);
}

Around around(const std::string& text, std::string_view place) {
    const size_t at = text.find(place);
    return {text.substr(0, at), text.substr(at + place.size())};
}

} // namespace

void check(const Form& form, const std::string& where) {
    check_place(form.problem, kProblemPlace, "problem", where);
    check_place(form.answer, kAnswerPlace, "answer", where);
    if (form.step.empty()) fail("{}: step: expected a text that ends a step, found none", where);
    if (form.step_tokens < 0 || form.step_tokens > 100'000)
        fail("{}: step_tokens must be within 0 to 100000, found {}", where, form.step_tokens);
}

Around around_problem(const Form& form) { return around(form.problem, kProblemPlace); }

Around around_answer(const Form& form) { return around(form.answer, kAnswerPlace); }

Form read_form(const std::string& file) {
    const JsonLine json = read_json(file);
    Form form{string_field(json, "problem"), string_field(json, "step"),
              string_field(json, "answer"), 0};
    for (const auto& [key, value] : json.value.items()) {
        if (key == "step_tokens") {
            form.step_tokens = int_field(json, key);
        } else if (key != "problem" && key != "step" && key != "answer") {
            fail("{}: expected \"problem\", \"step\", \"answer\" and \"step_tokens\", found \"{}\"",
                 file, key);
        }
    }
    check(form, file);
    return form;
}

Form form_named(const std::string& name_or_file) {
    for (const NamedForm& named : named_forms)
        if (named.name == name_or_file) return named.form;
    if (!exists(name_or_file))
        fail("the form \"{}\" is none of {}, and no file of that name is there", name_or_file,
             joined(named_forms, ", ", &NamedForm::name));
    return read_form(name_or_file);
}

std::string form_text(const Form& form) {
    Json json{{"problem", form.problem}, {"step", form.step}, {"answer", form.answer}};
    if (form.step_tokens > 0) json["step_tokens"] = form.step_tokens;
    return json_text(json) + '\n';
}

} // namespace qstar::tokenizer
