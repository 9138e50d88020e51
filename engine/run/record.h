#pragma once
// The record of what was made: the flags that decide about it, by their own names.

#include "engine/run/flags.h"
#include "engine/text/json.h"

namespace qstar {

// {"batch": 16, ..., "files": {"labels": "FILE"}}: all flags that decide but the run, which is
// where the record lies. "files" names what stands on record by its content alone.
Json record(const Flags& flags);

// Sets the flags to what is on record; what the record lacks stays. A name may have _ for -.
void read_record(const Flags& flags, const Json& record);

} // namespace qstar
