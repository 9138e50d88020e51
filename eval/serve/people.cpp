#include "eval/serve/people.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "train/run/stage.h"

#include <algorithm>
#include <type_traits>
#include <vector>

namespace qstar::eval {

namespace {

JsonLine object_of(const std::string& body) {
    JsonLine line{parse_json(body, "the request"), "the request"};
    if (!line.value.is_object()) fail("the request: expected a JSON object");
    return line;
}

bool asks_undo(const JsonLine& request) {
    return has_field(request, "undo") && bool_field(request, "undo");
}

void check_same(const char* what, int64_t given, size_t now) {
    if (given != static_cast<int64_t>(now))
        fail("this answer is to {} {}, but {} {} is asked: another window may have gone on", what,
             given + 1, what, now + 1);
}

// What the terminal was told when it began a stage of this name, so that the page goes on in
// the same way.
template <class Value>
void recorded(const std::string& run, const std::string& stage, const char* flag, Value& value) {
    const JsonLine flags{train::flags_of_stage(run, stage), train::stage_folder(run, stage)};
    if (!flags.value.is_object() || !has_field(flags, flag)) return;
    if constexpr (std::is_same_v<Value, std::string>)
        value = string_field(flags, flag);
    else
        value = static_cast<Value>(int_field(flags, flag));
}

template <class Options>
std::string file_of(const Options& options, const char* name) {
    return train::stage_file(options.stage.run, options.name, name);
}

} // namespace

RankDesk::RankDesk(const std::string& run) {
    options_.stage.run = run;
    options_.annotator = "me";
    options_.name = "rank-me";
    options_.stage.quiet = true;
    recorded(run, options_.name, "outputs", options_.outputs);
    recorded(run, options_.name, "problems", options_.problems);
}

void RankDesk::look() {
    if (!session_) session_ = train::read_session(options_);
    train::take_up(*session_, options_.stage.run, options_.name);
}

Json RankDesk::json() const {
    const size_t number = session_->answers.size();
    Json state{{"file", file_of(options_, "ranks.jsonl")},
               {"number", number},
               {"of", session_->items.size()},
               {"finished", session_->finished || number == session_->items.size()}};
    if (state["finished"].get<bool>()) return state;
    state["problem"] = session_->items[number].problem;
    state["outputs"] = session_->items[number].outputs;
    return state;
}

Json RankDesk::state() {
    const std::lock_guard lock(mutex_);
    look();
    return json();
}

Json RankDesk::answer(const std::string& body) {
    const JsonLine request = object_of(body);
    const std::lock_guard lock(mutex_);
    look();
    if (session_->finished) fail("all prompts are ranked: there is nothing to change any more");
    const train::Answers& answers = session_->answers;
    if (asks_undo(request)) {
        if (answers.empty()) return json();
        session_->take_back();
    } else {
        check_same("prompt", int_field(request, "number"), answers.size());
        std::vector<int> places;
        const auto outputs = static_cast<int64_t>(session_->items[answers.size()].outputs.size());
        for (const JsonLine& place : array_field(request, "places")) {
            if (!place.value.is_number_integer() || place.value.get<int64_t>() < 1 ||
                place.value.get<int64_t>() > outputs)
                fail("{}: expected a place from 1 to {}", place.where, outputs);
            places.push_back(place.value.get<int>());
        }
        if (std::ssize(places) != outputs)
            fail("the request: expected {} places, found {}", outputs, places.size());
        session_->add(places);
    }
    train::save_session(options_, *session_);
    look();
    return json();
}

LabelDesk::LabelDesk(const std::string& run) {
    options_.stage.run = run;
    options_.annotator = "me";
    options_.name = "label-me";
    options_.stage.quiet = true;
    recorded(run, options_.name, "format", options_.format);
    recorded(run, options_.name, "each", options_.each);
    recorded(run, options_.name, "limit", options_.limit);
}

void LabelDesk::look() {
    if (!session_) session_ = train::read_session(options_);
    train::take_up(*session_, options_.stage.run, options_.name);
}

Json LabelDesk::json() const {
    const auto& solutions = session_->items;
    const size_t number = session_->answered(train::is_labelled);
    Json state{{"file", file_of(options_, "steps.jsonl")},
               {"number", number},
               {"of", solutions.size()},
               {"finished", session_->finished || number == solutions.size()}};
    if (state["finished"].get<bool>()) return state;
    state["problem"] = solutions[number].problem;
    state["steps"] = solutions[number].steps;
    state["labels"] = session_->begun(train::is_labelled);
    return state;
}

Json LabelDesk::state() {
    const std::lock_guard lock(mutex_);
    look();
    return json();
}

Json LabelDesk::answer(const std::string& body) {
    const JsonLine request = object_of(body);
    const std::lock_guard lock(mutex_);
    look();
    if (session_->finished) fail("all solutions are labelled: there is nothing to change any more");
    const train::Answers& answers = session_->answers;
    if (asks_undo(request)) {
        if (answers.empty()) return json();
        session_->take_back(train::is_labelled);
    } else {
        const size_t number = session_->answered(train::is_labelled);
        check_same("solution", int_field(request, "number"), number);
        check_same("step", int_field(request, "step"), session_->begun(train::is_labelled).size());
        const int64_t label = int_field(request, "label");
        if (label < -1 || label > 1)
            fail("the request: expected a label of -1, 0 or 1, found {}", label);
        session_->add({static_cast<int>(label)}, train::is_labelled);
    }
    train::save_session(options_, *session_);
    look();
    return json();
}

} // namespace qstar::eval
