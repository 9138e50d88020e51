#include "eval/lessons/handout.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/io/progress.h"
#include "engine/io/streams.h"
#include "engine/run/run_folder.h"
#include "engine/text/utf8.h"
#include "eval/lessons/sitting.h"
#include "eval/plot/html.h"

#include <fmt/core.h>

namespace qstar::eval::lessons {

namespace {

constexpr std::string_view kStyle = R"(
:root { --ink: #20242a; --quiet: #555b64; --line: #c9c6be; --card: #fff;
  --s0: #1d5f8a; --s1: #b3541e; --s2: #4c6b22; --s3: #8a3f7c; --s4: #8a6400; --s5: #1f706b; --s6: #5a4fa5; --s7: #20242a; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 48rem; color: var(--ink); background: #fff; font: 1rem/1.5 Georgia, serif; }
h1 { font-size: 1.7rem; } h2 { font-size: 1.35rem; margin-top: 2.5rem; border-top: 2px solid var(--line); padding-top: 1rem; break-after: avoid; }
h3 { font: 600 1rem/1.3 sans-serif; margin: 1.2rem 0 .3rem; break-after: avoid; }
p, li { overflow-wrap: anywhere; } .quiet, figcaption { color: var(--quiet); font-size: .9rem; }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; } pre { overflow-x: auto; border-left: 3px solid var(--line); padding-left: .8rem; }
table { border-collapse: collapse; font: .88rem/1.35 sans-serif; } .scroll { overflow-x: auto; }
tr, table:not(:has(tr:nth-of-type(13))) { break-inside: avoid; } p:has(+ .scroll, + figure, + pre) { break-after: avoid; } pre, ul, ol { break-inside: avoid; } p:has(.answer, .blank) { break-before: avoid; break-inside: avoid; }
th, td { text-align: left; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
.blank { display: inline-block; min-width: 14rem; border-bottom: 1px solid var(--ink); height: 1.4em; }
.answer { display: inline-block; border: 1.5px solid var(--ink); border-radius: .3rem; padding: .1rem .5rem; font-weight: 600; }
figure { margin: .5rem 0; break-inside: avoid; } .plot { display: block; max-width: 100%; height: auto; } .narrow { display: none; }
svg text { font: 12px sans-serif; fill: var(--quiet); } .grid { stroke: var(--line); } .line { fill: none; stroke: currentColor; stroke-width: 2; }
.interval { stroke: currentColor; opacity: .6; } .mark { fill: currentColor; } .diagonal { stroke: var(--quiet); stroke-dasharray: 4 4; }
.s0 { color: var(--s0); } .s1 { color: var(--s1); } .s2 { color: var(--s2); } .s3 { color: var(--s3); } .s4 { color: var(--s4); } .s5 { color: var(--s5); } .s6 { color: var(--s6); } .s7 { color: var(--s7); }
.s1 .line { stroke-dasharray: 7 3; } .s3 .line { stroke-dasharray: 2 3; } .s5 .line { stroke-dasharray: 9 3 2 3; }
.legend { display: flex; flex-wrap: wrap; gap: 0 1rem; list-style: none; padding: 0; font: .84rem sans-serif; } .legend li { display: inline-flex; align-items: center; gap: .4rem; } .legend span { color: var(--ink); }
@media (max-width: 640px) { .wide { display: none; } .narrow { display: block; } }
@media print { body { max-width: none; padding: 0; font-size: 10.5pt; } section + section { break-before: page; } h2 { margin-top: 1rem; }
  .scroll, pre { overflow: visible; } .wide { display: none; } .narrow { display: block; } }
)";

std::string asked_html(const Question& question, const Values& values, const std::string& title) {
    std::string out = "<h3>" + title + "</h3>\n" + html(fill(question.text, values));
    if (!question.choices.empty()) {
        out += "<ol>";
        for (const std::string& choice : question.choices)
            out += "<li>" + escaped(choice) + "</li>";
        out += "</ol>\n";
    }
    return out;
}

std::string how_html(const Question& question) {
    return question.choices.empty()
               ? fmt::format(" <span class=\"quiet\">({})</span>", escaped(how_to_answer(question)))
               : "";
}

// The lesson's body, without answers and with them.
std::pair<std::string, std::string> lesson_html(LessonRun& run, const Lesson& lesson) {
    const Told told = tell_all(run, lesson);
    std::string student, teacher;
    const auto both = [&](const std::string& text) {
        student += text;
        teacher += text;
    };
    const std::string blank = "<span class=\"blank\"></span>";
    for (const Section& section : told.sections) {
        both(fmt::format("<h3>{}</h3>\n{}", section.title, html(section.shown)));
        if (section.title != "What you will see") continue;
        both(asked_html(lesson.guess, {}, "A guess first"));
        both(fmt::format("<p>{}{}</p>\n", blank,
                         lesson.guess.choices.empty() && !lesson.guess.unit.empty()
                             ? " " + escaped(lesson.guess.unit)
                             : ""));
        if (!lesson.by_hand.empty())
            both("<h3>By hand</h3>\n" + html(fill(lesson.by_hand, {})) +
                 "<p class=\"quiet\">Here the program did it.</p>\n");
    }
    for (size_t i = 0; i < lesson.questions.size(); ++i) {
        const Question& question = lesson.questions[i];
        both(asked_html(question, told.values, fmt::format("Question {}", i + 1)));
        student += fmt::format("<p>{}{}</p>\n", blank, how_html(question));
        const std::string right = told.values.text(question.value);
        teacher += fmt::format(
            "<p><span class=\"answer\" data-lesson=\"{}\" data-question=\"{}\">{}</span>{}</p>\n{}",
            lesson.number, i + 1, escaped(printable(right)), how_html(question),
            html(fill(question.why, told.values)));
    }
    both("<h3>Read on</h3>\n" + html(fill(lesson.read_on, told.values)));
    return {student, teacher};
}

std::string page(const std::string& run, uint64_t seed, const std::string& body, bool answers) {
    const std::string title = answers ? "Ten lessons, with the answers" : "Ten lessons";
    return fmt::format(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<title>{0}: {1}</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>{2}</style>\n"
        "</head>\n<body>\n<main>\n<h1>{0}</h1>\n<p class=\"quiet\">On the run {1}, seed {3}. Every "
        "figure is this run's.</p>\n{4}</main>\n</body>\n</html>\n",
        title, escaped(run), kStyle, seed, body);
}

} // namespace

std::pair<std::string, std::string> handout(const HandoutOptions& options) {
    require_run(options.run);
    if (options.out == "-") fail("--out -: two pages are written: expected a file's name");
    search::StageModels models(options.run, options.seed);
    LessonRun run(options.run, options.seed, models);
    run.small = options.small;
    if (options.out.empty()) make_folders(run.folder());
    const std::string out =
        options.out.empty() ? join_path(run.folder(), "handout.html") : options.out;
    const size_t dot = out.ends_with(".html") ? out.size() - 5 : out.size();
    const std::string with_answers = out.substr(0, dot) + "-answers" + out.substr(dot);
    // Begun before the lessons are worked through: what cannot be written is said at once.
    FileWriter student_page(out), teacher_page(with_answers);
    Progress progress("handout", std::ssize(all_lessons()), "lessons", 0, options.quiet);
    std::string student, teacher;
    for (const Lesson& lesson : all_lessons()) {
        const std::string head = fmt::format("<section id=\"lesson-{0}\">\n<h2>{0}. {1}</h2>\n",
                                             lesson.number, escaped(lesson.title));
        std::pair<std::string, std::string> body;
        try {
            body = lesson_html(run, lesson);
        } catch (const Error& error) {
            // A stage that the run does not have is named with its command.
            if (!options.quiet)
                fmt::print(stderr, "lesson {} is missing: {}\n", lesson.number, error.what());
            body.first = body.second =
                fmt::format("<p class=\"missing\">{}</p>\n", escaped(error.what()));
        }
        student += head + body.first + "</section>\n";
        teacher += head + body.second + "</section>\n";
        progress.update(lesson.number);
    }
    progress.finish();
    student_page.write(page(options.run, options.seed, student, false));
    teacher_page.write(page(options.run, options.seed, teacher, true));
    student_page.commit();
    teacher_page.commit();
    return {out, with_answers};
}

} // namespace qstar::eval::lessons
