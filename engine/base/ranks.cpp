#include "engine/base/ranks.h"

#include "engine/base/error.h"
#include "engine/base/mpi.h"
#include "engine/base/pack.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <string_view>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

namespace qstar::engine {

namespace {

mpi::Place place{0, 1};
bool joined = false, alone = false, changing = false;
int64_t come = 0;                // bytes from other ranks
int kept_stderr = STDERR_FILENO; // of a rank whose standard error leads nowhere

// MPICH and SLURM speak PMI; Open MPI has names of its own.
constexpr const char* kSizeNames[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"};
constexpr const char* kRankNames[] = {"OMPI_COMM_WORLD_RANK", "PMI_RANK"};

const char* first_of(const char* const (&names)[2]) {
    for (const char* name : names)
        if (const char* value = std::getenv(name)) return value;
    return nullptr;
}

// A rank that is killed can say nothing, and mpirun gives the number of the signal as its own
// status. So the process that mpirun has started waits for one that works, and speaks for it.
void watch_over_rank([[maybe_unused]] const char* ranks) {
#ifdef __linux__
    const pid_t parent = ::getpid(), child = ::fork();
    if (child < 0) fail("mpirun: a rank cannot be started: {}", std::strerror(errno));
    if (child == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (::getppid() != parent) std::_Exit(2); // it is dead already
        return;
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0)
        if (errno != EINTR) std::_Exit(2);
    if (WIFEXITED(status)) std::_Exit(WEXITSTATUS(status));
    const int signal = WTERMSIG(status);
    if (signal != SIGTERM && signal != SIGINT) { // else somebody ended the program, or mpirun did
        const char* const rank = first_of(kRankNames);
        std::fprintf(stderr,
                     "qstar: rank %s of %s was ended by signal %d (%s), and all end with it; the "
                     "same command goes on from the last saved state, with any number of ranks\n",
                     rank != nullptr ? rank : "?", ranks, signal, ::strsignal(signal));
    }
    std::_Exit(2);
#endif
}

void lead_nowhere(int stream) {
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere < 0) return;
    ::dup2(nowhere, stream);
    ::close(nowhere);
}

// What Open MPI's transports say of a rank that is gone ("Read -1, expected 94464"), who watches
// over that rank says in a sentence. Errors of a call come back with it and are told.
void hush_transports() {
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere >= 0) ::setenv("OPAL_OUTPUT_STDERR_FD", std::to_string(nowhere).c_str(), 0);
}

} // namespace

void start_ranks() {
    const char* const size = first_of(kSizeNames);
    if (size == nullptr || std::string_view(size) == "1") return;
    watch_over_rank(size);
    hush_transports();
    place = mpi::join();
    joined = place.ranks > 1;
    for (const char* name : kSizeNames) ::unsetenv(name); // programs that this one starts are none
    if (!joined || place.rank == 0) return;
    kept_stderr = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    lead_nowhere(STDOUT_FILENO);
    lead_nowhere(STDERR_FILENO);
}

void end_ranks() {
    if (joined) mpi::leave();
}

int end_with_error(const std::string& line, int status) {
    using namespace std::chrono_literals;
    // What is wrong on all ranks the first one says, and ends the others before they do.
    if (joined && place.rank != 0) std::this_thread::sleep_for(5s);
    const std::string text = line + "\n";
    std::fflush(stdout);
    for (size_t done = 0; done < text.size();) {
        const ssize_t written = ::write(kept_stderr, text.data() + done, text.size() - done);
        if (written <= 0 && errno != EINTR) break;
        if (written > 0) done += static_cast<size_t>(written);
    }
    try {
        if (joined) mpi::abort(status);
    } catch (const Error&) {
        // They end when this one has ended.
    }
    return status;
}

int ranks() { return alone ? 1 : place.ranks; }
int rank() { return alone ? 0 : place.rank; }
bool is_first_rank() { return place.rank == 0; }

void require_one_rank(const std::string& what) {
    if (joined)
        fail("{} works in one process: expected no mpirun, found {} ranks", what, place.ranks);
}

void one_writes(const std::function<void()>& change) {
    if (!joined || changing) return change();
    if (alone) fail("a rank that works on a piece of its own cannot write files");
    mpi::barrier();
    if (place.rank == 0) {
        changing = true;
        try {
            change();
        } catch (...) {
            changing = false;
            throw;
        }
        changing = false;
    }
    mpi::barrier();
}

int64_t bytes_of_ranks() { return come; }

std::string from_first_rank(const std::string& bytes) {
    if (ranks() == 1) return bytes;
    uint64_t size = bytes.size();
    mpi::broadcast(&size, sizeof size);
    std::string all = place.rank == 0 ? bytes : std::string(size, '\0');
    mpi::broadcast(all.data(), size);
    if (place.rank != 0) come += static_cast<int64_t>(size);
    return all;
}

std::vector<std::string> from_all_ranks(const std::string& bytes) {
    if (ranks() == 1) return {bytes};
    const auto n = static_cast<size_t>(place.ranks);
    std::vector<int> sizes(n);
    const int size = static_cast<int>(bytes.size());
    mpi::all_gather(&size, sizes.data(), std::vector<int>(n, sizeof size));
    std::string all;
    for (const int each : sizes) all.resize(all.size() + static_cast<size_t>(each));
    mpi::all_gather(bytes.data(), all.data(), sizes);
    come += static_cast<int64_t>(all.size() - bytes.size());
    std::vector<std::string> parts;
    size_t at = 0;
    for (const int each : sizes) {
        parts.push_back(all.substr(at, static_cast<size_t>(each)));
        at += static_cast<size_t>(each);
    }
    return parts;
}

Slice slice_of(size_t items, size_t part, size_t parts) {
    const size_t first = items * part / parts;
    return {first, items * (part + 1) / parts - first};
}

void sum_over_ranks(std::span<float> numbers, int parts,
                    const std::function<void(std::span<float* const> parts, int64_t n)>& sum) {
    if (ranks() == 1) return;
    const auto n = static_cast<size_t>(place.ranks), me = static_cast<size_t>(place.rank);
    const auto [begin, mine] = slice_of(numbers.size(), me, n);
    std::vector<int> sizes, sent(n, 0), received(n, 0);
    for (size_t r = 0; r < n; ++r)
        sizes.push_back(static_cast<int>(slice_of(numbers.size(), r, n).count));
    if (place.rank < parts) sent = sizes;
    for (size_t r = 0; r < static_cast<size_t>(parts); ++r) received[r] = sizes[me];
    static std::vector<float> room; // kept: a step allocates nothing
    room.resize(mine * static_cast<size_t>(parts));
    mpi::all_to_all(numbers.data(), sent, room.data(), received);
    std::vector<float*> each;
    for (size_t r = 0; r < static_cast<size_t>(parts); ++r) each.push_back(room.data() + r * mine);
    sum(each, static_cast<int64_t>(mine));
    std::memcpy(numbers.data() + begin, room.data(), mine * sizeof(float));
    mpi::all_gather(numbers.data(), sizes);
    const size_t others = static_cast<size_t>(parts) - (place.rank < parts ? 1 : 0);
    come += static_cast<int64_t>((mine * others + numbers.size() - mine) * sizeof(float));
}

void InOrder::add(size_t i, std::string bytes) {
    made_[i] = std::move(bytes);
    ++count_;
    for (; told_ < made_.size() && made_[told_]; ++told_) {
        ready_(told_, *made_[told_]);
        made_[told_] = std::string();
    }
}

void InOrder::give(size_t i, std::string bytes) {
    if (rank() == 0) return add(i, std::move(bytes));
    std::string message;
    Pack{message}(uint64_t{i});
    mpi::send_to_first(message + bytes);
}

bool InOrder::receive(bool wait) {
    const auto bytes = mpi::receive(wait);
    if (!bytes) return false;
    std::string_view rest = *bytes;
    uint64_t number = 0;
    Unpack{rest}(number);
    add(number, std::string(rest));
    return true;
}

void InOrder::take() {
    while (ranks() > 1 && rank() == 0 && receive(false)) {
    }
}

void InOrder::finish() {
    while (rank() == 0 && count_ < made_.size()) receive(true);
}

void share_in_order(size_t count, const std::function<std::string(size_t i)>& make,
                    const InOrder::Ready& ready) {
    InOrder all(count, ready);
    for (auto i = static_cast<size_t>(rank()); i < count; i += static_cast<size_t>(ranks())) {
        std::string bytes;
        {
            const Alone piece;
            bytes = make(i);
        }
        all.give(i, std::move(bytes));
        all.take();
    }
    all.finish();
}

std::vector<std::string> share(size_t count, const std::function<std::string(size_t i)>& make) {
    const auto me = static_cast<size_t>(rank()), n = static_cast<size_t>(ranks());
    std::string mine;
    {
        const Alone piece;
        for (size_t i = me; i < count; i += n) Pack{mine}(make(i));
    }
    const std::vector<std::string> all = from_all_ranks(mine);
    std::vector<std::string_view> rest(all.begin(), all.end());
    std::vector<std::string> made(count);
    for (size_t i = 0; i < count; ++i) Unpack{rest[i % n]}(made[i]);
    return made;
}

Alone::Alone() : before_(alone) { alone = true; }
Alone::~Alone() { alone = before_; }

} // namespace qstar::engine
