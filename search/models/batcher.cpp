#include "search/models/batcher.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <span>
#include <thread>
#include <utility>
#include <vector>

namespace qstar::search {

namespace {

enum class Call { none, propose, complete, score };

// What one problem asks for, and what it gets.
struct Request {
    size_t problem = 0;
    Call call = Call::none; // none: nothing is asked, the thread runs
    std::span<const ProposeRequest> propose;
    std::span<const Path> paths;
    std::vector<Proposals> proposals;
    std::vector<std::vector<Solution>> solutions;
    std::vector<Scores> scores;
    std::exception_ptr error;
    std::condition_variable answered;
};

struct BatchQueue {
    const Proposer& proposer; // for what can be asked from any thread
    const Scorer* scorer;
    std::mutex mutex = {};
    std::condition_variable changed = {}; // for the calling thread
    std::vector<Request*> waiting = {};
    size_t running = 0;                          // threads that have a problem and do not wait
    size_t ended = 0;                            // problems
    size_t next = 0;                             // the next problem to begin
    std::vector<std::exception_ptr> errors = {}; // by problem
    bool failed = false;
};

// One problem, as it asks the queue.
struct Client : Proposer, Scorer {
    BatchQueue& queue;
    Request request;

    explicit Client(BatchQueue& q) : queue(q) {}

    void wait(Call call) {
        std::unique_lock lock(queue.mutex);
        request.call = call;
        queue.waiting.push_back(&request);
        if (--queue.running == 0) queue.changed.notify_one();
        request.answered.wait(lock, [&] { return request.call == Call::none; });
        if (request.error) std::rethrow_exception(std::exchange(request.error, nullptr));
    }
    std::vector<Proposals> propose(std::span<const ProposeRequest> requests) override {
        request.propose = requests;
        wait(Call::propose);
        return std::move(request.proposals);
    }
    std::vector<std::vector<Solution>> complete(std::span<const ProposeRequest> requests) override {
        request.propose = requests;
        wait(Call::complete);
        return std::move(request.solutions);
    }
    std::vector<Scores> score(std::span<const Path> paths) override {
        request.paths = paths;
        wait(Call::score);
        return std::move(request.scores);
    }
    int64_t prefix_tokens(const Path& path) const override {
        return queue.proposer.prefix_tokens(path);
    }
    int64_t score_tokens(const Path& path) const override {
        return queue.scorer->score_tokens(path);
    }
    Reading reading() const override { return queue.scorer->reading(); }
    std::vector<int> tokens_of(const Path& path) const override {
        return queue.proposer.tokens_of(path);
    }
    double multiply_adds() const override { return queue.proposer.multiply_adds(); }
    std::vector<int> scored_tokens(const Path& path) const override {
        return queue.scorer->scored_tokens(path);
    }
    double score_multiply_adds() const override { return queue.scorer->score_multiply_adds(); }
    bool on_proposers_trunk() const override { return queue.scorer->on_proposers_trunk(); }
};

// Joins the inputs of `group`, makes one call, deals the outputs out again.
template <class Input, class Output, class Make>
void join_call(std::span<Request* const> group, std::span<const Input> Request::*input,
               std::vector<Output> Request::*output, const Make& make) {
    std::vector<Input> all;
    for (const Request* request : group)
        all.insert(all.end(), (request->*input).begin(), (request->*input).end());
    std::vector<Output> results = make(std::span<const Input>(all));
    auto from = std::make_move_iterator(results.begin());
    for (Request* request : group) {
        const auto to = from + static_cast<std::ptrdiff_t>((request->*input).size());
        (request->*output).assign(from, to);
        from = to;
    }
}

void call_model(Call call, std::span<Request* const> group, Proposer& proposer, Scorer* scorer) {
    if (call == Call::propose)
        join_call(group, &Request::propose, &Request::proposals,
                  [&](std::span<const ProposeRequest> all) { return proposer.propose(all); });
    else if (call == Call::complete)
        join_call(group, &Request::propose, &Request::solutions,
                  [&](std::span<const ProposeRequest> all) { return proposer.complete(all); });
    else
        join_call(group, &Request::paths, &Request::scores,
                  [&](std::span<const Path> all) { return scorer->score(all); });
}

void answer(std::vector<Request*>& requests, Proposer& proposer, Scorer* scorer) {
    std::sort(requests.begin(), requests.end(),
              [](const Request* a, const Request* b) { return a->problem < b->problem; });
    for (const Call call : {Call::propose, Call::complete, Call::score}) {
        std::vector<Request*> group;
        for (Request* request : requests)
            if (request->call == call) group.push_back(request);
        if (group.empty()) continue;
        try {
            call_model(call, group, proposer, scorer);
        } catch (...) { // one by one, so that the error goes to the problem that made it
            for (Request* request : group) {
                try {
                    call_model(call, {&request, 1}, proposer, scorer);
                } catch (...) {
                    request->error = std::current_exception();
                }
            }
        }
    }
}

// Takes problems until there are none. The queue's mutex is held between them.
void work(BatchQueue& queue, size_t count, bool has_scorer,
          const std::function<void(size_t, Proposer&, Scorer*)>& body) {
    std::unique_lock lock(queue.mutex);
    while (queue.next < count && !queue.failed) {
        const size_t problem = queue.next++;
        lock.unlock();
        std::exception_ptr error;
        {
            Client client(queue);
            client.request.problem = problem;
            try {
                body(problem, client, has_scorer ? &client : nullptr);
            } catch (...) {
                error = std::current_exception();
            }
        }
        lock.lock();
        ++queue.ended;
        if (error) {
            queue.errors[problem] = error;
            queue.failed = true;
        }
    }
    --queue.running; // the last thread to stop running wakes the caller
    queue.changed.notify_one();
}

// Not std::jthread, which Clang's library, thus macOS's, has only lately.
struct JoinedThreads {
    std::vector<std::thread> list;

    ~JoinedThreads() { join(); }
    void join() {
        for (std::thread& thread : list) thread.join();
        list.clear();
    }
};

} // namespace

void run_together(size_t count, size_t at_once, Proposer& proposer, Scorer* scorer,
                  const std::function<void(size_t, Proposer&, Scorer*)>& body,
                  const std::function<void(size_t)>& done) {
    BatchQueue queue{.proposer = proposer, .scorer = scorer};
    queue.errors.resize(count);
    const size_t clients = std::min(count, std::max<size_t>(at_once, 1));
    queue.running = clients;
    JoinedThreads threads;
    for (size_t i = 0; i < clients; ++i)
        threads.list.emplace_back([&] { work(queue, count, scorer != nullptr, body); });

    size_t told = 0;
    std::exception_ptr stop; // of done()
    std::unique_lock lock(queue.mutex);
    for (;;) {
        queue.changed.wait(lock, [&] { return queue.running == 0; });
        const size_t ended = queue.ended;
        if (done && ended > told && !stop) {
            try {
                done(ended);
            } catch (...) {
                stop = std::current_exception();
                queue.failed = true;
            }
        }
        told = ended;
        if (queue.waiting.empty()) break; // every thread has ended
        std::vector<Request*> requests = std::move(queue.waiting);
        queue.waiting.clear();
        if (stop)
            for (Request* request : requests) request->error = stop;
        else
            answer(requests, proposer, scorer); // nobody else runs: the lock may stay held
        queue.running = requests.size();
        for (Request* request : requests) {
            request->call = Call::none;
            request->answered.notify_one();
        }
    }
    lock.unlock();
    threads.join();
    if (stop) std::rethrow_exception(stop);
    for (const std::exception_ptr& error : queue.errors)
        if (error) std::rethrow_exception(error);
}

} // namespace qstar::search
