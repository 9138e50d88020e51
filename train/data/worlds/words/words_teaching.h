#pragma once
// The teaching side of the world words (words_class.h).

#include "search/worlds/words/story.h"
#include "train/data/class/teaching.h"

#include <memory>
#include <string>
#include <string_view>

namespace qstar::train {

struct WordsTeaching : Teaching {
    search::StoryConfig problems;

    std::unique_ptr<Teaching> copy() const override;
    std::string world() const override { return "words"; }
    void describe(Flags& f) override;
    ProblemSource source(double experts, bool warm) const override;
    std::string split_key(std::string_view line) const override;
};

} // namespace qstar::train
