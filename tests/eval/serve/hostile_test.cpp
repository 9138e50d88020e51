// A whole site under hostile requests: it goes on serving, and touches no file but the run's.
//
// QSTAR_HOSTILE is the number of requests (default 600; the full count is 10000).

#include "engine/base/random.h"
#include "engine/io/files.h"
#include "eval/serve/http.h"
#include "eval/serve/site.h"
#include "tests/eval/serve/raw_client.h"
#include "tests/eval/serve/serve_run.h"

#include <atomic>
#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <thread>
#ifdef __linux__
#include <sys/inotify.h>
#include <unistd.h>
#endif

using namespace qstar;
using namespace qstar::eval;
using namespace qstar::tests;
using namespace std::chrono_literals;

namespace {

const std::string token = "0123456789abcdef";
const std::string secret = "nobody may read this";

int hostile_requests() {
    const char* given = std::getenv("QSTAR_HOSTILE");
    return given == nullptr ? 600 : std::atoi(given);
}

// All files below a folder, with their bytes.
std::map<std::string, std::string> contents(const std::string& folder) {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
        files[entry.path().string()] =
            entry.is_regular_file() ? read_file(entry.path().string()) : "";
    return files;
}

std::string noise(Random& random, size_t bytes) {
    std::string text;
    for (size_t i = 0; i < bytes; ++i) text += static_cast<char>(random.below(256));
    return text;
}

template <size_t N>
std::string one_of(Random& random, const char* const (&choices)[N]) {
    return choices[random.below(N)];
}

// A path that tries to leave: to the file with the secret, beside the run's folder.
std::string escape(Random& random) {
    static constexpr const char* kUps[] = {"../",  "..%2f", "%2e%2e/",  "%2e%2e%2f",
                                           "..\\", "..%5c", "....//",   "%252e%252e%252f",
                                           "..;/", "/",     "..%c0%af", "./../"};
    static constexpr const char* kEnds[] = {"secret.txt",  "secret.txt%00.js",
                                            "secret.txt?", "run/config.json",
                                            "secret.txt#", "run/sft/model.safetensors"};
    std::string path;
    const std::string up = one_of(random, kUps);
    for (uint64_t i = 0; i <= random.below(4); ++i) path += up;
    return path + one_of(random, kEnds);
}

// JSON that no handler can want: broken, of another type, out of bounds, deep, or not UTF-8.
std::string bad_json(Random& random) {
    static constexpr const char* kBodies[] = {"",
                                              "{",
                                              "[",
                                              "nul",
                                              "\"",
                                              "{\"number\":}",
                                              "[]",
                                              "null",
                                              "1e999",
                                              "{}",
                                              "{\"undo\": 1}",
                                              "{\"undo\": \"true\"}",
                                              "{\"number\": -1, \"places\": [1]}",
                                              "{\"number\": 99999999999999999999}",
                                              "{\"number\": 0, \"step\": 0, \"label\": 7}",
                                              "{\"number\": 0, \"step\": 1e300, \"label\": 1}",
                                              "{\"number\": 0, \"places\": [-1, 2, 3, 4]}",
                                              "{\"number\": 0, \"places\": {}}",
                                              "{\"from\": \"../../secret.txt\", \"prompts\": 10}",
                                              "{\"from\": \"both\", \"prompts\": -5}",
                                              "{\"from\": [\"both\"], \"prompts\": 5}",
                                              "{\"from\": \"both\", \"prompts\": 1e30}"};
    switch (random.below(4)) {
    case 0:
        return std::string(random.below(20'000), '[');
    case 1:
        return "{\"number\": \"" + noise(random, random.below(300)) + "\"}";
    default:
        return one_of(random, kBodies);
    }
}

std::string wrong_token(Random& random) {
    std::string wrong = token;
    wrong[random.below(wrong.size())] = 'x';
    static constexpr const char* kOthers[] = {"",    "0", "0123456789abcde", "0123456789abcdef0",
                                              "%30", ".."};
    return random.below(2) == 0 ? wrong : one_of(random, kOthers);
}

std::string hostile(Random& random) {
    static constexpr const char* kApis[] = {"/api/rank", "/api/label", "/api/reward",
                                            "/api/run",  "/api/x",     "/"};
    static constexpr const char* kLines[] = {"GET",
                                             "GET /",
                                             "GET / HTTP/9.9",
                                             "\r\n\r\n\r\n",
                                             "GET  /  HTTP/1.1",
                                             "HTTP/1.1 200 OK",
                                             "G\0T / HTTP/1.1",
                                             "PUT /x HTTP/1.1",
                                             "DELETE /x HTTP/1.1",
                                             "OPTIONS * HTTP/1.1",
                                             "CONNECT a:1 HTTP/1.1",
                                             "PRI * HTTP/2.0"};
    static constexpr const char* kLengths[] = {
        "-1", "99999999999999999999", "4294967297", "1000000000", "abc", "0x10", "5, 5", ""};
    static constexpr const char* kHeaders[] = {"Range: bytes=0-,0-,0-,0-,0-,0-,0-,0-",
                                               "Range: bytes=-99999999999999999999",
                                               "Expect: 100-continue",
                                               "Transfer-Encoding: chunked",
                                               "Content-Encoding: gzip",
                                               "Content-Encoding: br",
                                               "Connection: Upgrade",
                                               "Accept-Encoding: gzip, br",
                                               "Content-Type: multipart/form-data; boundary=",
                                               "X-Forwarded-For: ::1",
                                               "Authorization: Basic AAAA",
                                               "Cookie: a=b",
                                               ": ",
                                               "NoColon",
                                               "A:",
                                               " folded: x"};
    static constexpr const char* kSearches[] = {"problem=",
                                                "problem=3*",
                                                "problem=((((((((((((((((1",
                                                "problem=1/0",
                                                "problem=1%2B2&method=magic",
                                                "problem=1%2B2&scorer=..%2F..%2Fsecret.txt",
                                                "problem=1%2B2&scorer=%2Fetc%2Fpasswd",
                                                "problem=1%2B2&budget=1e99",
                                                "problem=1%2B2&budget=-1",
                                                "problem=%00%ff%fe",
                                                "problem=1%2B2&width=99999999999",
                                                "method=astar",
                                                "%",
                                                "&&&=&="};
    const std::string inside = "/" + token;
    switch (random.below(13)) {
    case 0:
        return noise(random, random.below(2000)) + "\r\n\r\n";
    case 1:
        return one_of(random, kLines) + "\r\nHost: x\r\n\r\n";
    case 2:
        return get_request(inside + "/" + escape(random));
    case 3:
        return get_request("/" + wrong_token(random) + one_of(random, kApis));
    case 4:
        return post_request(inside + one_of(random, kApis), bad_json(random));
    case 5:
        return post_request("/" + wrong_token(random) + one_of(random, kApis), "{\"undo\": true}");
    case 6:
        return "GET " + inside + "/ HTTP/1.1\r\nX: " + std::string(random.below(100'000), 'a') +
               "\r\n\r\n";
    case 7: {
        std::string many = "GET " + inside + "/ HTTP/1.1\r\n";
        for (uint64_t i = random.below(3000); i > 0; --i)
            many += "H" + std::to_string(i) + ": v\r\n";
        return many + "\r\n";
    }
    case 8:
        return "POST " + inside + one_of(random, kApis) +
               " HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: " +
               one_of(random, kLengths) + "\r\n\r\n{\"undo\": true";
    case 9:
        return "GET " + inside + "/ HTTP/1.1\r\n" + one_of(random, kHeaders) + "\r\n" +
               one_of(random, kHeaders) + "\r\n\r\n";
    case 10:
        return "POST " + inside + one_of(random, kApis) + " HTTP/1.1\r\n" +
               one_of(random, kHeaders) + "\r\nContent-Length: 5\r\n\r\n" + noise(random, 5);
    case 11:
        return get_request(inside + "/api/search?" + one_of(random, kSearches));
    default:
        return get_request(inside + "/" + std::string(random.below(20'000), '/'));
    }
}

// Says whether a file was opened by anybody since, where the system can tell.
class Opened {
  public:
    explicit Opened(const std::string& path) {
#ifdef __linux__
        watch_ = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        CHECK(inotify_add_watch(watch_, path.c_str(), IN_OPEN) >= 0);
#else
        static_cast<void>(path);
#endif
    }
    bool ever() const {
        char event[4096];
        return watch_ >= 0 && ::read(watch_, event, sizeof event) > 0;
    }
    ~Opened() {
        if (watch_ >= 0) ::close(watch_);
    }
    Opened(const Opened&) = delete;
    Opened& operator=(const Opened&) = delete;

  private:
    int watch_ = -1;
};

} // namespace

TEST_CASE("hostile requests leave a site serving, and every file as it is") {
    const Temporary folder;
    const std::string run = folder.path + "/run";
    copy_serve_run(run);
    write_file_atomic(folder.path + "/secret.txt", secret);
    const auto before = contents(folder.path);
    const Opened opened(folder.path + "/secret.txt");

    Site site(run, 1);
    HttpOptions options;
    options.token = token;
    options.request = 1s;
    options.write = 1s;
    std::unique_ptr<HttpServer> server;
    try {
        server = std::make_unique<HttpServer>(
            options, [&](const HttpRequest& request) { return site.answer(request); });
    } catch (const std::exception& error) {
        MESSAGE(error.what());
        return;
    }
    std::thread serving([&] { server->run(); });
    const int port = server->port();
    const auto serves = [&] {
        return status_of(ask(port, get_request("/" + token + "/api/run"))) == 200 &&
               ask(port, get_request("/" + token + "/api/search?problem=1%2B2*3&budget=200"))
                       .find("event: done") != std::string::npos;
    };
    CHECK(serves());

    std::atomic<int> leaks = 0, sent = 0;
    const auto storm = [&](uint64_t thread, int count) {
        Random random(1, thread);
        for (int i = 0; i < count; ++i) {
            RawClient client(port);
            const std::string request = hostile(random);
            // Some stop in the middle, and some never read.
            const bool whole = random.below(8) != 0, reads = random.below(8) != 0;
            client.send(std::string_view(request).substr(
                0, whole ? request.size() : random.below(request.size() + 1)));
            if (whole && reads) leaks += client.receive().find(secret) != std::string::npos;
            ++sent;
        }
    };
    {
        std::vector<std::future<void>> clients; // each waited for at the end
        for (uint64_t t = 0; t < 8; ++t)
            clients.push_back(
                std::async(std::launch::async, storm, t, (hostile_requests() + 7) / 8));
    }
    CHECK(sent >= hostile_requests());
    CHECK(leaks == 0);
    CHECK(serves());

    { // Two hundred at once that say nothing, or half a request.
        std::vector<std::unique_ptr<RawClient>> clients;
        for (int i = 0; i < 200; ++i) {
            clients.push_back(std::make_unique<RawClient>(port));
            if (i % 2 == 0) clients.back()->send("GET /" + token + "/api/run HTTP/1.1\r\nHost:");
        }
        CHECK(serves()); // while they are there
        for (const auto& client : clients)
            CHECK(status_of(client->receive()) != 200); // closed in time
    }
    { // Two hundred at once that ask, and do not read for a while.
        std::vector<std::unique_ptr<RawClient>> clients;
        for (int i = 0; i < 200; ++i) {
            clients.push_back(std::make_unique<RawClient>(port));
            clients.back()->send(get_request("/" + token + "/style.css"));
        }
        CHECK(serves());
        for (const auto& client : clients) client->receive(100);
    }
    CHECK(serves());
    server->stop();
    serving.join();
    CHECK(!opened.ever());
    CHECK(contents(folder.path) == before);
}
