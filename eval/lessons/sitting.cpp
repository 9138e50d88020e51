#include "eval/lessons/sitting.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace qstar::eval::lessons {

namespace {

constexpr size_t kMostTurns = 200, kMostTries = 100;

std::string lower(std::string text) {
    const size_t begin = text.find_first_not_of(" \t\r\n");
    if (begin == text.npos) return "";
    text = text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

// By its key, or by its label.
const Turn::Choice* choice_of(const Turn& turn, const std::string& typed) {
    for (const Turn::Choice& choice : turn.choices)
        if (lower(choice.key) == lower(typed) || lower(choice.label) == lower(typed))
            return &choice;
    return nullptr;
}

Given all_by_hand(LessonRun& run, const Lesson& lesson, Given given) {
    if (lesson.experiment->next == nullptr) return given;
    while (given.size() < kMostTurns) {
        const std::optional<Turn> turn = lesson.experiment->next(run, given);
        if (!turn) break;
        given.push_back(turn->usual);
    }
    return given;
}

std::vector<Shown> shown_turn(const Turn& turn) {
    std::vector<Shown> shown;
    for (const std::string& line : turn.said) shown.push_back(plain(line));
    if (turn.said_grid) shown.push_back(*turn.said_grid);
    for (const std::string& line : turn.lines) shown.push_back(plain(line));
    if (turn.grid) shown.push_back(*turn.grid);
    return shown;
}

std::vector<Shown> beside(const Question& guess, const std::string& guessed, const Values& values) {
    const std::string unit = guess.unit.empty() ? "" : " " + guess.unit;
    return {plain(fmt::format("You said: {}{}. In this run: {}{}.", guessed, unit,
                              values.text(guess.value), unit))};
}

} // namespace

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

Sitting::Sitting(LessonRun& run, const Lesson& lesson)
    : run_(run), lesson_(lesson), notes_(read_notes(run.run(), lesson.number)) {}

void Sitting::take_up() {
    Notes now = read_notes(run_.run(), lesson_.number);
    if (now.by_hand != notes_.by_hand || now.guess.empty()) {
        values_.reset();
        turn_.reset();
    }
    notes_ = std::move(now);
}

size_t Sitting::replies() const {
    size_t n = (notes_.guess.empty() ? 0 : 1) + notes_.by_hand.size();
    for (const Replied& one : notes_.questions)
        n += one.tries.size() + (one.state == "passed" ? 1 : 0);
    return n;
}

void Sitting::save() const {
    Json questions = Json::array();
    for (const Replied& one : notes_.questions)
        questions.push_back({{"tries", one.tries}, {"state", one.state}});
    make_folders(run_.folder());
    write_json(notes_file(run_.run(), lesson_.number),
               {{"guess", notes_.guess}, {"by_hand", notes_.by_hand}, {"questions", questions}});
}

size_t Sitting::open_question() const {
    size_t i = 0;
    while (i < notes_.questions.size() && notes_.questions[i].state != "open") ++i;
    return i;
}

const std::optional<Turn>& Sitting::turn() {
    if (!turn_)
        turn_ = lesson_.experiment->next ? lesson_.experiment->next(run_, notes_.by_hand)
                                         : std::optional<Turn>();
    return *turn_;
}

Sitting::Phase Sitting::phase() {
    if (notes_.guess.empty()) return Phase::guess;
    if (!values_ && turn()) return Phase::by_hand;
    if (!values_) return Phase::experiment;
    return open_question() < notes_.questions.size() ? Phase::question : Phase::done;
}

void Sitting::examine() {
    if (phase() != Phase::experiment) fail("there is no experiment to be run now");
    values_ = lesson_.experiment->examine(run_, notes_.by_hand);
    run_.tell(1, "");
}

void Sitting::begin_again() {
    notes_ = {};
    values_.reset();
    turn_.reset();
    save();
}

std::vector<Section> Sitting::sections() {
    const Phase now = phase();
    std::vector<Section> all{{"What you will see", fill(lesson_.see, {})}};
    if (now == Phase::guess) return all;
    all.push_back({"A guess first", fill(lesson_.guess.text, {})});
    if (!lesson_.by_hand.empty()) all.push_back({"By hand", fill(lesson_.by_hand, {})});
    if (now == Phase::by_hand || now == Phase::experiment) return all;
    all.push_back({"What happened", beside(lesson_.guess, notes_.guess, *values_)});
    for (Shown& one : fill(lesson_.happened, *values_)) all.back().shown.push_back(std::move(one));
    all.push_back({"The formula", fill(lesson_.formula, *values_)});
    for (size_t i = 0; i < lesson_.questions.size() && i < open_question(); ++i) {
        const Question& question = lesson_.questions[i];
        Section section{fmt::format("Question {}", i + 1), fill(question.text, *values_)};
        const std::string right =
            values_->text(question.value) + (question.unit.empty() ? "" : " " + question.unit);
        section.shown.push_back(plain(notes_.questions[i].state == "right"
                                          ? fmt::format("Right: {}.", right)
                                          : fmt::format("Passed. The answer: {}.", right)));
        for (Shown& one : fill(question.why, *values_)) section.shown.push_back(std::move(one));
        all.push_back(std::move(section));
    }
    if (now == Phase::done) all.push_back({"Read on", fill(lesson_.read_on, *values_)});
    return all;
}

Sitting::Asked Sitting::asked() {
    Asked asked;
    const auto take = [&](const Question& question) {
        asked.how = how_to_answer(question);
        for (size_t i = 0; i < question.choices.size(); ++i)
            asked.choices.push_back({std::to_string(i + 1), question.choices[i]});
    };
    switch (phase()) {
    case Phase::guess:
        asked.shown = fill(lesson_.guess.text, {});
        take(lesson_.guess);
        break;
    case Phase::by_hand:
        asked.shown = shown_turn(*turn());
        asked.choices = turn()->choices;
        asked.words = "auto";
        break;
    case Phase::question: {
        const Question& question = lesson_.questions[open_question()];
        asked.shown = fill(question.text, *values_);
        take(question);
        asked.words = "pass";
        break;
    }
    case Phase::experiment:
    case Phase::done:
        break;
    }
    return asked;
}

std::string Sitting::reply(const std::string& typed) {
    switch (phase()) {
    case Phase::guess: {
        Question guess = lesson_.guess;
        guess.within = 0;
        notes_.guess = read_reply(guess, typed);
        save();
        return "";
    }
    case Phase::by_hand: {
        if (lower(typed) == "auto") {
            notes_.by_hand = all_by_hand(run_, lesson_, notes_.by_hand);
        } else {
            const Turn::Choice* const choice = choice_of(*turn(), typed);
            if (choice == nullptr) {
                std::string keys;
                for (const auto& one : turn()->choices)
                    keys += (keys.empty() ? "" : ", ") + one.key;
                fail("expected one of {}, or auto, found \"{}\"", keys, typed.substr(0, 40));
            }
            notes_.by_hand.push_back(choice->key);
        }
        turn_.reset();
        save();
        return "";
    }
    case Phase::question: {
        const size_t number = open_question();
        const Question& question = lesson_.questions[number];
        Replied& replied = notes_.questions[number];
        if (lower(typed) == "pass") {
            replied.state = "passed";
            save();
            return "Passed.";
        }
        const std::string reply = read_reply(question, typed);
        const bool right = is_right(question, reply, *values_, run_.world());
        if (replied.tries.size() < kMostTries) replied.tries.push_back(reply);
        if (right) replied.state = "right";
        save();
        return right ? "Right." : "Not so. Try again, or pass.";
    }
    case Phase::experiment:
        fail("the experiment has to run first");
    case Phase::done:
        fail("this lesson is done");
    }
    return "";
}

Told tell_all(LessonRun& run, const Lesson& lesson) {
    const Given given = all_by_hand(run, lesson, {});
    Told told{{{"What you will see", fill(lesson.see, {})}},
              lesson.experiment->examine(run, given)};
    told.sections.push_back({"What happened", fill(lesson.happened, told.values)});
    told.sections.push_back({"The formula", fill(lesson.formula, told.values)});
    return told;
}

} // namespace qstar::eval::lessons
