#include "eval/lessons/take_lesson.h"

#include "engine/base/error.h"
#include "engine/base/ranks.h"
#include "engine/io/files.h"
#include "engine/io/progress.h"
#include "engine/run/run_folder.h"
#include "engine/text/sentence.h"
#include "eval/lessons/handout.h"
#include "eval/lessons/sitting.h"
#include "train/annotation/session.h"

#include <algorithm>
#include <charconv>
#include <fmt/core.h>
#include <iostream>
#include <memory>
#include <sstream>
#include <vector>

namespace qstar::eval::lessons {

namespace {

void list_lessons(const LessonOptions& options, std::ostream& out) {
    const bool there = exists(options.run);
    for (const Lesson& lesson : all_lessons())
        out << fmt::format("{:>2}  {:<62} {:>2} min  {}\n", lesson.number, lesson.title,
                           lesson.minutes,
                           there ? progress_of(options.run, lesson.number) : "not begun");
    out << fmt::format("\nqstar lesson 1 --run {} takes the first one; quit leaves it, and the "
                       "same command goes on.\n",
                       options.run);
}

int64_t number_of(const std::string& text) {
    int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size())
        fail("lesson: expected a number from 1 to {} or handout, found \"{}\"",
             all_lessons().size(), text);
    return number;
}

void print_section(const Section& section, std::ostream& out) {
    out << "\n" << section.title << "\n" << std::string(section.title.size(), '-') << "\n";
    out << terminal_text(section.shown);
}

void print_asked(const Sitting::Asked& asked, std::ostream& out) {
    out << "\n" << terminal_text(asked.shown);
    for (const Turn::Choice& choice : asked.choices)
        out << fmt::format("  {}  {}\n", choice.key, choice.label);
    const std::string other = asked.words.empty() ? "quit" : asked.words + ", quit";
    out << (asked.how.empty() ? fmt::format("({}) > ", other)
                              : fmt::format("({}; {}) > ", asked.how, other))
        << std::flush;
}

// Title and sentence of what is new of the lesson; a question is printed when it is asked, so of
// one that was answered before the eyes only what follows is.
class Printer {
  public:
    explicit Printer(std::ostream& out) : out_(out) {}
    void print(const std::vector<Section>& sections) {
        for (; printed_ < sections.size(); ++printed_) {
            const Section& section = sections[printed_];
            if (section.title == "A guess first" && seen_) continue;
            if (section.title.starts_with("Question") && seen_) {
                // The question itself stands above: its answer and why.
                out_ << "\n" << terminal_text(after_question(section)) << std::flush;
                continue;
            }
            print_section(section, out_);
        }
    }
    void asked_now(size_t blocks) {
        seen_ = true;
        blocks_ = blocks;
    }
    void begun() { seen_ = false; }

  private:
    std::vector<Shown> after_question(const Section& section) const {
        const size_t from = std::min(blocks_, section.shown.size());
        return {section.shown.begin() + static_cast<std::ptrdiff_t>(from), section.shown.end()};
    }
    std::ostream& out_;
    size_t printed_ = 0, blocks_ = 0;
    bool seen_ = false;
};

} // namespace

void describe(Flags& f, LessonOptions& o) {
    f.argument("lesson", o.number, "its number, or handout: all of them as a page to be printed")
        .offers({"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "handout"});
    f.text("run", o.run, "the run's folder").folder();
    f.seed(o.seed);
    f.text("answers", o.answers, "a file of replies, a line each, instead of the terminal").file();
    f.text("out", o.out, "the handout's file; empty: RUN/lessons/handout.html").output();
    f.mark("again", o.again, "begin this lesson anew: forget what was said before");
}

void take_lesson(const LessonOptions& options, std::istream& in, std::ostream& out) {
    check(flags_of(options));
    if (options.number.empty()) return list_lessons(options, out);
    if (options.number == "handout") {
        const auto [student, teacher] = handout({options.run, options.out, options.seed});
        out << fmt::format("The handout is in {}, the one with the answers in {}\n", student,
                           teacher);
        return;
    }
    const Lesson& lesson = lesson_of(number_of(options.number));
    require_run(options.run);
    search::StageModels models(options.run, options.seed);
    LessonRun run(options.run, options.seed, models);
    if (options.again) write_notes(options.run, lesson.number, {}); // whatever stands there
    Sitting sitting(run, lesson);
    out << fmt::format("Lesson {}: {}  (about {} minutes)\n", lesson.number, lesson.title,
                       lesson.minutes);
    Printer printer(out);
    while (true) {
        printer.print(sitting.sections());
        const Sitting::Phase phase = sitting.phase();
        if (phase == Sitting::Phase::done) break;
        if (phase == Sitting::Phase::experiment) {
            out << (sitting.makes() ? "\nWhat this run lacks is made.\n"
                                    : "\nThe experiment runs.\n")
                << std::flush;
            Progress progress(fmt::format("lesson {}", lesson.number), 1000, "");
            run.told = [&](double share, const std::string& what) {
                progress.update(static_cast<int64_t>(share * 1000), what);
            };
            sitting.examine();
            progress.finish();
            run.told = {};
            continue;
        }
        const Sitting::Asked asked = sitting.asked();
        print_asked(asked, out);
        const auto typed = train::typed(in);
        if (!typed || *typed == "quit" || *typed == "q") {
            out << fmt::format("\nLeft; `qstar lesson {} --run {}` goes on here.\n", lesson.number,
                               options.run);
            return;
        }
        printer.asked_now(asked.shown.size());
        try {
            const std::string said = sitting.reply(*typed);
            if (!said.empty()) out << said << "\n";
        } catch (const Error& error) {
            out << error.what() << "\n";
        }
    }
    out << fmt::format("\nThis lesson is {}.\n", progress_of(options.run, lesson.number));
}

void take_lesson(const LessonOptions& options) {
    engine::require_one_rank("lesson");
    if (options.answers.empty()) return take_lesson(options, std::cin, std::cout);
    std::istringstream in(read_file_of_lines(options.answers));
    take_lesson(options, in, std::cout);
}

Command lesson_command() {
    Command command{"lesson", "The course in ten lessons: guess, experiment, formula, questions"};
    const auto options = std::make_shared<LessonOptions>();
    describe(command.flags, *options);
    command.run = [options](const Call& call) {
        const bool handout = options->number == "handout";
        for (const char* flag : {"answers", "again"})
            if (call.has(flag) && (handout || options->number.empty()))
                fail("--{} is for a lesson, found {}", flag,
                     handout ? "the handout" : "no lesson's number");
        if (call.has("out") && !handout) fail("--out is for the handout, found without it");
        if (call.has("run")) require_run(options->run); // the list can do without
        take_lesson(*options);
    };
    return command;
}

} // namespace qstar::eval::lessons
