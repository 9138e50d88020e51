#include "eval/lessons/lesson.h"

#include "engine/base/error.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/core.h>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

namespace qstar::eval::lessons {

namespace {

std::string without_blanks(std::string_view text) {
    const size_t begin = text.find_first_not_of(" \t\r");
    if (begin == text.npos) return "";
    return std::string(text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1));
}

struct Part {
    std::string title, text, why;
    std::map<std::string, std::string> fields;
};

// The parts under "## ", the fields "name: value" at their beginnings taken apart.
std::vector<Part> parts_of(std::string_view text) {
    std::vector<Part> parts(1); // the head
    std::istringstream in{std::string(text)};
    bool fields = true, why = false;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("# ")) {
            parts.back().title = without_blanks(line.substr(2));
            continue;
        }
        if (line.starts_with("## ")) {
            parts.push_back({without_blanks(line.substr(3)), "", "", {}});
            fields = true;
            why = false;
            continue;
        }
        if (line.starts_with("### ")) {
            why = true;
            continue;
        }
        const size_t colon = line.find(": ");
        const std::string name = line.substr(0, colon);
        const bool is_field = fields && colon != line.npos &&
                              name.find_first_not_of("abcdefghijklmnopqrstuvwxyz") == name.npos;
        if (is_field) {
            parts.back().fields[name] = without_blanks(line.substr(colon + 2));
        } else {
            fields = fields && without_blanks(line).empty() && parts.back().fields.empty();
            (why ? parts.back().why : parts.back().text) += line + "\n";
        }
    }
    return parts;
}

const std::string& field(const Part& part, const std::string& name, const std::string& where) {
    const auto found = part.fields.find(name);
    if (found == part.fields.end())
        fail("{}: expected a line \"{}: ...\" under \"{}\"", where, name, part.title);
    return found->second;
}

// "10,5 %" is 10.5.
std::optional<double> number_in(std::string text) {
    text = without_blanks(text.substr(0, text.find('%')));
    if (text.starts_with('+')) text.erase(0, 1);
    std::replace(text.begin(), text.end(), ',', '.');
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
        return {};
    return value;
}

Question question_of(const Part& part, const char* value, const std::string& where) {
    Question question;
    const std::string& kind = field(part, "kind", where);
    if (kind != "number" && kind != "choice" && kind != "answer")
        fail("{}: kind: expected number, choice or answer, found \"{}\"", where, kind);
    question.kind = kind == "number"   ? Question::Kind::number
                    : kind == "choice" ? Question::Kind::choice
                                       : Question::Kind::answer;
    question.value = field(part, value, where);
    if (part.fields.contains("unit")) question.unit = part.fields.at("unit");
    if (part.fields.contains("within")) {
        const auto within = number_in(part.fields.at("within"));
        if (!within || *within < 0)
            fail("{}: within: expected a number, found \"{}\"", where, part.fields.at("within"));
        question.relative = part.fields.at("within").ends_with('%');
        question.within = question.relative ? *within / 100 : *within;
    }
    if (question.kind == Question::Kind::choice) {
        std::istringstream list(field(part, "choices", where));
        for (std::string one; std::getline(list, one, '|');)
            question.choices.push_back(without_blanks(one));
        if (question.choices.size() < 2) fail("{}: choices: expected two or more", where);
    }
    question.text = read_blocks(part.text, where);
    question.why = read_blocks(part.why, where);
    return question;
}

} // namespace

Lesson read_lesson(const std::string& name, std::string_view text, int number) {
    Lesson lesson;
    lesson.number = number;
    const std::vector<Part> parts = parts_of(text);
    const Part& head = parts.front();
    if (head.title.empty()) fail("{}: expected a title after \"# \"", name);
    lesson.title = head.title;
    lesson.experiment = &experiment_named(field(head, "experiment", name));
    const auto minutes = number_in(field(head, "minutes", name));
    if (!minutes) fail("{}: minutes: expected a number", name);
    lesson.minutes = static_cast<int64_t>(*minutes);
    bool guessed = false;
    for (size_t i = 1; i < parts.size(); ++i) {
        const Part& part = parts[i];
        const std::map<std::string, std::vector<Block>*> texts = {
            {"What you will see", &lesson.see},
            {"By hand", &lesson.by_hand},
            {"What happened", &lesson.happened},
            {"The formula", &lesson.formula},
            {"Read on", &lesson.read_on}};
        if (part.title == "Question") {
            lesson.questions.push_back(question_of(part, "right", name));
        } else if (part.title == "A guess first") {
            lesson.guess = question_of(part, "beside", name);
            guessed = true;
        } else if (texts.contains(part.title)) {
            *texts.at(part.title) = read_blocks(part.text, name);
        } else {
            fail("{}: expected a part of a lesson, found \"{}\"", name, part.title);
        }
    }
    if (lesson.see.empty() || !guessed || lesson.happened.empty() || lesson.formula.empty() ||
        lesson.read_on.empty())
        fail("{}: expected all of: What you will see, A guess first, What happened, The formula, "
             "Read on",
             name);
    if (lesson.questions.size() != 2)
        fail("{}: expected two questions, found {}", name, lesson.questions.size());
    if (lesson.by_hand.empty() != (lesson.experiment->next == nullptr))
        fail("{}: \"By hand\" must stand there if the experiment asks something, and only then",
             name);
    return lesson;
}

const std::vector<Lesson>& all_lessons() {
    static const std::vector<Lesson> all = [] {
        std::vector<Lesson> lessons;
        for (const EmbeddedFile& file : lesson_files())
            lessons.push_back(read_lesson(std::string(file.name), file.text,
                                          static_cast<int>(lessons.size()) + 1));
        return lessons;
    }();
    return all;
}

const Lesson& lesson_of(int64_t number) {
    const auto& all = all_lessons();
    if (number < 1 || number > std::ssize(all))
        fail("expected the number of a lesson from 1 to {}, found {}", all.size(), number);
    return all[static_cast<size_t>(number - 1)];
}

std::string read_reply(const Question& question, const std::string& typed) {
    const std::string text = without_blanks(typed.substr(0, 200));
    if (text.empty()) fail("expected {}", how_to_answer(question));
    const auto number = number_in(text);
    switch (question.kind) {
    case Question::Kind::number:
        if (!number) fail("expected {}, found \"{}\"", how_to_answer(question), text);
        return text;
    case Question::Kind::choice:
        for (size_t i = 0; i < question.choices.size(); ++i)
            if (question.choices[i] == text || (number && *number == static_cast<double>(i + 1)))
                return question.choices[i];
        fail("expected {}, found \"{}\"", how_to_answer(question), text);
    case Question::Kind::answer:
        return text;
    }
    return text;
}

bool is_right(const Question& question, const std::string& reply, const Values& values,
              const search::World& world) {
    switch (question.kind) {
    case Question::Kind::number: {
        const auto number = number_in(reply);
        // A little more than is said, for what is written in decimals and kept in bits.
        const double right = values.number(question.value);
        const double off = question.relative ? question.within * std::abs(right) : question.within;
        return number && std::abs(*number - right) <= off + 1e-9;
    }
    case Question::Kind::choice:
        return reply == values.text(question.value);
    case Question::Kind::answer:
        return reply == values.text(question.value) ||
               world.canonical_answer(reply) == world.canonical_answer(values.text(question.value));
    }
    return false;
}

std::string how_to_answer(const Question& question) {
    if (question.kind == Question::Kind::choice)
        return fmt::format("a number from 1 to {}", question.choices.size());
    if (question.kind == Question::Kind::answer) return "an answer, as one writes it";
    std::string text = "a number";
    if (!question.unit.empty()) text += ", in " + question.unit;
    if (question.within > 0)
        text += question.relative ? fmt::format(", up to {} % off", question.within * 100)
                                  : fmt::format(", up to {} off", question.within);
    return text;
}

} // namespace qstar::eval::lessons
