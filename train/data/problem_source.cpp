#include "train/data/problem_source.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/text/json.h"
#include "engine/text/jsonl.h"
#include "search/worlds/make_world.h"
#include "train/data/corpus_options.h"
#include "train/data/worlds/countdown_search.h"
#include "train/data/worlds/equations_class.h"
#include "train/data/worlds/forms_class.h"
#include "train/data/worlds/problems.h"
#include "train/data/worlds/words_class.h"
#include "train/run/corpus_format.h"

#include <algorithm>
#include <mutex>

namespace qstar::train {

namespace {

// Draws until a problem is on the right side of the split.
std::function<std::string(Split, Random&)>
on_side(const std::string& world, const std::function<std::string(Random&)>& draw) {
    return [world, draw](Split split, Random& random) {
        for (int tries = 0; tries < 10'000; ++tries)
            if (std::string problem = draw(random); split_of(problem) == split) return problem;
        fail("{}: no problem of this kind belongs to the {} split", world, name_of(split));
    };
}

// A class of those who search aloud.
void let_search(ProblemSource& room, const SearchTexts& texts) {
    struct Searcher {
        SearchPupil pupil;
        std::once_flag experienced; // there may be nothing to learn from: three numbers
    };
    room.pupils = search_class();
    const auto searcher = std::make_shared<Searcher>();
    searcher->pupil.texts = texts;
    room.solve = [searcher, draw = room.draw](const Pupil& pupil, const std::string& problem,
                                              Random& random) {
        std::call_once(searcher->experienced, [&] {
            searcher->pupil.order =
                SearchPupil::experience(draw_different(draw, Split::train, 500, 1));
        });
        return searcher->pupil.solve(pupil, problem, random);
    };
}

// The flags of a run's corpus.
CorpusOptions options_of(const std::string& run) {
    CorpusOptions options;
    options.run = run;
    options.world = world_of(run);
    if (options.world == "arithmetic") {
        options.problems = problems_of(run);
        return options;
    }
    const JsonLine flags = *search::corpus_flags(run); // they name this world
    if (has_field(flags, "form")) options.problems.form = string_field(flags, "form");
    options.countdown.count = static_cast<int>(int_field(flags, "numbers"));
    options.countdown.high = int_field(flags, "largest");
    options.countdown.from = int_field(flags, "target-from");
    options.countdown.to = int_field(flags, "target-to");
    // Only of the form search, and not in runs older than these flags, which had the defaults.
    if (has_field(flags, "hunch")) options.texts.hunch = number_field(flags, "hunch");
    if (has_field(flags, "longest")) options.texts.longest = int_field(flags, "longest");
    options.equations.max_terms = static_cast<int>(int_field(flags, "terms"));
    options.equations.coefficient = int_field(flags, "coefficient");
    options.equations.bound = int_field(flags, "constant");
    options.stories.changes = static_cast<int>(int_field(flags, "changes"));
    options.stories.largest = int_field(flags, "quantity");
    return options;
}

} // namespace

ProblemSource problem_source_of(const CorpusOptions& options, bool warm) {
    ProblemSource room;
    room.world = search::make_world(options.world);
    if (options.world == "arithmetic") {
        ProblemConfig config = options.problems;
        if (warm)
            config.max_operands =
                std::max(config.min_operands, std::min(config.max_operands, options.warm_operands));
        const bool plain = config.form == "plain";
        room.pupils = plain ? class_of(options.experts) : forms_class(options.experts);
        room.draw = [config](Split split, Random& random) {
            return draw_problem(config, split, random);
        };
        room.solve = plain ? solve : solve_form;
    } else if (options.world == "countdown") {
        CountdownConfig config = options.countdown;
        if (warm) config.count = std::max(2, config.count - 1);
        const auto players = std::make_shared<CountdownClass>(config);
        room.pupils = countdown_class(options.experts);
        room.draw = [players](Split split, Random& random) {
            return players->draw_problem(split, random);
        };
        room.solve = [players](const Pupil& pupil, const std::string& problem, Random& random) {
            return players->solve(pupil, problem, random);
        };
        if (options.problems.form == "search") let_search(room, options.texts);
    } else if (options.world == "equations") {
        search::EquationConfig config = options.equations;
        if (warm) config.max_terms = std::max(config.min_terms, config.max_terms - 2);
        room.pupils = equations_class(options.experts);
        room.draw = on_side(options.world, [config](Random& random) {
            return search::draw_equation(config, random);
        });
        room.solve = solve_equation;
    } else if (options.world == "words") {
        search::StoryConfig config = options.stories;
        if (warm) config.changes = std::min(config.changes, 1);
        room.pupils = words_class(options.experts);
        room.draw = on_side(
            options.world, [config](Random& random) { return search::draw_story(config, random); });
        room.solve = solve_story;
    } else {
        fail("the world \"{}\" has no class of pupils", options.world);
    }
    for (const std::string& text : options.pupils) change(room.pupils, text);
    return room;
}

ProblemSource problem_source_of(const std::string& run, int min_operands) {
    require(run, "corpus", join_path(run, "config.json"));
    CorpusOptions options = options_of(run);
    if (options.world == "arithmetic" && min_operands > 0)
        options.problems.min_operands = min_operands;
    if (options.world == "arithmetic") check(options.problems);
    return problem_source_of(options);
}

std::vector<std::string> draw_problems(const ProblemSource& room, Split split, int64_t count,
                                       uint64_t seed) {
    return draw_different(room.draw, split, count, seed);
}

} // namespace qstar::train
