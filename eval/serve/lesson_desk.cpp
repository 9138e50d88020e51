#include "eval/serve/lesson_desk.h"

#include "engine/base/error.h"
#include "engine/text/json_parse.h"
#include "engine/text/jsonl.h"

#include <charconv>
#include <exception>

namespace qstar::eval {

namespace {

struct StudentLeft : std::exception {};

int64_t lesson_number(const std::string& text) {
    int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size())
        fail("number: expected that of a lesson, found \"{}\"", text.substr(0, 40));
    return number;
}

const char* name_of(lessons::Sitting::Phase phase) {
    using Phase = lessons::Sitting::Phase;
    switch (phase) {
    case Phase::guess:
        return "guess";
    case Phase::by_hand:
        return "by hand";
    case Phase::experiment:
        return "experiment";
    case Phase::question:
        return "question";
    case Phase::done:
        return "done";
    }
    return "";
}

} // namespace

lessons::Sitting& LessonDesk::sitting(int64_t number) {
    const lessons::Lesson& lesson = lessons::lesson_of(number);
    if (!run_)
        run_ =
            std::make_unique<lessons::LessonRun>(models_.run(), models_.seed(), models_.models());
    const auto [at, is_new] = sittings_.try_emplace(number, *run_, lesson);
    if (!is_new) at->second.take_up();
    return at->second;
}

Json LessonDesk::json(lessons::Sitting& sitting) const {
    Json state{{"number", sitting.lesson().number},
               {"title", sitting.lesson().title},
               {"minutes", sitting.lesson().minutes},
               {"phase", "missing"},
               {"step", sitting.replies()},
               {"sections", Json::array()},
               {"asked", nullptr}};
    try {
        state["phase"] = name_of(sitting.phase());
        for (const lessons::Section& section : sitting.sections())
            state["sections"].push_back(
                {{"title", section.title}, {"html", lessons::html(section.shown)}});
        const auto asked = sitting.asked();
        if (asked.shown.empty()) return state;
        Json choices = Json::array();
        for (const auto& choice : asked.choices)
            choices.push_back({{"key", choice.key}, {"label", choice.label}});
        state["asked"] = {{"html", lessons::html(asked.shown)},
                          {"choices", choices},
                          {"how", asked.how},
                          {"words", asked.words}};
    } catch (const Error& error) { // what is asked by hand wants a model that is not there
        state["said"] = error.what();
    }
    return state;
}

Json LessonDesk::list() {
    const std::lock_guard lock(mutex_);
    Json all = Json::array();
    for (const lessons::Lesson& lesson : lessons::all_lessons())
        all.push_back({{"number", lesson.number},
                       {"title", lesson.title},
                       {"minutes", lesson.minutes},
                       {"progress", lessons::progress_of(models_.run(), lesson.number)}});
    return {{"lessons", all}};
}

Json LessonDesk::state(const std::string& number) {
    const std::lock_guard lock(mutex_);
    const std::lock_guard turn(models_.turn);
    return json(sitting(lesson_number(number)));
}

Json LessonDesk::reply(const std::string& body) {
    const JsonLine request{parse_json(body, "the request"), "the request"};
    if (!request.value.is_object()) fail("the request: expected a JSON object");
    const int64_t number = int_field(request, "number");
    const bool again = has_field(request, "again") && bool_field(request, "again");
    const std::lock_guard lock(mutex_);
    const std::lock_guard turn(models_.turn);
    lessons::Sitting& now = sitting(number);
    std::string said;
    if (again) {
        now.begin_again();
    } else {
        const std::string reply = string_field(request, "reply");
        if (int_field(request, "step") != static_cast<int64_t>(now.replies()))
            fail("this reply is to another question than the one that is asked: another window "
                 "may have gone on");
        try {
            said = now.reply(reply);
        } catch (const Error& error) { // a reply that cannot be read is asked for again
            said = error.what();
        }
    }
    Json state = json(now);
    if (!state.contains("said")) state["said"] = said;
    return state;
}

void LessonDesk::examine(const std::string& number, EventStream& events) {
    const std::lock_guard lock(mutex_);
    const std::lock_guard turn(models_.turn);
    lessons::Sitting& now = sitting(lesson_number(number));
    run_->told = [&](double share, const std::string& what) {
        if (!events.send("progress", json_text({{"share", share}, {"what", what}})))
            throw StudentLeft();
    };
    try {
        if (now.phase() == lessons::Sitting::Phase::experiment) now.examine();
        events.send("done", json_text(json(now)));
    } catch (const StudentLeft&) { // nobody is there to be told
    } catch (...) {
        run_->told = {};
        throw;
    }
    run_->told = {};
}

} // namespace qstar::eval
