#pragma once
// The teaching side of the world countdown: solutions (countdown_class.h), or with the form search
// texts that contain their search (countdown_search.h).

#include "train/data/class/teaching.h"
#include "train/data/worlds/countdown/countdown_class.h"
#include "train/data/worlds/countdown/countdown_search.h"

#include <memory>
#include <string>
#include <string_view>

namespace qstar::train {

struct CountdownTeaching : Teaching {
    CountdownConfig problems;
    std::string form = "plain"; // or "search"
    SearchTexts texts;          // of the form search

    std::unique_ptr<Teaching> copy() const override;
    std::string world() const override { return "countdown"; }
    void describe(Flags& f) override;
    void check() const override;
    ProblemSource source(double experts, bool warm) const override;
    std::string split_key(std::string_view line) const override;
    bool leave_held_out() override { return form != "search"; }
};

} // namespace qstar::train
