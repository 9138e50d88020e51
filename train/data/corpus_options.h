#pragma once
// What a run's corpus is made of; all stages draw their problems from the same.

#include "search/models/run.h"
#include "search/worlds/make_world.h"
#include "train/data/worlds/teachings.h"
#include "train/run/run.h"

#include <string>
#include <vector>

namespace qstar::train {

struct CorpusOptions {
    StageOptions stage;
    std::string world{search::kDefaultWorld}; // or another one that has a class
    int64_t tokens = 14'000'000;              // of the worksheets, at least
    int64_t curated = 128;                    // items of the curated set
    std::string curate = "answers";  // who is in it: "answers", anyone's work with a right answer,
                                     // or "experts"
    int64_t items = 4;               // a worksheet
    double experts = 0.2;            // their share of the worksheets
    std::vector<std::string> pupils; // changes to the class: "slipper=0.3:0.5"
    double warm = 0.15;              // share of the tokens, at the beginning, with short problems
    Teachings worlds;                // the options of each world; that of `world` counts

    Teaching& teaching() { return worlds.at(world); }
    const Teaching& teaching() const { return worlds.at(world); }
    template <class T>
    T& of() {
        return worlds.of<T>();
    }
};

// The flags that all worlds have, and those of its own.
void describe(Flags& f, CorpusOptions& o);
// Error for flags that no corpus can be made with.
void check(const CorpusOptions& options);

// The options that a run's corpus was made with, as far as they decide about its problems. Error
// if the run has none, or for a record of another form, naming the file and the flag; what a
// record of before lacks is as it stands by itself.
CorpusOptions corpus_options_of(const std::string& run);

// The same, of a run of one world; Error if it is of another one.
template <class T>
T teaching_of(const std::string& run) {
    search::world_of(run, T().world());
    return corpus_options_of(run).of<T>();
}

} // namespace qstar::train
