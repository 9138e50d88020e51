// Requests to the page's server, over a pair of sockets.
#include "eval/serve/http.h"
#include "eval/serve/retrain.h"
#include "tests/campaigns/fuzz/target.h"

#include <memory>
#include <sys/socket.h>
#include <unistd.h>

namespace qstar::campaign {

using namespace eval;

namespace {

const std::string token = "0123456789abcdef";

std::string fault; // of the last request; what a handler throws the server makes a reply of

void look_at(const HttpRequest& request) {
    holds(request.method == "GET" || request.method == "POST", "the method \"{}\"", request.method);
    holds(request.path.empty() || request.path[0] == '/', "the path \"{}\"", request.path);
    if (request.method == "POST") accepts([&] { retrain_request(request.body); });
}

HttpReply handle(const HttpRequest& request) {
    try {
        look_at(request);
    } catch (const std::exception& error) {
        fault = error.what();
    }
    return {200, "application/json", "{}"};
}

std::unique_ptr<HttpServer> make_server() {
    try {
        HttpOptions options;
        options.token = token;
        return std::make_unique<HttpServer>(options, handle);
    } catch (const Error&) {
        return nullptr; // built without the library
    }
}

} // namespace

void fuzz_http(std::string_view bytes) {
    static const std::unique_ptr<HttpServer> server = make_server();
    int ends[2];
    if (server == nullptr || ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return;
    const bool sent =
        ::send(ends[0], bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size());
    ::shutdown(ends[0], SHUT_WR);
    server->serve(ends[1]);
    std::string reply;
    char part[4096];
    for (ssize_t got; (got = ::recv(ends[0], part, sizeof part, 0)) > 0;)
        reply.append(part, static_cast<size_t>(got));
    ::close(ends[0]);
    holds(fault.empty(), "{}", fault);
    holds(sent, "the request was not taken");
    holds(reply.empty() || reply.starts_with("HTTP/1.1 "), "no reply of the protocol");
    if (reply.starts_with("HTTP/1.1 200"))
        holds(bytes.find(token) != bytes.npos || bytes.find('%') != bytes.npos,
              "an answer to a request without the token");
}

} // namespace qstar::campaign
