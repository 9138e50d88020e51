#include "train/data/worlds/words/words_teaching.h"

#include "train/data/class/draw.h"
#include "train/data/worlds/words/words_class.h"

#include <algorithm>

namespace qstar::train {

std::unique_ptr<Teaching> WordsTeaching::copy() const {
    return std::make_unique<WordsTeaching>(*this);
}

void WordsTeaching::describe(Flags& f) {
    f.number("changes", problems.changes, 0, 8, "sentences in which something happens");
    f.number("quantity", problems.largest, 4, 1'000'000, "largest quantity");
}

ProblemSource WordsTeaching::source(double experts, bool warm) const {
    search::StoryConfig config = problems;
    if (warm) config.changes = std::min(config.changes, 1);
    ProblemSource source;
    source.pupils = words_class(experts);
    source.draw = on_side(
        world(), [config](Random& random) { return search::draw_story(config, random); },
        question_key);
    source.solve = solve_story;
    return source;
}

std::string WordsTeaching::split_key(std::string_view line) const { return question_key(line); }

} // namespace qstar::train
