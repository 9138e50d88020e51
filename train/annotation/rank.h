#pragma once
// Ranking: several outputs for one prompt, and an annotator that puts them in order.
//
//   DIR/samples/solutions.jsonl -> DIR/ranks/ranks.jsonl (ranks.h)
// The annotator is simulated (simulated_annotator.h) or a person at the terminal. Ranks from
// elsewhere need no stage: `qstar train reward --labels FILE` and `qstar train dpo --labels
// FILE` read the same form.

#include "train/annotation/session.h"
#include "train/annotation/simulated_annotator.h"
#include "train/data/labels.h"
#include "train/data/ranks.h"
#include "train/run/run.h"

#include <iosfwd>
#include <string>
#include <vector>

namespace qstar::train {

struct RankOptions {
    StageOptions stage;
    std::string annotator = "simulated"; // or "me": the terminal
    int64_t outputs = 4;                 // K: of a problem at most
    int64_t problems = 0;                // the first so many with two outputs or more; 0: all
    std::string solutions;               // a file; empty: the one of `qstar train sample`
    std::string name = "rank";           // folder in the run, for ranks of several annotators
    std::string world;                   // empty: the run's
    SimulatedAnnotator simulated;        // the simulated one
};

// Only solutions with an end are shown, different ones, in an order of chance. A person may
// stop at any time: the ranks so far are in the file, and the next call goes on. The annotator's
// part in `done.json`, over the pairs of validation problems, which nothing learns from:
//   val_ceiling    share that the preference itself, without noise, orders as the annotator did: no
//                  model can be expected to predict the annotator better than that
//   val_agreement  how often the annotator would say the same when asked again
void describe(Flags& f, RankOptions& o);
void rank(const RankOptions& options, std::istream& in, std::ostream& out);
void rank(const RankOptions& options); // at the terminal

// The same files for a person who is asked elsewhere (the page of `qstar eval serve`). An answer
// is the place of each output, 1 the best. options.annotator must be "me".
struct RankPrompt { // what is shown together
    std::string problem;
    std::vector<std::vector<std::string>> outputs;
};
using RankSession = AnnotationSession<RankPrompt>;
RankSession read_session(const RankOptions& options); // changes nothing
// Puts the stage on record if need be, writes the answers, then the ranks. Error if the stage
// was begun with other flags, or if an answer does not fit its prompt.
void save_session(const RankOptions& options, const RankSession& session);

// "2 1 3" -> {2, 1, 3} as places {2, 1, 3}: output 2 is the best, then 1, then 3. "2 1=3":
// 1 and 3 are equally good. Error saying what is wrong with it.
std::vector<int> read_order(const std::string& text, size_t outputs);

} // namespace qstar::train
