#include "eval/serve/serve.h"

#include "engine/base/error.h"
#include "engine/base/ranks.h"
#include "engine/run/run_folder.h"
#include "eval/serve/http.h"
#include "eval/serve/site.h"

#include <csignal>
#include <cstdio>
#include <exception>
#include <fmt/core.h>
#include <pthread.h>
#include <random>
#include <thread>
#include <unistd.h>

namespace qstar::eval {

namespace {

// 128 bits from the system, in hexadecimal. Not of the run's seed: nobody may guess it.
std::string random_token() {
    std::random_device device;
    std::string token;
    for (int i = 0; i < 4; ++i) token += fmt::format("{:08x}", device());
    return token;
}

// SIGINT and SIGTERM wait to be taken by wait(); threads that are begun later inherit that.
class StopSignals {
  public:
    StopSignals() {
        sigemptyset(&set_);
        sigaddset(&set_, SIGINT);
        sigaddset(&set_, SIGTERM);
        pthread_sigmask(SIG_BLOCK, &set_, &before_);
    }
    ~StopSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    void wait() {
        int signal = 0;
        sigwait(&set_, &signal);
    }

  private:
    sigset_t set_{}, before_{};
};

} // namespace

void describe(Flags& f, ServeOptions& o) {
    f.text("run", o.run, "the run's folder");
    f.text("puzzles", o.puzzles, "run whose networks solve puzzles; empty: --run").folder();
    f.seed(o.seed);
    f.number("port", o.port, 0, 65535, "0: any that is free");
    f.text("host", o.host,
           "address to listen at; others than this machine's own only with one of its addresses "
           "in the network");
}

void serve(const ServeOptions& options) {
    engine::require_one_rank("eval serve");
    check(flags_of(options));
    require_run(options.run);
    StopSignals signals;
    HttpOptions http;
    http.host = options.host;
    http.port = options.port;
    http.token = options.token.empty() ? random_token() : options.token;
    if (!options.puzzles.empty()) require_run(options.puzzles);
    Site site(options.run, options.seed, options.puzzles);
    HttpServer server(http, [&](const HttpRequest& request) { return site.answer(request); });

    const bool v6 = http.host.find(':') != std::string::npos;
    fmt::print("http://{}{}{}:{}/{}/\n", v6 ? "[" : "", http.host, v6 ? "]" : "", server.port(),
               http.token);
    fmt::print("serving {}; open this address in a browser; Ctrl-C ends it\n", options.run);
    std::fflush(stdout);

    std::exception_ptr broke;
    std::thread serving([&] {
        try {
            server.run();
        } catch (...) {
            broke = std::current_exception();
            ::kill(::getpid(), SIGTERM); // wakes the thread that waits below
        }
    });
    signals.wait();
    server.stop();
    serving.join();
    if (broke) std::rethrow_exception(broke);
    fmt::print("\nended\n");
}

} // namespace qstar::eval
