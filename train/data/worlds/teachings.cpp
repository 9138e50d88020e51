#include "train/data/worlds/teachings.h"

#include "engine/base/error.h"
#include "engine/text/joined.h"
#include "train/data/worlds/arithmetic/arithmetic_teaching.h"
#include "train/data/worlds/countdown/countdown_teaching.h"
#include "train/data/worlds/equations/equations_teaching.h"
#include "train/data/worlds/powers/powers_teaching.h"
#include "train/data/worlds/words/words_teaching.h"

#include <utility>

namespace qstar::train {

Teachings::Teachings() {
    all_.push_back(std::make_unique<ArithmeticTeaching>());
    all_.push_back(std::make_unique<EquationsTeaching>());
    all_.push_back(std::make_unique<CountdownTeaching>());
    all_.push_back(std::make_unique<PowersTeaching>());
    all_.push_back(std::make_unique<WordsTeaching>());
}

Teachings::Teachings(const Teachings& other) {
    for (const auto& teaching : other.all_) all_.push_back(teaching->copy());
}

Teachings& Teachings::operator=(const Teachings& other) {
    Teachings copied(other);
    all_ = std::move(copied.all_);
    return *this;
}

const Teaching* Teachings::find(std::string_view world) const {
    for (const auto& teaching : all_)
        if (teaching->world() == world) return teaching.get();
    return nullptr;
}

Teaching* Teachings::find(std::string_view world) {
    return const_cast<Teaching*>(std::as_const(*this).find(world));
}

const Teaching& Teachings::at(std::string_view world) const {
    if (const Teaching* found = find(world)) return *found;
    fail("the world \"{}\" has no class of pupils: expected one of {}", world, taught_worlds());
}

Teaching& Teachings::at(std::string_view world) {
    return const_cast<Teaching&>(std::as_const(*this).at(world));
}

std::vector<std::string> taught_world_names() {
    const Teachings worlds;
    std::vector<std::string> names;
    for (const auto& teaching : worlds.all()) names.push_back(teaching->world());
    return names;
}

std::string taught_worlds() { return joined(taught_world_names(), ", "); }

} // namespace qstar::train
