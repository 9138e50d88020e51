// Labels of steps in the forms of PRM800K and of TRL (labels.h).

#include "engine/base/error.h"
#include "engine/text/jsonl.h"
#include "train/data/labels.h"
#include "train/data/texts.h"

#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::train {

namespace {

using search::Label;

Label rating_of(const JsonLine& completion) {
    const int64_t rating = int_field(completion, "rating");
    if (rating < -1 || rating > 1)
        fail("{}: field \"rating\": expected -1, 0 or 1, found {}", completion.where, rating);
    return static_cast<Label>(rating);
}

// A step's text as steps: two where PRM800K's heading stands before the answer.
struct StepText {
    std::vector<std::string> parts;
    bool ends = false; // in an answer, by the heading
};

StepText steps_of(const std::string& text, const std::string& where) {
    constexpr std::string_view kHeading = "# Answer\n";
    std::string step = clean_text(text, where);
    const size_t at = step.starts_with(kHeading) ? 0 : step.find("\n# Answer\n") + 1;
    if (!step.substr(at).starts_with(kHeading)) return {{step}, false};
    const std::string work = clean_text(step.substr(0, at), where);
    const std::string answer = clean_text(step.substr(at + kHeading.size()), where);
    if (work.empty()) return {{answer}, true};
    return {{work, answer}, true};
}

// Puts a judged step behind the others; `last`: nothing follows it.
void add_step(StepLabels& judged, const StepText& step, Label label, bool last) {
    for (const std::string& part : step.parts) {
        judged.steps.push_back(part);
        judged.labels.push_back(label);
        judged.finished = (last || step.ends) && &part == &step.parts.back();
        if (label == Label::wrong) break; // what follows an error has no label
    }
}

// PRM800K: the step that a person wrote, a text or an object with a text.
std::string human_text(const JsonLine& step) {
    if (step.value["human_completion"].is_string()) return string_field(step, "human_completion");
    return string_field(object_field(step, "human_completion"), "text");
}

// Which of its completions the labeler went on with, or -1.
int64_t taken_of(const JsonLine& step, int64_t completions) {
    if (!has_field(step, "chosen_completion")) return -1;
    const int64_t taken = int_field(step, "chosen_completion");
    if (taken < 0 || taken >= completions)
        fail("{}: field \"chosen_completion\": expected 0 to {}, found {}", step.where,
             completions - 1, taken);
    return taken;
}

// How many steps the solution has, as far as a PRM800K line tells.
size_t length_of(const JsonLine& question, const JsonLine& label, size_t labelled,
                 const std::string& reason) {
    if (!has_field(question, "pre_generated_steps"))
        return reason == "solution" ? labelled : labelled + 1;
    const size_t length = strings_field(question, "pre_generated_steps").size();
    if (labelled > length)
        fail("{}: expected labels of at most the {} pre_generated_steps, found {}", label.where,
             length, labelled);
    return has_field(question, "pre_generated_answer") ? length : length + 1; // it never ended
}

// All completions of the steps of one line, in order, as StepLabels.
void read_prm800k(const JsonLine& line, std::vector<StepLabels>& out) {
    const JsonLine question = object_field(line, "question");
    const JsonLine label = object_field(line, "label");
    StepLabels chosen{problem_field(question, "problem"), {}, {}, false, {}, line.where};
    const std::vector<JsonLine> steps = array_field(label, "steps");
    const std::string reason =
        has_field(label, "finish_reason") ? string_field(label, "finish_reason") : "";
    const bool left_off = reason.empty() || reason == "give_up" || reason == "bad_problem";
    if (!left_off && reason != "solution" && reason != "found_error")
        fail("{}: field \"finish_reason\": expected solution, found_error, give_up or bad_problem, "
             "found \"{}\"",
             label.where, reason);
    if (steps.empty() && !left_off)
        fail("{}: field \"steps\": expected at least one step, found none", label.where);
    const size_t length = length_of(question, label, steps.size(), reason);

    for (size_t i = 0; i < steps.size(); ++i) {
        const JsonLine& step = steps[i];
        const bool human = has_field(step, "human_completion");
        const std::vector<JsonLine> completions = has_field(step, "completions")
                                                      ? array_field(step, "completions")
                                                      : std::vector<JsonLine>();
        if (completions.empty() && !human)
            fail("{}: field \"completions\": expected at least one, found none", step.where);
        const int64_t taken = taken_of(step, std::ssize(completions));
        const bool last = i + 1 == length;
        const auto text_of = [](const JsonLine& completion) {
            return steps_of(string_field(completion, "text"), completion.where);
        };
        for (int64_t k = 0; k < std::ssize(completions); ++k) {
            const JsonLine& completion = completions[static_cast<size_t>(k)];
            if (k == taken || !has_field(completion, "rating")) continue; // nobody judged it
            StepLabels aside = chosen;
            aside.labels.clear();
            add_step(aside, text_of(completion), rating_of(completion), last);
            out.push_back(std::move(aside));
        }
        if (taken < 0 && !human) break; // nothing was chosen: the solution ends before this step
        const JsonLine& of_path = taken < 0 ? step : completions[static_cast<size_t>(taken)];
        const StepText text = taken < 0 ? steps_of(human_text(step), step.where) : text_of(of_path);
        if (taken >= 0 && !has_field(of_path, "rating")) {
            // The path goes on by a step without a label: labels begin anew after it.
            if (!chosen.labels.empty()) out.push_back(chosen);
            chosen.labels.clear();
            chosen.steps.insert(chosen.steps.end(), text.parts.begin(), text.parts.end());
            continue;
        }
        add_step(chosen, text, taken < 0 ? Label::right : rating_of(of_path), last);
        if (chosen.labels.back() == Label::wrong) break; // what follows an error has no label
    }
    if (!chosen.labels.empty()) out.push_back(std::move(chosen));
}

std::vector<float> soft_labels(const JsonLine& line, size_t count) {
    std::vector<float> soft;
    for (const JsonLine& label : array_field(line, "soft_labels")) {
        const double value = label.value.is_number() ? label.value.get<double>() : -1;
        if (!(value >= 0 && value <= 1))
            fail("{}: expected a number within 0 to 1, found {}", label.where,
                 json_text(label.value));
        soft.push_back(static_cast<float>(value));
    }
    if (soft.size() != count)
        fail("{}: expected as many soft_labels as labels, {}, found {}", line.where, count,
             soft.size());
    return soft;
}

void read_trl(const JsonLine& line, std::vector<StepLabels>& out) {
    const std::vector<std::string> steps = strings_field(line, "completions");
    const std::vector<JsonLine> labels = array_field(line, "labels");
    if (labels.size() != steps.size())
        fail("{}: expected as many labels as completions, {}, found {}", line.where, steps.size(),
             labels.size());
    if (labels.empty()) fail("{}: expected at least one completion, found none", line.where);
    std::vector<float> soft;
    if (has_field(line, "soft_labels")) soft = soft_labels(line, labels.size());
    StepLabels read{problem_field(line, "prompt"), {}, {}, false, {}, line.where};
    for (size_t i = 0; i < steps.size(); ++i) {
        const Label label = truth_of(labels[i]) ? Label::right : Label::wrong;
        // The form has no end mark; what we write in it are whole solutions.
        add_step(read, steps_of(steps[i], line.where), label, i + 1 == steps.size());
        if (!soft.empty()) read.soft.resize(read.labels.size(), soft[i]);
        if (label == Label::wrong) break;
    }
    out.push_back(std::move(read));
}

} // namespace

size_t first_wrong_step(std::span<const Label> labels) {
    return !labels.empty() && labels.back() == Label::wrong ? labels.size() : 0;
}

Json prm800k_json(const LabelledSolution& labelled) {
    const SampledSolution& solution = labelled.solution;
    Json steps = Json::array();
    for (size_t i = 0; i < labelled.labels.size(); ++i) {
        const Json completion = {{"text", solution.steps[i]},
                                 {"rating", static_cast<int>(labelled.labels[i])},
                                 {"flagged", nullptr}};
        steps.push_back({{"completions", Json::array({completion})},
                         {"human_completion", nullptr},
                         {"chosen_completion", 0}});
    }
    const char* reason = first_wrong_step(labelled.labels) > 0 ? "found_error"
                         : solution.finished                   ? "solution"
                                                               : "give_up";
    Json answer = nullptr;
    if (solution.finished) answer = solution.steps.back();
    return {{"question",
             {{"problem", solution.problem},
              {"ground_truth_answer", labelled.true_answer},
              {"pre_generated_steps", solution.steps},
              {"pre_generated_answer", answer}}},
            {"label", {{"steps", steps}, {"finish_reason", reason}}}};
}

Json trl_json(const LabelledSolution& labelled) {
    // Labels of all completions: after the first error everything is wrong.
    std::vector<bool> labels(labelled.solution.steps.size(), false);
    for (size_t i = 0; i < labelled.labels.size(); ++i)
        labels[i] = labelled.labels[i] != Label::wrong;
    return {{"prompt", labelled.solution.problem},
            {"completions", labelled.solution.steps},
            {"labels", labels}};
}

std::vector<StepLabels> read_step_labels(const std::string& path, BadLines& bad) {
    std::vector<StepLabels> labels;
    read_jsonl(path, bad, [&](const JsonLine& line) {
        std::vector<StepLabels> of_line; // all of them or, after an Error, none
        if (has_field(line, "prompt"))
            read_trl(line, of_line);
        else
            read_prm800k(line, of_line);
        std::move(of_line.begin(), of_line.end(), std::back_inserter(labels));
    });
    return labels;
}

std::vector<StepLabels> read_step_labels(const std::string& path) {
    return read_strictly<std::vector<StepLabels>>(path, read_step_labels);
}

} // namespace qstar::train
