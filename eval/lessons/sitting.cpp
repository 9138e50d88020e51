#include "eval/lessons/sitting.h"

#include "engine/base/error.h"
#include "engine/text/joined.h"
#include "eval/lessons/experiments/lacking.h"

#include <algorithm>
#include <fmt/core.h>
#include <utility>

namespace qstar::eval::lessons {

namespace {

constexpr size_t kMostTries = 100;

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

// With what the run lacks for it.
Section what_you_will_see(LessonRun& run, const Lesson& lesson) {
    Section section{"What you will see", fill(lesson.see, {})};
    const auto stages = lacking(run, lesson.experiment->needs);
    if (stages.empty()) return section;
    Values values;
    values.set("stages", joined(stages, ", "));
    values.set("run", run.run());
    values.set("folder", run.folder());
    values.set("first", stages.front());
    for (Shown& one :
         fill(read_blocks("This run lacks {stages}. Small ones, of this lesson alone, are made "
                          "first, in {folder}. What `qstar train {first} --run {run}` and the "
                          "like make is the run's own, and is taken instead.",
                          "lesson"),
              values))
        section.shown.push_back(std::move(one));
    return section;
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

bool Sitting::makes() const { return !made_ && !lacking(run_, lesson_.experiment->needs).empty(); }

Sitting::Phase Sitting::phase() {
    if (notes_.guess.empty()) return Phase::guess;
    if (makes()) return Phase::experiment;
    if (!values_ && turn()) return Phase::by_hand;
    if (!values_) return Phase::experiment;
    return open_question() < notes_.questions.size() ? Phase::question : Phase::done;
}

void Sitting::examine() {
    if (phase() != Phase::experiment) fail("there is no experiment to be run now");
    if (makes()) {
        make_lacking(run_, lesson_.experiment->needs);
        made_ = true;
        return;
    }
    values_ = lesson_.experiment->examine(run_, notes_.by_hand);
    run_.tell(1, "");
}

void Sitting::begin_again() {
    notes_ = {};
    values_.reset();
    turn_.reset();
    write_notes(run_.run(), lesson_.number, notes_);
}

std::vector<Section> Sitting::sections() {
    const Phase now = phase();
    std::vector<Section> all{what_you_will_see(run_, lesson_)};
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
        write_notes(run_.run(), lesson_.number, notes_);
        return "";
    }
    case Phase::by_hand: {
        if (lower(typed) == "auto") {
            notes_.by_hand = all_by_hand(run_, lesson_, notes_.by_hand);
        } else {
            const Turn::Choice* const choice = choice_of(*turn(), typed);
            if (choice == nullptr)
                fail("expected one of {}, or auto, found \"{}\"",
                     joined(turn()->choices, ", ", &Turn::Choice::key), typed.substr(0, 40));
            notes_.by_hand.push_back(choice->key);
        }
        turn_.reset();
        write_notes(run_.run(), lesson_.number, notes_);
        return "";
    }
    case Phase::question: {
        const size_t number = open_question();
        const Question& question = lesson_.questions[number];
        Replied& replied = notes_.questions[number];
        if (lower(typed) == "pass") {
            replied.state = "passed";
            write_notes(run_.run(), lesson_.number, notes_);
            return "Passed.";
        }
        const std::string reply = read_reply(question, typed);
        const bool right = is_right(question, reply, *values_, run_.world());
        if (replied.tries.size() < kMostTries) replied.tries.push_back(reply);
        if (right) replied.state = "right";
        write_notes(run_.run(), lesson_.number, notes_);
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
    if (!lacking(run, lesson.experiment->needs).empty())
        make_lacking(run, lesson.experiment->needs);
    const Given given = all_by_hand(run, lesson, {});
    Told told{{what_you_will_see(run, lesson)}, lesson.experiment->examine(run, given)};
    told.sections.push_back({"What happened", fill(lesson.happened, told.values)});
    told.sections.push_back({"The formula", fill(lesson.formula, told.values)});
    return told;
}

} // namespace qstar::eval::lessons
