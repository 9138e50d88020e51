#pragma once
// Several processes on one piece of work: MPI's ranks, which mpirun starts.
//
//   mpirun -n 4 qstar train pretrain --run runs/demo --threads 1
//
// Every rank runs the same program from its first line to its last, with the same weights, the
// same random numbers and the same decisions, so that what is not shared is right all the same.
// Shared are the large pieces: the gradient of a large batch (nn/gradient_tree.h), samples and
// roll-outs, the problems of a search, the pieces of a resumable_map(). The first rank alone writes
// files, prints and holds locks; all ranks read, in a folder that their machines share.
//
// Without mpirun there is one rank, MPI is not even loaded, and nothing here costs anything. MPI
// itself stands behind mpi.h. To be called by the main thread, all but rank() and ranks().

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace qstar::engine {

// Joins the ranks that mpirun has started; else nothing. The first thing that a program does. The
// standard streams of all but the first rank lead nowhere from here on. A rank that is killed
// says so in one sentence and ends all with status 2. Error if the library cannot be loaded.
void start_ranks();
// Waits for the others to end as well.
void end_ranks();
// Prints an error's line once for all ranks and ends all of them with this status, which one
// process returns.
int end_with_error(const std::string& line, int status);

int ranks();                                    // how many share the work; 1 within an Alone
int rank();                                     // the number of this one, from 0
bool is_first_rank();                           // also within an Alone
void require_one_rank(const std::string& what); // Error where there are more

// Of a change to files: the first rank makes it, when all have come here and before one goes on.
// So what a rank reads before and after it is the same for all. May be nested.
void one_writes(const std::function<void()>& change);
// The first rank's bytes, on all.
std::string from_first_rank(const std::string& bytes);
// The bytes of every rank, in their order, on all.
std::vector<std::string> from_all_ranks(const std::string& bytes);

// What has come to this rank from others so far.
int64_t bytes_of_ranks();

// Part `part` of `parts` of so many items in order, as even as can be.
struct Slice {
    size_t first, count;
};
Slice slice_of(size_t items, size_t part, size_t parts);

// Replaces the numbers of every rank by a sum of those of the first `parts` ranks. Each rank adds
// up one slice: `sum` gets pointers to the parts' n numbers and leaves the result in the first.
void sum_over_ranks(std::span<float> numbers, int parts,
                    const std::function<void(std::span<float* const> parts, int64_t n)>& sum);

// Items that the ranks make and the first one takes in order: rank r makes those whose number is r
// modulo ranks().
class InOrder {
  public:
    using Ready = std::function<void(size_t i, const std::string& bytes)>;
    InOrder(size_t count, Ready ready) : made_(count), ready_(std::move(ready)) {}

    void give(size_t i, std::string bytes); // from the rank that has made it; nobody waits
    // Of the first rank: calls ready() for what has come by now, as far as all before it has.
    void take();
    void finish();                          // the same until all has come
    size_t count() const { return count_; } // that are there

  private:
    void add(size_t i, std::string bytes);
    bool receive(bool wait);

    std::vector<std::optional<std::string>> made_;
    Ready ready_;
    size_t count_ = 0, told_ = 0;
};

// make(i) for each item, on one of the ranks; ready() on the first.
void share_in_order(size_t count, const std::function<std::string(size_t i)>& make,
                    const InOrder::Ready& ready);

// The bytes of all items, of which each is made on one rank, on all of them.
std::vector<std::string> share(size_t count, const std::function<std::string(size_t i)>& make);

// While it lives, this rank works on a piece that is its own.
class Alone {
  public:
    Alone();
    ~Alone();
    Alone(const Alone&) = delete;
    Alone& operator=(const Alone&) = delete;

  private:
    bool before_;
};

} // namespace qstar::engine
