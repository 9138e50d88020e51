#pragma once
// A small web server with a bound on everything that a client can make grow.
//
// cpp-httplib reads requests and writes replies; this file is all that the rest of the folder
// sees of it. What the library leaves open is closed here: each connection is a thread of its
// own and serves one request; there are at most `connections` of them, and one more is closed
// at once; whatever a client sends passes through a stream that counts its bytes and has a
// deadline for the request as a whole; a client that does not read a reply in time is dropped.
//
// Every request must carry the token as the first folder of its path, /TOKEN/..., so that the
// relative addresses of a page carry it, too. Any other path gets 403 and reaches nobody.

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace qstar::eval {

struct HttpOptions {
    std::string host = "127.0.0.1";
    int port = 0; // 0: any that is free
    std::string token;
    int connections = 256;                    // at once
    size_t request_bytes = 64 * 1024;         // line, headers and body together
    size_t path_bytes = 1024;                 // with what follows the question mark
    std::chrono::milliseconds request{5'000}; // from the connection to the request's last byte
    std::chrono::milliseconds write{5'000};   // for each piece that is written
};

struct HttpRequest {
    std::string method; // GET or POST
    std::string path;   // after the token, "/api/run", without %-escapes
    std::map<std::string, std::string> query;
    std::string body; // of a POST: JSON, as its Content-Type says
};

// A reply that is written while things happen, as server-sent events.
class EventStream {
  public:
    virtual ~EventStream() = default;
    // One event; `data` is one line. False: the client is gone or does not read.
    virtual bool send(std::string_view event, std::string_view data) = 0;
    // Whether the client is still there, and the server running.
    virtual bool open() = 0;
};

struct HttpReply {
    int status = 200;
    std::string type = "application/json";
    std::string body;
    // If set, the reply is an event stream that this function writes, on the connection's
    // thread; what it throws ends the stream.
    std::function<void(EventStream&)> events = {};
};

using HttpHandler = std::function<HttpReply(const HttpRequest&)>;

// Equal or not, in a time that depends on the lengths alone.
bool same_token(std::string_view given, std::string_view token);

class HttpServer {
  public:
    // Binds the port. The handler is called on many threads at once; what it throws becomes a
    // reply of status 400 with {"error": SENTENCE}. Error if the port cannot be had, or if
    // this program was built without cpp-httplib (it names the package).
    HttpServer(const HttpOptions& options, HttpHandler handler);
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    int port() const;
    void run();  // serves until stop() is called, and returns when all connections are closed
    void stop(); // from any thread; ends the open streams, too, and does not wait for them
    // Serves the one request of a connection that is there already, on this thread, and closes it.
    void serve(int socket);

  private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

} // namespace qstar::eval
