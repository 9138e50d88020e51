#pragma once
// The results of many problems, each written as soon as it and those before it are there.
//
// Into the standard output, a pipe or a device they are written as they come. A plain file FILE
// gets them as they come, too, and beside it FILE.unfinished stands for as long as it is not
// whole: the call that makes it, so that the same call goes on where this one was interrupted and
// no other is taken for it. A FILE that was there before stays until its successor is whole: that
// one grows as FILE.partial.

#include "engine/io/interrupt.h"
#include "engine/io/output.h"
#include "engine/text/json.h"

#include <memory>
#include <string>
#include <vector>

namespace qstar::search {

class ResultsLog {
  public:
    // `out`: a file's name, "-" or "" for the standard output. `call`: an object of all that
    // decides about the results. `problems`: the results' fields "problem", in order.
    // Error if another process writes this file, if it is an unfinished one of another call, or
    // if its lines are not results of these problems.
    ResultsLog(const std::string& out, const Json& call, std::vector<std::string> problems);
    ~ResultsLog(); // nothing is left of one without results
    ResultsLog(const ResultsLog&) = delete;
    ResultsLog& operator=(const ResultsLog&) = delete;

    // All results so far; at first those of the call that was interrupted.
    const std::vector<Json>& rows() const { return rows_; }
    void add(Json row); // the next problem's
    void finish();      // after the last one: the file is whole, and on the disk

  private:
    void open(const std::string& out, const Json& call);
    void take_up(const Json& call);

    std::vector<std::string> problems_;
    std::vector<Json> rows_;
    std::string name_, file_;    // for messages; the plain file to be made, or empty
    std::string lines_, record_; // where its lines stand until then, and what is said of them
    std::unique_ptr<FileAppender> appender_;
    std::unique_ptr<InterruptNote> note_;
    int descriptor_ = -1;
    bool finished_ = false;
};

} // namespace qstar::search
