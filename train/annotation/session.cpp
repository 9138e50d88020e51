#include "train/annotation/session.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/text/json.h"
#include "engine/text/jsonl.h"

#include <cmath>

namespace qstar::train {

Answers read_answers(const std::string& file, size_t items) {
    Answers answers;
    if (!exists(file)) return answers;
    for (const JsonLine& line : read_jsonl(file)) {
        if (!line.value.is_array()) fail("{}: expected a list of numbers", line.where);
        std::vector<int> answer;
        for (const Json& number : line.value) {
            const bool small = number.is_number_integer() && std::abs(number.get<double>()) <= 1000;
            if (!small)
                fail("{}: expected a list of small whole numbers, found {}", line.where,
                     json_text(number));
            answer.push_back(number.get<int>());
        }
        answers.push_back(std::move(answer));
    }
    if (answers.size() > items)
        fail("{}: expected at most {} answers, found {}", file, items, answers.size());
    return answers;
}

void save_answers(const std::string& file, const Answers& answers) {
    std::vector<Json> lines(answers.begin(), answers.end());
    write_jsonl(file, lines);
}

size_t whole_answers(const Answers& answers, const Whole& whole) {
    const size_t count = answers.size();
    const bool begun = count > 0 && whole && !whole(count - 1, answers.back());
    return begun ? count - 1 : count;
}

void take_back(Answers& answers, const Whole& whole) {
    if (answers.empty()) return;
    if (whole) answers.back().pop_back();
    if (!whole || answers.back().empty()) answers.pop_back();
}

Answers session(const std::string& file, size_t items,
                const std::function<Reply(size_t, const std::vector<int>&)>& ask,
                const Whole& whole) {
    Answers answers = read_answers(file, items);
    while (true) {
        const size_t item = whole_answers(answers, whole);
        if (item == items) break;
        const bool begun = item < answers.size();
        Reply reply = ask(item, begun ? answers.back() : std::vector<int>());
        if (reply.wish == Reply::Wish::quit) break;
        if (reply.wish == Reply::Wish::undo) {
            take_back(answers, whole);
        } else {
            if (!begun) answers.emplace_back();
            answers.back().insert(answers.back().end(), reply.answer.begin(), reply.answer.end());
        }
        save_answers(file, answers);
    }
    return answers;
}

std::optional<std::string> typed(std::istream& in) {
    std::string line;
    if (!std::getline(in, line)) return {};
    const size_t begin = line.find_first_not_of(" \t\r");
    if (begin == std::string::npos) return "";
    return line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1);
}

} // namespace qstar::train
