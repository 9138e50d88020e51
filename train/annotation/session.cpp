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

namespace {

constexpr const char* kAnswersName = "partial/answers.jsonl"; // in a stage's folder

} // namespace

std::string answers_file(const Stage& stage) { return stage.path(kAnswersName); }

void save_answers(const Stage& stage, const Answers& answers) {
    make_folders(stage.path("partial"));
    save_answers(answers_file(stage), answers);
}

Answers answers_of(const std::string& run, const std::string& stage, size_t items) {
    return read_answers(stage_file(run, stage, kAnswersName), items);
}

bool is_finished(const std::string& run, const std::string& stage) {
    return exists(stage_file(run, stage, "done.json"));
}

std::optional<std::string> typed(std::istream& in) {
    constexpr size_t kLongestReply = 1 << 16; // an endless input has no line end
    std::string line;
    int c = in.get();
    if (!in) return {};
    for (; in && c != '\n'; c = in.get()) {
        line += static_cast<char>(c);
        if (line.size() > kLongestReply)
            fail("expected a reply of a few words, found a line of more than {} characters",
                 kLongestReply);
    }
    const size_t begin = line.find_first_not_of(" \t\r");
    if (begin == std::string::npos) return "";
    return line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1);
}

} // namespace qstar::train
