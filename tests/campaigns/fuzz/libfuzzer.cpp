// The targets under libFuzzer, which sees the branches that an input takes: fuzz.sh builds this
// with clang, apart from the tests.
//
//   QSTAR_TARGET=labels qstar_fuzz CORPUS -max_len=1024 -runs=10000000
//   QSTAR_SEEDS=CASES qstar_fuzz    writes the seeds of all targets to ./corpus/TARGET/, and ends

#include "engine/io/files.h"
#include "tests/campaigns/fuzz/target.h"

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fmt/core.h>
#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>
#endif

using namespace qstar;

namespace {

const campaign::Target* target_chosen = nullptr;

void write_seeds(const std::string& cases) {
    for (const campaign::Target& target : campaign::targets()) {
        const std::string folder = "corpus/" + target.name;
        make_folders(folder);
        int number = 0;
        for (const std::string& seed : campaign::seeds_of(target, cases))
            write_file_atomic(fmt::format("{}/seed-{:03}", folder, number++), seed);
        std::printf("%s %zu\n", target.name.c_str(), target.longest);
    }
}

} // namespace

#ifdef __linux__
// AddressSanitizer asks where signals have their stack before every call that does not return, so
// several times an exception, and readers refuse most inputs by one: the system answers once.
extern "C" int sigaltstack(const stack_t* next, stack_t* old) noexcept {
    thread_local stack_t now{};
    thread_local bool known = false;
    if (next == nullptr && old != nullptr && known) {
        *old = now;
        return 0;
    }
    const long status = ::syscall(SYS_sigaltstack, next, old);
    known = status == 0 && next == nullptr && old != nullptr;
    if (known) now = *old;
    return static_cast<int>(status);
}
#endif

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    try {
        if (const char* cases = std::getenv("QSTAR_SEEDS")) {
            write_seeds(cases);
            std::exit(0);
        }
        const char* name = std::getenv("QSTAR_TARGET");
        target_chosen = &campaign::target_of(name == nullptr ? "" : name);
    } catch (const Error& error) {
        std::fprintf(stderr, "qstar_fuzz: %s\n", error.what());
        std::exit(2);
    }
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    try {
        target_chosen->run({reinterpret_cast<const char*>(data), size});
    } catch (const Error&) { // a fine outcome
    }
    return 0;
}
