// JSON lines, and what is read of them.
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "tests/campaigns/fuzz/target.h"
#include "train/annotation/rank.h"
#include "train/annotation/session.h"
#include "train/data/corpus.h"
#include "train/data/labels.h"
#include "train/data/ranks.h"
#include "train/q_learning/q_rollouts.h"

#include <fmt/core.h>

namespace qstar::campaign {

using namespace train;

namespace {

// A file is given to the reader whose field it names, not to all in turn.
bool names(std::string_view bytes, std::string_view field) {
    return bytes.find(fmt::format("\"{}\"", field)) != bytes.npos;
}

// What was read is written and read again: the same.
template <class Value, class Read>
void reads_itself(const std::vector<Value>& values, const Read& read) {
    std::string text;
    for (const Value& value : values) text += json_text(json_of(value)) + "\n";
    std::vector<Value> again;
    holds(accepts([&] { again = read(file_holding("again.jsonl", text)); }), "refused as written");
    holds(again.size() == values.size(), "{} lines after writing {}", again.size(), values.size());
    for (size_t i = 0; i < values.size(); ++i)
        holds(json_text(json_of(again[i])) == json_text(json_of(values[i])),
              "line {} is another one after writing", i + 1);
}

} // namespace

void fuzz_jsonl(std::string_view bytes) {
    for (const JsonLine& line : parse_jsonl(first_lines(bytes), "input")) {
        const std::string text = json_text(line.value);
        std::vector<JsonLine> again;
        holds(accepts([&] { again = parse_jsonl(text, "written"); }), "refused as written");
        holds(again.size() == 1 && json_text(again[0].value) == text,
              "another value after writing");
    }
}

void fuzz_labels(std::string_view bytes) {
    const std::string path = file_holding("labels.jsonl", first_lines(bytes));
    if (names(bytes, "finished")) {
        const auto read = [](const std::string& from) { return read_solutions(from); };
        reads_itself(read(path), read);
    } else if (names(bytes, "completion")) {
        const auto read = [](const std::string& from) { return read_outcomes(from); };
        reads_itself(read(path), read);
    } else {
        for (const StepLabels& labels : read_step_labels(path)) {
            holds(!labels.labels.empty() && labels.labels.size() <= labels.steps.size(),
                  "{} labels of {} steps", labels.labels.size(), labels.steps.size());
            holds(labels.soft.empty() || labels.soft.size() == labels.labels.size(),
                  "{} soft labels beside {}", labels.soft.size(), labels.labels.size());
        }
    }
}

void fuzz_ranks(std::string_view bytes) {
    const auto read = [](const std::string& from) { return read_ranks(from); };
    const std::vector<RankedPair> pairs = read(file_holding("ranks.jsonl", first_lines(bytes)));
    for (const Ranking& ranking : rankings_of(pairs))
        for (const auto& [better, worse] : ranking.pairs)
            holds(better != worse && std::max(better, worse) < ranking.outputs.size(),
                  "a pair of {} and {}", better, worse);
    reads_itself(pairs, read);
}

void fuzz_rollouts(std::string_view bytes) {
    const std::string path = file_holding("rollouts.jsonl", first_lines(bytes));
    if (names(bytes, "next")) {
        const auto read = [](const std::string& from) { return read_rollouts(from); };
        reads_itself(read(path), read);
    } else if (names(bytes, "pupil")) {
        read_worksheets(path);
    } else if (names(bytes, "solution") || names(bytes, "answer")) {
        read_curated(path);
    } else if (bytes.starts_with('[')) {
        const Answers answers = read_answers(path, 1000);
        const std::string again = join_path(memory_folder(), "answers.jsonl");
        save_answers(again, answers);
        holds(accepts([&] {
                  holds(read_answers(again, 1000) == answers, "other answers after writing");
              }),
              "refused as written");
    } else {
        const std::vector<int> places = read_order(std::string(bytes), 3);
        holds(places.size() == 3, "{} places of 3 outputs", places.size());
        for (const int place : places) holds(place >= 1 && place <= 3, "place {} of 3", place);
    }
}

} // namespace qstar::campaign
