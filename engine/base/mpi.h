#pragma once
// What ranks.cpp needs of MPI, and no more. The library is loaded when join() is called: to be
// linked to it would cost each start of the program more time than all else. Built without MPI's
// headers, join() is an Error. Every failure is an Error that names what MPI says of it.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace qstar::engine::mpi {

struct Place {
    int rank, ranks;
};
Place join();
void leave();
void abort(int status); // ends all ranks

void barrier();
void broadcast(void* bytes, size_t count); // from rank 0
// Bytes of all ranks one after another; `counts` are those of each.
void all_gather(const void* from, void* to, const std::vector<int>& counts);
// Numbers: counts[r] of `from` go to rank r, where those of all ranks stand one after another.
void all_to_all(const float* from, const std::vector<int>& sent, float* to,
                const std::vector<int>& received);
void all_gather(float* numbers, const std::vector<int>& counts); // in place

void send_to_first(std::string bytes); // kept until it is gone
std::optional<std::string> receive(bool wait);

} // namespace qstar::engine::mpi
