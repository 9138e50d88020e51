#pragma once
// Many problems at once, each method still a plain function.
//
// Every running problem has a thread of its own that blocks whenever it asks for a
// model. When all of them wait, one call is made for all their requests together, in
// problem order, on the calling thread; the models are never called from two threads.
// Since a request's result does not depend on its batch (proposer.h, scorer.h), a
// problem's result is the one that it would have alone.

#include "search/models/proposer.h"
#include "search/models/scorer.h"

#include <functional>

namespace qstar::search {

// Calls body(problem, proposer, scorer) for problems 0 .. count-1, at most `at_once` at
// a time; the proposer and scorer that it gets belong to that problem. `scorer` may be
// null, then so is body's. done(n) is called on the calling thread whenever n problems
// in all have ended; no body runs then. An exception of a body, or of a model for its request,
// ends that problem; no further ones are begun, the running ones end, and the exception of the
// first problem in order is thrown. One of done() is thrown too, as soon as the running ones
// have seen it at their next request.
void run_together(size_t count, size_t at_once, Proposer& proposer, Scorer* scorer,
                  const std::function<void(size_t, Proposer&, Scorer*)>& body,
                  const std::function<void(size_t)>& done = {});

} // namespace qstar::search
