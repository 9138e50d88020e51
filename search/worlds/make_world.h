#pragma once
// The worlds that there are, each known by its line in make_world.cpp.

#include "engine/run/flags.h"
#include "search/problem/world.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::search {

// The world of a run without a corpus, and of a corpus whose record names none.
inline constexpr std::string_view kDefaultWorld = "arithmetic";

// Whether make_world() knows the name, "countdown" or "gsm8k:FILE", its file there or not.
bool is_world(std::string_view name);

// By name; Error naming the known ones.
std::unique_ptr<World> make_world(std::string_view name);

// What a shell offers of them: "arithmetic", "gsm8k:".
std::vector<std::string> world_names();

// --world of a command that reads problems.
Flag& world_flag(Flags& f, std::string& world);

// "arithmetic, equations, countdown, words or gsm8k:FILE"
std::string known_worlds();

// May problems of the world `asked` be put to models of the world `own`? To its own, and to those
// of a world that is a file of problems like them.
bool takes_problems_of(std::string_view own, std::string_view asked);

} // namespace qstar::search
