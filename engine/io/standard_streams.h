#pragma once
// Standard input, output and error, for the program's first and last moments.

#include <string>

namespace qstar {

// A closed one of the three is given to the next file that is opened, and what is printed would
// go into that file: each that is closed is opened on what gives and takes nothing.
void hold_standard_streams();

// Writes out what is still to be printed. Is some of it lost, now or before: one sentence on
// standard error, and 2; else `status`.
int end_standard_output(int status);

// "standard output: cannot write: REASON"
std::string cannot_print(const std::string& reason);

} // namespace qstar
