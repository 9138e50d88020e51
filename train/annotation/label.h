#pragma once
// Labelling: who says what is right in the sampled solutions?
//
//   DIR/samples/solutions.jsonl -> DIR/labels/outcomes.jsonl, DIR/labels/steps.jsonl
// Step labels are -1, 0 or +1 and stop at the first error (Lightman et al. 2023). Three annotators
// write the same files (labels.h):
//   verifier   the world's rules, in the place of people
//   simulated  a person who takes a wrong step for a right one, or a right one for wrong, at
//              a rate, and then goes on from there
//   me         a person at the terminal, step by step
// Files by others of the same form do as well: `qstar train prm --labels FILE`.

#include "train/annotation/session.h"
#include "train/data/labels.h"
#include "train/run/run.h"

#include <iosfwd>
#include <string>
#include <vector>

namespace qstar::train {

struct LabelOptions {
    StageOptions stage;
    std::string annotator = "verifier"; // verifier, simulated or me
    std::string format = "prm800k";     // of steps.jsonl: "prm800k" or "trl"
    std::string world;                  // empty: the run's
    std::string solutions;              // a file; empty: the one of `qstar train sample`
    std::string name = "label";         // folder in the run, for labels by several annotators
    double error = 0.05;                // simulated: rate of wrong labels
    int64_t each = 0;                   // label so many solutions of a problem at most; 0: all
    int64_t limit = 0;                  // label only the first so many; 0: all
};

// Solutions without an end have no answer to check and are left out of both files, so
// that ORM and PRM are trained on the same ones. An outcome is, by the verifier, whether the
// answer is right; by people, whether they found no error. A person may stop at any time: the
// solutions labelled so far are in the files, a begun one in partial/answers.jsonl, and the
// next call goes on.
void describe(Flags& f, LabelOptions& o);
void label(const LabelOptions& options, std::istream& in, std::ostream& out);
void label(const LabelOptions& options); // at the terminal

// The same files for a person who is asked elsewhere (the page of `qstar eval serve`). Answers
// are -1, 0 or 1 for each step; solutions without an end are left out. options.annotator must be
// "me".
using LabelSession = AnnotationSession<SampledSolution>;
LabelSession read_session(const LabelOptions& options); // changes nothing
// Puts the stage on record if need be, writes the answers, then the files of labels. Error if
// the stage was begun with other flags.
void save_session(const LabelOptions& options, const LabelSession& session);
// Whether an answer has all its labels: of every step, or up to an error.
bool is_labelled(const SampledSolution& solution, const std::vector<int>& answer);

} // namespace qstar::train
