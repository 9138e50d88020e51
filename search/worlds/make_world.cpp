#include "search/worlds/make_world.h"

#include "engine/base/error.h"
#include "search/worlds/arithmetic/arithmetic.h"
#include "search/worlds/countdown/countdown.h"
#include "search/worlds/equations/equations.h"
#include "search/worlds/powers/powers.h"
#include "search/worlds/words/gsm8k.h"
#include "search/worlds/words/words.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace qstar::search {

namespace {

struct WorldEntry {
    std::string_view name;
    std::unique_ptr<World> (*make)(const std::string& file);
    // Of a world that is a file, "NAME:FILE": whose problems it holds.
    std::string_view like = {};
};

template <class W>
std::unique_ptr<World> made(const std::string&) {
    return std::make_unique<W>();
}

std::unique_ptr<World> made_of_file(const std::string& file) {
    return std::make_unique<Gsm8k>(read_word_problems(file), file);
}

const std::vector<WorldEntry> entries = {
    {"arithmetic", made<Arithmetic>}, // 3*(4+5)-2
    {"equations", made<Equations>},   // 24=1601*c-1605*c
    {"countdown", made<Countdown>},   // 1 5 8 11 24
    {"powers", made<Powers>},         // 37^13
    {"words", made<Words>},           // a story that ends in a question
    {"gsm8k", made_of_file, "words"}, // the questions of a file
};

// The file that a name holds for this entry, "" if it has none; nothing if it is another's name.
std::optional<std::string> file_of(const WorldEntry& entry, std::string_view name) {
    if (entry.like.empty() && name == entry.name) return "";
    const std::string start = std::string(entry.name) + ":";
    if (entry.like.empty() || !name.starts_with(start) || name == start) return {};
    return std::string(name.substr(start.size()));
}

} // namespace

bool is_world(std::string_view name) {
    for (const WorldEntry& entry : entries)
        if (file_of(entry, name)) return true;
    return false;
}

std::unique_ptr<World> make_world(std::string_view name) {
    for (const WorldEntry& entry : entries)
        if (const std::optional<std::string> file = file_of(entry, name)) return entry.make(*file);
    fail("unknown world \"{}\": expected {}", name, known_worlds());
}

std::vector<std::string> world_names() {
    std::vector<std::string> names;
    for (const WorldEntry& entry : entries)
        names.push_back(std::string(entry.name) + (entry.like.empty() ? "" : ":"));
    return names;
}

Flag& world_flag(Flags& f, std::string& world) {
    return f.text("world", world, "world of the problems").offers(world_names());
}

std::string known_worlds() {
    std::string names;
    for (const WorldEntry& entry : entries) {
        if (!names.empty()) names += &entry == &entries.back() ? " or " : ", ";
        names += entry.name;
        if (!entry.like.empty()) names += ":FILE";
    }
    return names;
}

bool takes_problems_of(std::string_view own, std::string_view asked) {
    if (own == asked) return true;
    for (const WorldEntry& entry : entries)
        if (file_of(entry, asked)) return entry.like == own || file_of(entry, own);
    return false;
}

} // namespace qstar::search
