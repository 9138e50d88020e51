#pragma once
// A stage at work: it begins or goes on, writes into its own folder, and is finished.
//
//   Stage stage(options, "prm", flags);
//   if (stage.done()) return;              // finished before, with the same flags
//   ... write_jsonl(stage.path("x.jsonl"), ...) ...
//   stage.finish(result);                  // done.json; now the run has this stage
//
// DIR/NAME/flags.json holds the flags of a stage that has begun, DIR/NAME/done.json flags and
// result of a finished one, and DIR/config.json the flags of all finished ones.
//
// With --force a stage is made anew in DIR/NAME.new and takes the place of DIR/NAME when it
// is finished: what was there stays until then, and for good if the flags or the input are
// wrong. Interrupted, the same command goes on with it. A folder that no stage made is never
// written into or removed. A stage is locked while a program works on it (work_lock.h); corpus,
// pretrain and sft, from which the others are made, are made anew only while none is worked on.

#include "engine/io/work_lock.h"
#include "engine/text/json.h"
#include "train/run/run.h"

#include <memory>
#include <string>

namespace qstar::train {

// Error unless a stage of this kind may have this name: "prm", or "prm-" and letters, digits,
// '-', '_' or '.', so that it is no other stage's folder, and none outside the run.
void check_name(const std::string& kind, const std::string& name);

// All that a stage has to do is done, or it was stopped before (options.stop_after) and goes on
// when it is called again.
enum class Outcome { finished, stopped };

// How a stage is begun: nothing is there yet; with what a call before has left; or it is finished.
enum class Begun { fresh, resumed, done };

class Stage {
  public:
    // Takes the lock. Goes on with what a killed call began, or makes the folder. Error naming
    // the first flag that differs from those of the finished or interrupted stage, unless
    // options.force. Its folder lies in that of options.study, if one is named.
    Stage(const StageOptions& options, const std::string& name, const Json& flags);
    // A part of another stage at work, in that one's folder, with a record of its own.
    Stage(const Stage& whole, const std::string& name, const Json& flags);
    // Takes an empty folder away again.
    ~Stage();
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;

    Begun begun() const { return begun_; }
    bool done() const { return begun_ == Begun::done; }
    const std::string& name() const { return name_; } // "prm-soft"; of a part "star/round-1"
    const std::string& run() const { return run_; }
    bool quiet() const { return quiet_; }
    uint64_t seed() const { return seed_; } // of the call, else the run's
    // A file of the folder in which this call works, or where the finished stage lies.
    std::string path(const std::string& file) const;
    std::string model() const { return path("model.safetensors"); }

    // All is written: leaves the record, takes partial/ away and the old folder's place.
    void finish(const Json& result);
    Json result() const; // of a stage that is done

  private:
    void begin(bool force);
    bool take_up(bool force);
    void share();

    std::string run_, name_;
    std::string place_;  // the folder of the finished stage
    std::string folder_; // where this call works
    uint64_t seed_;
    bool is_part_ = false, quiet_ = false, made_ = false;
    Begun begun_ = Begun::fresh;
    std::unique_ptr<const Json> flags_;
    std::unique_ptr<WorkLock> lock_;
};

// The flags of a stage of the run that has begun or is finished; null if there is none.
Json flags_of_stage(const std::string& run, const std::string& name);

} // namespace qstar::train
