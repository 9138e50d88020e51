#pragma once
// A person who is asked about one item after the other, at the terminal or elsewhere.
//
// Whatever was answered is in a file before the next question is asked, so that nothing is
// lost when the window is closed or the power goes, and the next call goes on there. An
// answer is a few whole numbers; a line of the file is [2, 1, 3].

#include "train/data/problem_source.h"
#include "train/run/stage.h"

#include <functional>
#include <istream>
#include <optional>
#include <string>
#include <vector>

namespace qstar::train {

// The answers to the first items, in order. Where an answer is given number by number, the
// last one may be begun only.
using Answers = std::vector<std::vector<int>>;

// None if there is no file. Error FILE:LINE if it holds something else, or more answers than
// items.
Answers read_answers(const std::string& file, size_t items);
void save_answers(const std::string& file, const Answers& answers);

// The answers of a stage, and those that it has in its folder.
std::string answers_file(const Stage& stage);
void save_answers(const Stage& stage, const Answers& answers);

struct Reply {
    enum class Kind { answered, undo, quit };
    Kind kind = Kind::quit;
    std::vector<int> answer; // what it adds to the item's answer
};

// Whether the answer to an item is whole. None: every reply is a whole answer.
template <class Item>
using Whole = bool (*)(const Item& item, const std::vector<int>& answer);

// What a person is asked about; by whom does not matter: the terminal goes on where a page has
// stopped, and the other way round.
template <class Item>
struct AnnotationSession {
    std::vector<Item> items; // in order
    Answers answers = {};    // to the first of them
    int64_t left_out = 0;    // things about which nothing can be asked
    bool finished = false;   // the stage is done: nothing is asked any more

    // How many items have a whole answer.
    size_t answered(Whole<Item> whole = nullptr) const {
        const size_t count = answers.size();
        const bool begun = count > 0 && whole && !whole(items[count - 1], answers.back());
        return begun ? count - 1 : count;
    }
    // What is begun of the answer to the item that is asked about now.
    std::vector<int> begun(Whole<Item> whole = nullptr) const {
        return answered(whole) < answers.size() ? answers.back() : std::vector<int>();
    }
    void add(const std::vector<int>& answer, Whole<Item> whole = nullptr) {
        if (answered(whole) == answers.size()) answers.emplace_back();
        answers.back().insert(answers.back().end(), answer.begin(), answer.end());
    }
    // Takes the last reply back: a number where answers are given number by number.
    void take_back(Whole<Item> whole = nullptr) {
        if (answers.empty()) return;
        if (whole) answers.back().pop_back();
        if (!whole || answers.back().empty()) answers.pop_back();
    }
};

// Reads the stage's answers, changing nothing.
template <class Item>
void take_up(AnnotationSession<Item>& session, const std::string& run, const std::string& stage);

// Asks about the items from the first unanswered one on, with what is begun of its answer,
// until all are answered or the person quits. `undo` takes back the last reply of the session,
// or of one before. Errors as read_answers().
template <class Item>
void ask_all(AnnotationSession<Item>& session, const Stage& stage,
             const std::function<Reply(size_t item, const std::vector<int>& begun)>& ask,
             Whole<Item> whole = nullptr);

// The next line that the person types, without blanks at its ends; nothing at the end of the
// input, which is a reply to quit.
std::optional<std::string> typed(std::istream& in);

// The file of solutions that label and rank are about, and their records.
template <class Options>
std::string solutions_file(const Options& options) {
    return given_or_of_stage(options.solutions, options.stage.run, "sample", "solutions.jsonl");
}
template <class Options>
Json annotation_record(Options options, const std::string& solutions) {
    options.world = world_of(options.stage.run, options.world);
    Json flags = stage_record(options);
    flags["inputs"] = {{"solutions.jsonl", input(solutions)}};
    return flags;
}

// Where a stage's answers lie, and whether it is finished.
Answers answers_of(const std::string& run, const std::string& stage, size_t items);
bool is_finished(const std::string& run, const std::string& stage);

template <class Item>
void take_up(AnnotationSession<Item>& session, const std::string& run, const std::string& stage) {
    session.answers = answers_of(run, stage, session.items.size());
    session.finished = is_finished(run, stage);
}

template <class Item>
void ask_all(AnnotationSession<Item>& session, const Stage& stage,
             const std::function<Reply(size_t, const std::vector<int>&)>& ask, Whole<Item> whole) {
    session.answers = read_answers(answers_file(stage), session.items.size());
    while (session.answered(whole) < session.items.size()) {
        const Reply reply = ask(session.answered(whole), session.begun(whole));
        if (reply.kind == Reply::Kind::quit) return;
        if (reply.kind == Reply::Kind::undo)
            session.take_back(whole);
        else
            session.add(reply.answer, whole);
        save_answers(stage, session.answers);
    }
}

} // namespace qstar::train
