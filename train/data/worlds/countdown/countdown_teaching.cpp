#include "train/data/worlds/countdown/countdown_teaching.h"

#include "engine/base/error.h"
#include "train/data/class/draw.h"

#include <algorithm>
#include <mutex>

namespace qstar::train {

namespace {

// A class of those who search aloud.
void let_search(ProblemSource& source, const SearchTexts& texts) {
    struct Searcher {
        SearchPupil pupil;
        std::once_flag experienced; // there may be nothing to learn from: three numbers
    };
    source.pupils = search_class();
    const auto searcher = std::make_shared<Searcher>();
    searcher->pupil.texts = texts;
    source.solve = [searcher, draw = source.draw](const Pupil& pupil, const std::string& problem,
                                                  Random& random) {
        std::call_once(searcher->experienced, [&] {
            searcher->pupil.order =
                SearchPupil::experience(draw_different(draw, Split::train, 500, 1));
        });
        return searcher->pupil.solve(pupil, problem, random);
    };
}

} // namespace

std::unique_ptr<Teaching> CountdownTeaching::copy() const {
    return std::make_unique<CountdownTeaching>(*this);
}

void CountdownTeaching::describe(Flags& f) {
    CountdownConfig& p = problems;
    const bool searches = form != "plain";
    f.text("form", form, "plain, or search: texts that contain their search")
        .offers({"plain", "search"})
        .only_if(searches);
    f.number("first-move-accuracy", texts.first_move_accuracy, 0, 1,
             "form search: rate of first moves that lead on, 0 to 1")
        .only_if(searches);
    f.number("longest", texts.longest, 1, kMost, "form search: characters of a text, at most")
        .only_if(searches);
    f.number("numbers", p.count, 2, 6, "numbers of a problem");
    f.number("largest", p.high, static_cast<double>(p.low), 1000, "largest number");
    f.number("target-to", p.to, 1, 100'000, "largest target; 24 is never one");
    f.number("target-from", p.from, 1, static_cast<double>(p.to), "smallest target");
}

void CountdownTeaching::check() const {
    if (form != "plain" && form != "search")
        fail("countdown: the form must be plain or search, found {}", form);
    if (form == "search" && problems.count != 3 && problems.count != 4)
        fail("countdown: the form search is for 3 or 4 numbers, found {}", problems.count);
}

ProblemSource CountdownTeaching::source(double experts, bool warm) const {
    CountdownConfig config = problems;
    if (warm) config.count = std::max(2, config.count - 1);
    const auto players = std::make_shared<CountdownClass>(config);
    ProblemSource source;
    source.pupils = countdown_class(experts);
    source.draw = [players](Split split, Random& random) {
        return players->draw_problem(split, random);
    };
    source.solve = [players](const Pupil& pupil, const std::string& problem, Random& random) {
        return players->solve(pupil, problem, random);
    };
    if (form == "search") let_search(source, texts);
    return source;
}

std::string CountdownTeaching::split_key(std::string_view line) const { return hand_key(line); }

} // namespace qstar::train
