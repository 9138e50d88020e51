#include "eval/lessons/notes.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"

#include <algorithm>
#include <fmt/core.h>

namespace qstar::eval::lessons {

std::string notes_file(const std::string& run, int number) {
    return join_path(join_path(run, "lessons"), fmt::format("{}.json", number));
}

Notes read_notes(const std::string& run, int number) {
    Notes notes;
    const std::string file = notes_file(run, number);
    if (!exists(file)) return notes;
    const JsonLine line = read_json(file);
    if (!line.value.is_object()) fail("{}: expected an object", file);
    notes.guess = string_field(line, "guess");
    notes.by_hand = strings_field(line, "by_hand");
    const auto questions = array_field(line, "questions");
    if (questions.size() != notes.questions.size() || notes.by_hand.size() > kMostTurns)
        fail("{}: expected the notes of a lesson with {} questions", file, notes.questions.size());
    for (size_t i = 0; i < questions.size(); ++i) {
        notes.questions[i].tries = strings_field(questions[i], "tries");
        notes.questions[i].state = string_field(questions[i], "state");
        const std::string& state = notes.questions[i].state;
        if (state != "open" && state != "right" && state != "passed")
            fail("{}: state: expected open, right or passed, found \"{}\"", questions[i].where,
                 state);
    }
    return notes;
}

void write_notes(const std::string& run, int number, const Notes& notes) {
    Json questions = Json::array();
    for (const Replied& one : notes.questions)
        questions.push_back({{"tries", one.tries}, {"state", one.state}});
    make_folders(join_path(run, "lessons"));
    write_json(notes_file(run, number),
               {{"guess", notes.guess}, {"by_hand", notes.by_hand}, {"questions", questions}});
}

std::string progress_of(const std::string& run, int number) {
    const Notes notes = read_notes(run, number);
    if (notes.guess.empty()) return "not begun";
    const auto is = [&](const char* state) {
        return std::count_if(notes.questions.begin(), notes.questions.end(),
                             [&](const Replied& one) { return one.state == state; });
    };
    if (is("open") > 0) return "begun";
    return fmt::format("done, {} of {} right", is("right"), notes.questions.size());
}

} // namespace qstar::eval::lessons
