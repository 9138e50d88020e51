#include "eval/serve/http.h"

#include "engine/base/error.h"
#include "engine/text/json.h"
#include "engine/text/sentence.h"

namespace qstar::eval {

bool same_token(std::string_view given, std::string_view token) {
    // Every byte is looked at, whether or not those before it were equal.
    unsigned different = given.size() == token.size() ? 0 : 1;
    for (size_t i = 0; i < token.size(); ++i) {
        const char c = given.empty() ? '\0' : given[i % given.size()];
        different |= static_cast<unsigned char>(c) ^ static_cast<unsigned char>(token[i]);
    }
    return different == 0;
}

} // namespace qstar::eval

#ifdef QSTAR_HTTPLIB

#include "eval/serve/connection.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <exception>
#include <fmt/core.h>
#include <httplib.h>
#include <list>
#include <mutex>
#include <thread>

namespace qstar::eval {

namespace {

// Set while a connection is one too many: it is closed without a look at it.
thread_local bool one_too_many = false;

// The library's idea of "work later": a thread for each connection.
class ThreadEach : public httplib::TaskQueue {
  public:
    explicit ThreadEach(int most) : most_(static_cast<size_t>(most)) {}

    // What it returns differs between versions of the library.
    using Queued = decltype(std::declval<httplib::TaskQueue&>().enqueue({}));
    Queued enqueue(std::function<void()> work) override {
        threads_.remove_if([](const Thread& thread) { return thread.done.load(); }); // joins
        if (threads_.size() < most_) {
            Thread& own = threads_.emplace_back();
            own.thread = std::thread([&own, work = std::move(work)] {
                work();
                own.done = true;
            });
        } else {
            one_too_many = true;
            work();
            one_too_many = false;
        }
        return Queued(true);
    }
    void shutdown() override { threads_.clear(); } // joins

  private:
    struct Thread {
        std::atomic<bool> done = false;
        std::thread thread;

        ~Thread() { // as std::jthread, which not every library has
            if (thread.joinable()) thread.join();
        }
    };
    size_t most_;
    std::list<Thread> threads_; // touched by the accepting thread alone
};

// A connection as the library sees it. (Not every function is in every version's Stream, so
// none says `override`.)
class BoundedStream : public httplib::Stream {
  public:
    explicit BoundedStream(Connection& connection) : connection_(connection) {}

    bool is_readable() const { return true; } // read() waits
    bool is_writable() const { return connection_.alive(); }
    bool wait_readable() const { return true; }
    bool wait_writable() const { return connection_.alive(); }
    ssize_t read(char* to, size_t size) { return connection_.read(to, size); }
    ssize_t write(const char* from, size_t size) {
        return connection_.write({from, size}) ? static_cast<ssize_t>(size) : -1;
    }
    void get_remote_ip_and_port(std::string&, int&) const {}
    void get_local_ip_and_port(std::string&, int&) const {}
    socket_t socket() const { return connection_.socket(); }
    time_t duration() const { return 0; }

  private:
    Connection& connection_;
};

class SinkStream : public EventStream {
  public:
    explicit SinkStream(httplib::DataSink& sink) : sink_(sink) {}
    bool send(std::string_view event, std::string_view data) override {
        const std::string text = fmt::format("event: {}\ndata: {}\n\n", event, data);
        open_ = open_ && sink_.is_writable() && sink_.write(text.data(), text.size());
        return open_;
    }
    bool open() override { return open_ = open_ && sink_.is_writable(); }

  private:
    httplib::DataSink& sink_;
    bool open_ = true;
};

void set_reply(httplib::Response& to, HttpReply reply) {
    to.status = reply.status;
    if (!reply.events) return to.set_content(reply.body, reply.type);
    to.set_chunked_content_provider(
        "text/event-stream", [events = std::move(reply.events)](size_t, httplib::DataSink& sink) {
            SinkStream stream(sink);
            try {
                events(stream);
            } catch (const std::exception& error) {
                stream.send("failed", Json{{"error", sentence_of(error)}}.dump());
            }
            sink.done();
            return true;
        });
}

HttpReply refusal(int status, const std::string& sentence) {
    return {status, "application/json", Json{{"error", sentence}}.dump()};
}

// What the library itself refuses, without a word.
const char* sentence_for(int status) {
    switch (status) {
    case 413:
        return "the request is longer than this server reads";
    case 416:
        return "there are no such bytes at this address";
    default:
        return "expected a request of HTTP/1.1: a line, headers and a body, each within bounds";
    }
}

} // namespace

struct HttpServer::Inside : httplib::Server {
    HttpOptions options;
    HttpHandler handler;
    std::atomic<bool> started = false, stopping = false, ended = false;
    socket_t listening = INVALID_SOCKET;
    int bound = 0;

    // The library's loop of a connection, with our stream and one request only.
    bool process_and_close_socket(socket_t socket) override {
        if (!one_too_many && !stopping) {
            Connection connection(socket, options.request_bytes, options.request, options.write,
                                  stopping);
            BoundedStream stream(connection);
            bool closed = false;
            try {
                request_of(*this, stream, closed);
            } catch (const std::exception&) { // only this connection is lost
            }
            ::shutdown(socket, SHUT_RDWR);
        }
        ::close(socket);
        return true;
    }
    // Later versions of the library want to be told the addresses, too.
    template <class Server>
    static void request_of(Server& server, httplib::Stream& stream, bool& closed) {
        if constexpr (requires { server.process_request(stream, true, closed, nullptr); })
            server.process_request(stream, true, closed, nullptr);
        else
            server.process_request(stream, std::string(), 0, std::string(), 0, true, closed,
                                   nullptr);
    }

    // What is wrong with a request, seen from its line and headers alone.
    HttpReply refuse(const httplib::Request& request) const {
        const std::string_view path = request.path;
        const size_t end = std::min(path.find('/', 1), path.size());
        if (request.target.size() > options.path_bytes) return refusal(414, "the path is too long");
        if (path.empty() || !same_token(path.substr(1, end - 1), options.token))
            return refusal(403, "open the address that `qstar eval serve` printed: every request "
                                "needs its token");
        if (request.method != "GET" && request.method != "HEAD" && request.method != "POST")
            return refusal(405, "expected GET or POST");
        if (request.has_header("Transfer-Encoding") || request.has_header("Content-Encoding"))
            return refusal(411, "expected a body as it is, with its Content-Length");
        if (request.method == "POST" &&
            !request.get_header_value("Content-Type").starts_with("application/json"))
            return refusal(415, "expected a body of the type application/json");
        return {};
    }
    HttpReply answer(const httplib::Request& request) const {
        HttpRequest own{request.method == "HEAD" ? "GET" : request.method, "", {}, request.body};
        const size_t end = request.path.find('/', 1);
        if (end != std::string::npos) own.path = request.path.substr(end);
        for (const auto& [name, value] : request.params) own.query.emplace(name, value);
        try {
            return handler(own);
        } catch (const std::exception& error) {
            return refusal(400, sentence_of(error));
        }
    }
    void set_up() {
        new_task_queue = [this] { return new ThreadEach(options.connections); };
        set_payload_max_length(options.request_bytes);
        set_default_headers({{"Cache-Control", "no-store"},
                             {"X-Content-Type-Options", "nosniff"},
                             {"Referrer-Policy", "no-referrer"},
                             {"Content-Security-Policy",
                              "default-src 'none'; script-src 'self'; style-src 'self'; img-src "
                              "'self' data:; connect-src 'self'; base-uri 'none'; form-action "
                              "'none'; frame-ancestors 'none'"}});
        // Only what can be refused is read no further; a GET has no body to wait for.
        set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& reply) {
            HttpReply refused = refuse(request);
            if (refused.status == 200 && request.method == "POST")
                return HandlerResponse::Unhandled; // its body comes next
            set_reply(reply, refused.status == 200 ? answer(request) : std::move(refused));
            return HandlerResponse::Handled;
        });
        set_error_handler(
            HandlerWithResponse([](const httplib::Request&, httplib::Response& reply) {
                if (!reply.body.empty()) return HandlerResponse::Unhandled;
                set_reply(reply, refusal(reply.status, sentence_for(reply.status)));
                return HandlerResponse::Handled;
            }));
        Post("/.*", [this](const httplib::Request& request, httplib::Response& reply) {
            set_reply(reply, answer(request));
        });
        // Not the library's options: they let two servers have one port.
        set_socket_options([this](socket_t socket) {
            const int yes = 1;
            ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
            // Inherited by the connections: a client that does not read is noticed early.
            const int bytes = 64 * 1024;
            ::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
            listening = socket;
        });
    }
};

HttpServer::HttpServer(const HttpOptions& options, HttpHandler handler)
    : inside_(std::make_unique<Inside>()) {
    inside_->options = options;
    inside_->handler = std::move(handler);
    inside_->set_up();
    errno = 0;
    if (options.port == 0)
        inside_->bound = inside_->bind_to_any_port(options.host);
    else
        inside_->bound = inside_->bind_to_port(options.host, options.port) ? options.port : -1;
    if (inside_->bound <= 0)
        fail("cannot serve at {}:{}: {}; another --port may be free, and --port 0 takes any",
             options.host, options.port,
             errno != 0 ? std::strerror(errno) : "there is no such address here");
    ::listen(inside_->listening, options.connections); // the library's queue is short
}

HttpServer::~HttpServer() {
    if (!inside_->started) ::close(inside_->listening); // else the library has closed it
}

int HttpServer::port() const { return inside_->bound; }

void HttpServer::run() {
    inside_->started = true;
    if (!inside_->stopping)
        inside_->listen_after_bind();
    else
        ::close(inside_->listening);
    inside_->ended = true;
    if (!inside_->stopping) fail("the server's socket broke: {}", std::strerror(errno));
}

void HttpServer::stop() {
    if (inside_->stopping.exchange(true)) return; // the library must be told once only
    while (inside_->started && !inside_->ended && !inside_->is_running()) // about to listen
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    inside_->stop();
}

void HttpServer::serve(int socket) { inside_->process_and_close_socket(socket); }

} // namespace qstar::eval

#else

namespace qstar::eval {

struct HttpServer::Inside {};
HttpServer::HttpServer(const HttpOptions&, HttpHandler) {
    fail("eval serve: this qstar was built without cpp-httplib: install it (Debian: "
         "libcpp-httplib-dev; Fedora: cpp-httplib-devel; Arch and Homebrew: cpp-httplib) and "
         "build again");
}
HttpServer::~HttpServer() = default;
int HttpServer::port() const { return 0; }
void HttpServer::run() {}
void HttpServer::stop() {}
void HttpServer::serve(int) {}

} // namespace qstar::eval

#endif
