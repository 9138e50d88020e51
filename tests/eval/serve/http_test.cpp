// The web server by itself: the token, its bounds, and how it ends.

#include "eval/serve/http.h"

#include "engine/base/error.h"
#include "tests/eval/serve/raw_client.h"

#include <atomic>
#include <doctest/doctest.h>
#include <memory>
#include <thread>

using namespace qstar;
using namespace qstar::eval;
using namespace qstar::tests;
using namespace std::chrono_literals;

namespace {

// A server that is running while it lives; nothing where it was built without.
struct Served {
    std::unique_ptr<HttpServer> server;
    std::thread thread;

    Served(HttpOptions options, HttpHandler handler) {
        options.token = "secret";
        try {
            server = std::make_unique<HttpServer>(options, std::move(handler));
        } catch (const Error& error) {
            MESSAGE(error.what());
            return;
        }
        thread = std::thread([this] { server->run(); });
    }
    ~Served() { stop(); }
    void stop() {
        if (!thread.joinable()) return;
        server->stop();
        thread.join();
    }
    explicit operator bool() const { return server != nullptr; }
};

HttpReply echo(const HttpRequest& request) {
    std::string text = request.method + " " + request.path;
    for (const auto& [name, value] : request.query) text += " " + name + "=" + value;
    return {200, "text/plain", text + " [" + request.body + "]"};
}

} // namespace

TEST_CASE("tokens are equal or not") {
    CHECK(same_token("abc", "abc"));
    for (const char* wrong : {"", "a", "ab", "abd", "abcabc", "ABC", "abc "})
        CHECK(!same_token(wrong, "abc"));
}

TEST_CASE("requests with the token reach the handler, others do not") {
    std::atomic<int> handled = 0;
    Served served({}, [&](const HttpRequest& request) {
        ++handled;
        if (request.path == "/wrong") fail("a sentence");
        return echo(request);
    });
    if (!served) return;
    const int port = served.server->port();
    const std::string reply = ask(port, get_request("/secret/a/b?x=1%202&y"));
    CHECK(status_of(reply) == 200);
    CHECK(reply.ends_with("GET /a/b x=1 2 y= []"));
    CHECK(reply.find("Content-Security-Policy: default-src 'none'") != std::string::npos);
    CHECK(ask(port, post_request("/secret/p", "{\"a\": 1}")).ends_with("POST /p [{\"a\": 1}]"));
    const std::string wrong = ask(port, get_request("/secret/wrong"));
    CHECK(status_of(wrong) == 400);
    CHECK(wrong.ends_with("{\"error\":\"a sentence\"}"));

    // What the library refuses by itself has a sentence, too.
    const std::string garbage = ask(port, "\x01\x02\r\n\r\n");
    CHECK(status_of(garbage) == 400);
    CHECK(garbage.find("{\"error\":\"expected a request of HTTP/1.1") != std::string::npos);
    const std::string part =
        ask(port, "GET /secret/a HTTP/1.1\r\nHost: x\r\nRange: bytes=5-2\r\n\r\n");
    CHECK(part.find("{\"error\":\"there are no such bytes") != std::string::npos);

    handled = 0;
    for (const char* path : {"/", "/a", "/Secret/a", "/secre/a", "/secrets/a", "/secret%00/a",
                             "//secret/a", "/x/../secret/a", "/%73ecreT/a"})
        CHECK(status_of(ask(port, get_request(path))) == 403);
    CHECK(status_of(ask(port, post_request("/other/p", "{}"))) == 403);
    CHECK(status_of(ask(port, "PUT /secret/a HTTP/1.1\r\n\r\n")) == 405);
    CHECK(status_of(ask(port, "POST /secret/a HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}")) == 415);
    CHECK(status_of(ask(port, "POST /secret/a HTTP/1.1\r\nContent-Type: application/json\r\n"
                              "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")) == 411);
    CHECK(status_of(ask(port, get_request("/secret/" + std::string(2000, 'a')))) == 414);
    CHECK(handled == 0);
}

TEST_CASE("a port that is taken is refused in one sentence") {
    Served served({}, echo);
    if (!served) return;
    HttpOptions same;
    same.port = served.server->port();
    CHECK_THROWS_WITH_AS(HttpServer(same, echo),
                         doctest::Contains(std::to_string(same.port).c_str()), Error);
    HttpOptions nowhere;
    nowhere.host = "203.0.113.7"; // an address for documentation, nobody's
    CHECK_THROWS_AS(HttpServer(nowhere, echo), Error);
}

TEST_CASE("what a client can make grow is bounded") {
    HttpOptions options;
    options.request = 300ms;
    options.connections = 8;
    Served served(options, echo);
    if (!served) return;
    const int port = served.server->port();
    const std::string start = "GET /secret/a HTTP/1.1\r\n";
    const auto refused = [&](const std::string& request) {
        return status_of(ask(port, request)) != 200; // 400 or a closed connection
    };
    CHECK(refused(start + "X: " + std::string(200'000, 'a') + "\r\n\r\n"));
    std::string many = start;
    for (int i = 0; i < 20'000; ++i) many += "X: y\r\n";
    CHECK(refused(many + "\r\n"));
    CHECK(refused(post_request("/secret/p", std::string(200'000, ' '))));
    // It says that more will come, and nothing comes.
    CHECK(refused(start));
    RawClient idle(port);
    CHECK(idle.receive().empty());

    // Eight connections that wait, and one too many, which is closed at once.
    HttpOptions patient = options;
    patient.request = 10s;
    Served other(patient, echo);
    std::vector<std::unique_ptr<RawClient>> waiting;
    for (int i = 0; i < 8; ++i)
        waiting.push_back(std::make_unique<RawClient>(other.server->port()));
    CHECK(RawClient(other.server->port()).receive().empty());
    waiting.clear();
    other.stop();
    CHECK(status_of(ask(port, get_request("/secret/a"))) == 200);
}

TEST_CASE("a stream ends when its client leaves, when it does not read, and with the server") {
    std::atomic<int> streams = 0, ended = 0;
    HttpOptions options;
    options.write = 300ms;
    Served served(options, [&](const HttpRequest& request) {
        HttpReply reply;
        reply.events = [&, flood = request.path == "/flood"](EventStream& events) {
            ++streams;
            const std::string data(flood ? 100'000 : 10, 'x');
            while (events.send("tick", data))
                if (!flood) std::this_thread::sleep_for(5ms);
            CHECK(!events.open());
            ++ended;
        };
        return reply;
    });
    if (!served) return;
    const int port = served.server->port();
    const auto wait_for = [](const std::atomic<int>& count, int value) {
        for (int i = 0; i < 2000 && count < value; ++i) std::this_thread::sleep_for(5ms);
        return count.load();
    };
    {
        RawClient client(port);
        client.send(get_request("/secret/ticks"));
        CHECK(client.receive(1500).find("event: tick\ndata: xxxxxxxxxx\n\n") != std::string::npos);
        CHECK(ended == 0);
    }
    CHECK(wait_for(ended, 1) == 1); // it left

    RawClient sleepy(port);
    sleepy.send(get_request("/secret/flood"));
    CHECK(wait_for(ended, 2) == 2); // it does not read

    RawClient faithful(port);
    faithful.send(get_request("/secret/ticks"));
    CHECK(wait_for(streams, 3) == 3);
    served.stop();
    CHECK(ended == 3);
}

TEST_CASE("what a stream throws is its last event") {
    Served served({}, [](const HttpRequest&) {
        HttpReply reply;
        reply.events = [](EventStream& events) {
            events.send("begin", "1");
            fail("it \"broke\"");
        };
        return reply;
    });
    if (!served) return;
    const std::string reply = ask(served.server->port(), get_request("/secret/"));
    CHECK(reply.find("event: failed\ndata: {\"error\":\"it \\\"broke\\\"\"}\n\n") !=
          std::string::npos);
    CHECK(reply.ends_with("0\r\n\r\n"));
}
