#include "train/session.h"

#include "engine/error.h"
#include "engine/io/files.h"
#include "engine/io/jsonl.h"

#include <nlohmann/json.hpp>

namespace qstar::train {

namespace {

std::vector<std::vector<int>> read_answers(const std::string& file, size_t items) {
    std::vector<std::vector<int>> answers;
    if (!exists(file)) return answers;
    for (const JsonLine& line : read_jsonl(file)) {
        if (!line.value.is_array()) fail("{}: expected a list of numbers", line.where);
        std::vector<int> answer;
        for (const Json& number : line.value) {
            if (!number.is_number_integer())
                fail("{}: expected a list of whole numbers, found {}", line.where, number.dump());
            answer.push_back(number.get<int>());
        }
        answers.push_back(std::move(answer));
    }
    if (answers.size() > items)
        fail("{}: expected at most {} answers, found {}", file, items, answers.size());
    return answers;
}

void save(const std::string& file, const std::vector<std::vector<int>>& answers) {
    std::vector<Json> lines(answers.begin(), answers.end());
    write_jsonl(file, lines);
}

} // namespace

std::vector<std::vector<int>> session(const std::string& file, size_t items,
                                      const std::function<Reply(size_t)>& ask) {
    auto answers = read_answers(file, items);
    while (answers.size() < items) {
        Reply reply = ask(answers.size());
        if (reply.wish == Reply::Wish::quit) break;
        if (reply.wish == Reply::Wish::answered)
            answers.push_back(std::move(reply.answer));
        else if (!answers.empty())
            answers.pop_back();
        save(file, answers);
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
