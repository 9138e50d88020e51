#include "train/labels.h"

#include "engine/error.h"
#include "engine/io/jsonl.h"

namespace qstar::train {

namespace {

using search::Label;

Label rating_of(const JsonLine& completion) {
    const int64_t rating = int_field(completion, "rating");
    if (rating < -1 || rating > 1)
        fail("{}: field \"rating\": expected -1, 0 or 1, found {}", completion.where, rating);
    return static_cast<Label>(rating);
}

// PRM800K: the step that a person wrote, a text or an object with a text.
std::string human_text(const JsonLine& step) {
    if (step.value["human_completion"].is_string()) return string_field(step, "human_completion");
    return string_field(object_field(step, "human_completion"), "text");
}

// All completions of the steps of one line, in order, as StepLabels.
void read_prm800k(const JsonLine& line, std::vector<StepLabels>& out) {
    const JsonLine question = object_field(line, "question");
    const JsonLine label = object_field(line, "label");
    StepLabels chosen{string_field(question, "problem"), {}, {}, false};
    const std::vector<JsonLine> steps = array_field(label, "steps");
    const std::string reason = string_field(label, "finish_reason");
    const bool left_off = reason == "give_up" || reason == "bad_problem";
    if (!left_off && reason != "solution" && reason != "found_error")
        fail("{}: field \"finish_reason\": expected solution, found_error, give_up or bad_problem, "
             "found \"{}\"",
             label.where, reason);
    if (steps.empty() && !left_off)
        fail("{}: field \"steps\": expected at least one step, found none", label.where);

    // How many steps the solution has, as far as the line tells.
    size_t length = reason == "solution" ? steps.size() : steps.size() + 1;
    if (has_field(question, "pre_generated_steps")) {
        length = strings_field(question, "pre_generated_steps").size();
        if (steps.size() > length)
            fail("{}: expected labels of at most the {} pre_generated_steps, found {}", label.where,
                 length, steps.size());
        if (!has_field(question, "pre_generated_answer")) ++length; // it never ended
    }

    for (size_t i = 0; i < steps.size(); ++i) {
        const JsonLine& step = steps[i];
        const std::vector<JsonLine> completions = array_field(step, "completions");
        if (completions.empty() && !has_field(step, "human_completion"))
            fail("{}: field \"completions\": expected at least one, found none", step.where);
        int64_t taken = -1;
        if (has_field(step, "chosen_completion")) {
            taken = int_field(step, "chosen_completion");
            if (taken < 0 || taken >= static_cast<int64_t>(completions.size()))
                fail("{}: field \"chosen_completion\": expected 0 to {}, found {}", step.where,
                     static_cast<int64_t>(completions.size()) - 1, taken);
        }
        const bool last = i + 1 == length;
        for (size_t k = 0; k < completions.size(); ++k) {
            if (static_cast<int64_t>(k) == taken) continue;
            if (!has_field(completions[k], "rating")) continue; // nobody judged it
            StepLabels aside = chosen;
            aside.steps.push_back(string_field(completions[k], "text"));
            aside.labels = {rating_of(completions[k])};
            aside.finished = last;
            out.push_back(std::move(aside));
        }
        if (taken >= 0) {
            const JsonLine& completion = completions[static_cast<size_t>(taken)];
            chosen.steps.push_back(string_field(completion, "text"));
            chosen.labels.push_back(rating_of(completion));
        } else if (has_field(step, "human_completion")) {
            chosen.steps.push_back(human_text(step));
            chosen.labels.push_back(Label::right);
        } else {
            break; // nothing was chosen: the solution ends before this step
        }
        chosen.finished = last;
        if (chosen.labels.back() == Label::wrong) break; // what follows an error has no label
    }
    if (!chosen.labels.empty()) out.push_back(std::move(chosen));
}

std::vector<float> soft_labels(const JsonLine& line, size_t count) {
    std::vector<float> soft;
    for (const JsonLine& label : array_field(line, "soft_labels")) {
        const double value = label.value.is_number() ? label.value.get<double>() : -1;
        if (!(value >= 0 && value <= 1))
            fail("{}: expected a number within 0 to 1, found {}", label.where, label.value.dump());
        soft.push_back(static_cast<float>(value));
    }
    if (soft.size() != count)
        fail("{}: expected as many soft_labels as labels, {}, found {}", line.where, count,
             soft.size());
    return soft;
}

void read_trl(const JsonLine& line, std::vector<StepLabels>& out) {
    StepLabels read{string_field(line, "prompt"), strings_field(line, "completions"), {}, false};
    const std::vector<JsonLine> labels = array_field(line, "labels");
    if (labels.size() != read.steps.size())
        fail("{}: expected as many labels as completions, {}, found {}", line.where,
             read.steps.size(), labels.size());
    if (labels.empty()) fail("{}: expected at least one completion, found none", line.where);
    if (has_field(line, "soft_labels")) read.soft = soft_labels(line, labels.size());
    for (const JsonLine& label : labels) {
        if (!label.value.is_boolean()) fail("{}: expected true or false", label.where);
        read.labels.push_back(label.value.get<bool>() ? Label::right : Label::wrong);
        if (read.labels.back() == Label::wrong) break; // what follows an error has no label
    }
    // The form has no end mark; what we write in it are whole solutions.
    read.finished = read.labels.size() == read.steps.size();
    read.steps.resize(read.labels.size());
    if (!read.soft.empty()) read.soft.resize(read.labels.size());
    out.push_back(std::move(read));
}

} // namespace

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (size_t begin = 0; begin <= text.size();) {
        const size_t end = std::min(text.find('\n', begin), text.size());
        lines.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return lines;
}

Json json_of(const SampledSolution& solution) {
    return {
        {"problem", solution.problem}, {"steps", solution.steps}, {"finished", solution.finished}};
}

std::vector<SampledSolution> read_solutions(const std::string& path) {
    std::vector<SampledSolution> solutions;
    for (const JsonLine& line : read_jsonl(path))
        solutions.push_back({string_field(line, "problem"), strings_field(line, "steps"),
                             bool_field(line, "finished")});
    return solutions;
}

Json json_of(const OutcomeLabel& label) {
    std::string completion;
    for (size_t i = 0; i < label.steps.size(); ++i)
        completion += (i == 0 ? "" : "\n") + label.steps[i];
    return {{"prompt", label.problem}, {"completion", completion}, {"label", label.right}};
}

std::vector<OutcomeLabel> read_outcomes(const std::string& path) {
    std::vector<OutcomeLabel> labels;
    for (const JsonLine& line : read_jsonl(path))
        labels.push_back({string_field(line, "prompt"), lines_of(string_field(line, "completion")),
                          bool_field(line, "label")});
    return labels;
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
    const bool error = !labelled.labels.empty() && labelled.labels.back() == Label::wrong;
    const char* reason = error ? "found_error" : solution.finished ? "solution" : "give_up";
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

std::vector<StepLabels> read_step_labels(const std::string& path) {
    std::vector<StepLabels> labels;
    for (const JsonLine& line : read_jsonl(path)) {
        if (has_field(line, "prompt"))
            read_trl(line, labels);
        else
            read_prm800k(line, labels);
    }
    return labels;
}

} // namespace qstar::train
