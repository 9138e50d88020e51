#include "engine/io/interrupt.h"

#include <array>
#include <csignal>
#include <cstring>
#include <unistd.h>

namespace qstar {
namespace {

constexpr std::array<int, 2> kSignals = {SIGINT, SIGTERM};
// What a handler may use is little: bytes that are there already, write() and raise().
std::array<char, 1024> sentence_bytes;
size_t sentence_length = 0;

extern "C" void say_and_end(int signal) {
    (void)!::write(STDERR_FILENO, sentence_bytes.data(), sentence_length);
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

// Leaves a signal alone that somebody else handles, or that a shell has made harmless.
void replace_handler(void (*old)(int), void (*with)(int)) {
    for (const int signal : kSignals) {
        struct sigaction now {};
        ::sigaction(signal, nullptr, &now);
        if (now.sa_handler == old) std::signal(signal, with);
    }
}

} // namespace

InterruptNote::InterruptNote(const std::string& sentence) {
    const std::string text = (::isatty(STDERR_FILENO) != 0 ? "\nqstar: " : "qstar: ") +
                             sentence.substr(0, sentence_bytes.size() - 10) + "\n";
    std::memcpy(sentence_bytes.data(), text.data(), text.size());
    sentence_length = text.size();
    replace_handler(SIG_DFL, say_and_end);
}

InterruptNote::~InterruptNote() { replace_handler(say_and_end, SIG_DFL); }

} // namespace qstar
