#pragma once
// What all benchmarks take, and how they hand out their rows.

#include "eval/bench/row.h"

#include <cstdio>
#include <string>
#include <vector>

namespace qstar::eval {

struct BenchOptions {
    int threads = 0;               // of --threads; 0: one and all
    bool quick = false;            // fewer turns and fewer works
    std::string only;              // measures the works whose name contains this
    std::string json;              // writes all rows there as one JSON array
    bool lines = false;            // prints rows as JSON lines, not as a table
    std::string run = "runs/demo"; // search: whose models solve; learn: whose worksheets
    std::string text;              // learn: this file of characters
    std::string isa;               // gemm: only this instruction set
    bool profile = false;          // train: the time of the program's own steps by operation
};

// The numbers of threads to measure with: `threads`, or one and all processors.
std::vector<int> thread_counts(const BenchOptions& options);

// Prints each row as soon as it is there and writes all of them at the end.
class Report {
  public:
    Report(const BenchOptions& options, std::string title, bool with_peak = false);
    bool wants(const std::string& work) const; // by `only`
    void add(const Row& row);
    void note(const std::string& sentence); // between the rows; not in the JSON
    // Writes the JSON. Error if `only` chose nothing.
    void finish();
    const std::vector<Row>& rows() const { return rows_; }

  private:
    BenchOptions options_;
    std::string title_;
    bool with_peak_;
    std::vector<Row> rows_;
};

} // namespace qstar::eval
