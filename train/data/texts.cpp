#include "train/data/texts.h"

#include "engine/base/error.h"
#include "engine/text/joined.h"
#include "tokenizer/special.h"

#include <algorithm>
#include <fmt/core.h>

namespace qstar::train {

namespace {

constexpr std::string_view kBlanks = " \t\r\n";

// Without blanks at the end, and without those at the beginning if `both`.
std::string_view stripped(std::string_view text, bool both) {
    const size_t end = text.find_last_not_of(kBlanks);
    if (end == std::string_view::npos) return "";
    text = text.substr(0, end + 1);
    return both ? text.substr(text.find_first_not_of(kBlanks)) : text;
}

enum class Role { user, assistant };

struct Message {
    Role role;
    std::string content;
};

std::vector<Message> messages_of(const JsonLine& line, std::string_view name) {
    std::vector<Message> messages;
    for (const JsonLine& element : array_field(line, name)) {
        const std::string role = string_field(element, "role");
        if (role == "system" || role == "developer") continue;
        if (role != "user" && role != "assistant")
            fail("{}: field \"role\": expected system, user or assistant, found \"{}\"",
                 element.where, role);
        messages.push_back({role == "user" ? Role::user : Role::assistant,
                            clean_text(string_field(element, "content"), element.where)});
    }
    return messages;
}

bool is_chat(const JsonLine& line, std::string_view name) {
    return has_field(line, name) && line.value[std::string(name)].is_array();
}

void expect_text(const std::string& text, const JsonLine& line, std::string_view name,
                 const char* what) {
    if (text.empty())
        fail("{}: field \"{}\": expected a {}, found no text", line.where, name, what);
}

} // namespace

std::string clean_text(std::string_view text, const std::string& where) {
    for (const std::string_view mark : tokenizer::kSpecialTokens)
        if (text.find(mark) != std::string_view::npos)
            fail("{}: expected plain text, found the mark \"{}\" in it", where, mark);
    std::string clean(stripped(text, true));
    for (size_t at = 0; (at = clean.find("\r\n", at)) != std::string::npos;) clean.erase(at, 1);
    return clean;
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    for (size_t begin = 0; begin <= text.size();) {
        const size_t end = std::min(text.find('\n', begin), text.size());
        const auto line = stripped(text.substr(begin, end - begin), false);
        if (!line.empty()) lines.emplace_back(line);
        begin = end + 1;
    }
    return lines;
}

bool reads_back(const std::vector<std::string>& lines) {
    const std::string text = joined(lines, "\n");
    const auto holds = [&](std::string_view mark) { return text.find(mark) != std::string::npos; };
    const auto& marks = tokenizer::kSpecialTokens;
    return lines_of(stripped(text, true)) == lines &&
           std::none_of(marks.begin(), marks.end(), holds);
}

std::string problem_field(const JsonLine& line, std::string_view name) {
    std::string problem;
    if (is_chat(line, name)) {
        const std::vector<Message> messages = messages_of(line, name);
        if (messages.size() != 1 || messages[0].role != Role::user)
            fail("{}: field \"{}\": expected one message of a user, found {} messages: chats of "
                 "several turns are not read",
                 line.where, name, messages.size());
        problem = messages[0].content;
    } else {
        problem = clean_text(string_field(line, name), line.where);
    }
    expect_text(problem, line, name, "problem");
    return problem;
}

Answered answered_field(const JsonLine& line, std::string_view name) {
    Answered answered;
    if (is_chat(line, name)) {
        const std::vector<Message> messages = messages_of(line, name);
        const size_t count = messages.size();
        if (count == 0 || count > 2 || messages.back().role != Role::assistant ||
            (count == 2 && messages[0].role != Role::user))
            fail("{}: field \"{}\": expected a message of an assistant, or one of a user and one "
                 "of an assistant, found {} messages: chats of several turns are not read",
                 line.where, name, count);
        if (count == 2) {
            answered.problem = messages[0].content;
            expect_text(answered.problem, line, name, "problem");
        }
        answered.solution = messages.back().content;
    } else {
        answered.solution = clean_text(string_field(line, name), line.where);
    }
    expect_text(answered.solution, line, name, "solution");
    return answered;
}

bool truth_of(const JsonLine& value) {
    const Json& json = value.value;
    if (json.is_boolean()) return json.get<bool>();
    if (json.is_number() && (json == 0 || json == 1)) return json == 1;
    if (json == "+" || json == "-") return json == "+";
    fail("{}: expected true or false, 1 or 0, \"+\" or \"-\", found {}", value.where,
         json_text(json));
}

bool truth_field(const JsonLine& line, std::string_view name) {
    if (!has_field(line, name))
        fail("{}: field \"{}\": expected true or false, found nothing", line.where, name);
    return truth_of({line.value[std::string(name)], fmt::format("{}: {}", line.where, name)});
}

} // namespace qstar::train
