#pragma once
// A tiny pipeline through every stage that writes, for the campaigns that disturb it: a second or
// so a stage.
//
// A campaign has a folder: problems.txt, run/ (arithmetic), puzzle/ (lights out) and what
// `search --out` wrote. Stages are called in it with relative paths, so that the same call in
// another folder writes the same bytes.

#include "engine/io/temporary_folder.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace qstar::campaign {

struct PipelineStage {
    std::string name;
    std::vector<std::string> arguments; // of the program, relative to the campaign's folder
};
const std::vector<PipelineStage>& pipeline();

// How a call of the program is disturbed.
struct Disturbance {
    double kill_after = 0;    // seconds, kill -9; 0: never
    int64_t file_bytes = 0;   // RLIMIT_FSIZE, where SIGXFSZ is ignored; 0: no limit
    int64_t memory_bytes = 0; // RLIMIT_AS; 0: no limit
    std::string shim = {};    // library to be loaded first (shim.cpp), with these variables
    std::map<std::string, std::string> variables = {};
};
struct CallResult {
    int status = 0; // exit status, or -1 if a signal ended it
    int signal = 0; // that ended it; SIGALRM after two minutes, which no call may take
    double seconds = 0;
    std::string error; // what it said on the standard error
};
// Calls the program in `folder`.
CallResult call(const std::string& folder, const std::vector<std::string>& arguments,
                const Disturbance& disturbance = {});

// Is what a failed call says one sentence of ours?
bool one_sentence(const std::string& error);

// All files below a folder, with their bytes. Left out are locks and what a killed process left
// half-written under a name of its own (*.tmp).
using Contents = std::map<std::string, std::string>;
Contents contents_of(const std::string& folder);
// The first difference, in words; empty if there is none.
std::string difference(const Contents& expected, const Contents& found);
// The same of those files alone that `before` has; a run's record of its stages is left out.
std::string harm(const Contents& before, const Contents& found);

// The pipeline as it goes undisturbed: made once in a program, up to the stage that is asked for.
class Undisturbed {
  public:
    static Undisturbed& pipeline();
    // A copy of the folder as it was before the stage (== pipeline().size(): at the end).
    void copy_before(size_t stage, const std::string& to);
    // The same as bytes.
    const Contents& before(size_t stage);
    double seconds(size_t stage); // that the stage took

  private:
    Undisturbed();
    void make(size_t stages);
    std::string folder_of(size_t stage) const;

    TemporaryFolder folder_{"pipeline"};
    std::vector<double> seconds_;
    std::map<size_t, Contents> contents_;
};

// A whole number from the environment, for campaigns longer than the short form.
int64_t asked(const char* variable, int64_t otherwise);

} // namespace qstar::campaign
