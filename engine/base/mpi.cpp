#include "engine/base/mpi.h"

#include "engine/base/error.h"

#ifdef QSTAR_MPI

#include "engine/base/dynamic_library.h"

#define OMPI_SKIP_MPICXX // its C++ half would want a library more
#include <mpi.h>

#include <algorithm>
#include <list>
#include <numeric>

namespace qstar::engine::mpi {

namespace {

const DynamicLibrary& mpi_library() {
    // Its own plug-ins look for it among the symbols of all.
    static const DynamicLibrary library("MPI", {QSTAR_MPI, "libmpi.so.40", "libmpi.so"},
                                        DynamicLibrary::Symbols::shared);
    return library;
}

void* symbol(const char* name) { return mpi_library().get(name); }

// Calls MPI's function of that name.
#define QSTAR_MPI_CALL(function, ...)                                                              \
    check(reinterpret_cast<decltype(&function)>(symbol(#function))(__VA_ARGS__), #function)

void check(int status, const char* function) {
    if (status == MPI_SUCCESS) return;
    char text[MPI_MAX_ERROR_STRING] = "";
    int length = 0;
    reinterpret_cast<decltype(&MPI_Error_string)>(symbol("MPI_Error_string"))(status, text,
                                                                              &length);
    fail("MPI: {} failed: {}", function, std::string(text, static_cast<size_t>(length)));
}

// What the header's names stand for lies in the library.
MPI_Comm all = nullptr;
MPI_Datatype byte = nullptr, number = nullptr;
Place place{0, 1};

constexpr int kTag = 21;
constexpr size_t kAtOnce = size_t{1} << 30;

std::vector<int> begins(const std::vector<int>& counts) {
    std::vector<int> first(counts.size(), 0);
    const auto total = std::accumulate(counts.begin(), counts.end(), int64_t{0});
    if (total > INT32_MAX) fail("MPI: {} items are more than one message holds", total);
    std::partial_sum(counts.begin(), counts.end() - 1, first.begin() + 1);
    return first;
}

// A message on its way.
struct Sent {
    std::string bytes;
    MPI_Request request;
};
std::list<Sent> sent;

void forget_what_has_gone(bool wait) {
    std::erase_if(sent, [&](Sent& message) {
        int gone = 0;
        if (wait) {
            QSTAR_MPI_CALL(MPI_Wait, &message.request, MPI_STATUS_IGNORE);
            return true;
        }
        QSTAR_MPI_CALL(MPI_Test, &message.request, &gone, MPI_STATUS_IGNORE);
        return gone != 0;
    });
}

} // namespace

Place join() {
    if (!mpi_library().here()) fail("MPI: its library cannot be loaded: {}", mpi_library().why());
    all = static_cast<MPI_Comm>(symbol("ompi_mpi_comm_world"));
    byte = static_cast<MPI_Datatype>(symbol("ompi_mpi_byte"));
    number = static_cast<MPI_Datatype>(symbol("ompi_mpi_float"));
    int given = 0;
    QSTAR_MPI_CALL(MPI_Init_thread, nullptr, nullptr, MPI_THREAD_SERIALIZED, &given);
    QSTAR_MPI_CALL(MPI_Comm_set_errhandler, all,
                   static_cast<MPI_Errhandler>(symbol("ompi_mpi_errors_return")));
    QSTAR_MPI_CALL(MPI_Comm_rank, all, &place.rank);
    QSTAR_MPI_CALL(MPI_Comm_size, all, &place.ranks);
    if (given < MPI_THREAD_SERIALIZED) fail("MPI: this library wants a program of one thread");
    return place;
}

void leave() {
    forget_what_has_gone(true);
    QSTAR_MPI_CALL(MPI_Finalize);
}

void abort(int status) { QSTAR_MPI_CALL(MPI_Abort, all, status); }

void barrier() { QSTAR_MPI_CALL(MPI_Barrier, all); }

void broadcast(void* bytes, size_t count) {
    auto* at = static_cast<char*>(bytes);
    for (size_t done = 0; done < count; done += kAtOnce)
        QSTAR_MPI_CALL(MPI_Bcast, at + done, static_cast<int>(std::min(kAtOnce, count - done)),
                       byte, 0, all);
}

void all_gather(const void* from, void* to, const std::vector<int>& counts) {
    QSTAR_MPI_CALL(MPI_Allgatherv, from, counts[static_cast<size_t>(place.rank)], byte, to,
                   counts.data(), begins(counts).data(), byte, all);
}

void all_to_all(const float* from, const std::vector<int>& sent_counts, float* to,
                const std::vector<int>& received) {
    QSTAR_MPI_CALL(MPI_Alltoallv, from, sent_counts.data(), begins(sent_counts).data(), number, to,
                   received.data(), begins(received).data(), number, all);
}

void all_gather(float* numbers, const std::vector<int>& counts) {
    QSTAR_MPI_CALL(MPI_Allgatherv, MPI_IN_PLACE, 0, number, numbers, counts.data(),
                   begins(counts).data(), number, all);
}

void send_to_first(std::string bytes) {
    forget_what_has_gone(false);
    sent.push_back({std::move(bytes), {}});
    Sent& message = sent.back();
    QSTAR_MPI_CALL(MPI_Isend, message.bytes.data(), static_cast<int>(message.bytes.size()), byte, 0,
                   kTag, all, &message.request);
}

std::optional<std::string> receive(bool wait) {
    MPI_Status status;
    int there = 1, count = 0;
    if (wait)
        QSTAR_MPI_CALL(MPI_Probe, MPI_ANY_SOURCE, kTag, all, &status);
    else
        QSTAR_MPI_CALL(MPI_Iprobe, MPI_ANY_SOURCE, kTag, all, &there, &status);
    if (there == 0) return {};
    QSTAR_MPI_CALL(MPI_Get_count, &status, byte, &count);
    std::string bytes(static_cast<size_t>(count), '\0');
    QSTAR_MPI_CALL(MPI_Recv, bytes.data(), count, byte, status.MPI_SOURCE, kTag, all,
                   MPI_STATUS_IGNORE);
    return bytes;
}

#undef QSTAR_MPI_CALL

} // namespace qstar::engine::mpi

#else

namespace qstar::engine::mpi {

namespace {
[[noreturn]] void absent() {
    fail("mpirun has started this program, but it was built without MPI's headers: start it "
         "without mpirun, or install libopenmpi-dev and build it anew");
}
} // namespace

Place join() { absent(); }
void leave() {}
void abort(int) {}
void barrier() {}
void broadcast(void*, size_t) {}
void all_gather(const void*, void*, const std::vector<int>&) {}
void all_to_all(const float*, const std::vector<int>&, float*, const std::vector<int>&) {}
void all_gather(float*, const std::vector<int>&) {}
void send_to_first(std::string) {}
std::optional<std::string> receive(bool) { return {}; }

} // namespace qstar::engine::mpi

#endif
