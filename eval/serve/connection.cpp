#include "eval/serve/connection.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>

namespace qstar::eval {

using Clock = std::chrono::steady_clock;

namespace {

constexpr size_t kReceivedAtOnce = 4096;
constexpr Connection::Milliseconds kLookUp{200}; // how soon a stopping server is noticed

#ifdef MSG_NOSIGNAL
constexpr int kNoSignal = MSG_NOSIGNAL;
#else
constexpr int kNoSignal = 0;
#endif

} // namespace

Connection::Connection(int socket, size_t request_bytes, Milliseconds request, Milliseconds write,
                       const std::atomic<bool>& stopping)
    : socket_(socket), bytes_left_(request_bytes), read_until_(Clock::now() + request),
      write_(write), stopping_(stopping) {}

bool Connection::wait(short what, Clock::time_point until) const {
    while (!stopping_) {
        const auto left = std::chrono::duration_cast<Milliseconds>(until - Clock::now());
        if (left.count() <= 0) return false;
        pollfd watched{socket_, what, 0};
        const int ready = ::poll(&watched, 1, static_cast<int>(std::min(left, kLookUp).count()));
        if (ready < 0 && errno != EINTR) return false;
        if (ready > 0) return true;
    }
    return false;
}

long Connection::read(char* to, size_t size) {
    if (at_ == buffer_.size()) {
        if (bytes_left_ == 0 || !wait(POLLIN, read_until_)) return -1;
        buffer_.resize(std::min(kReceivedAtOnce, bytes_left_));
        at_ = 0;
        const ssize_t got = ::recv(socket_, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
        buffer_.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
        bytes_left_ -= buffer_.size();
        if (got <= 0) return got;
    }
    const size_t taken = std::min(size, buffer_.size() - at_);
    std::memcpy(to, buffer_.data() + at_, taken);
    at_ += taken;
    return static_cast<long>(taken);
}

bool Connection::write(std::string_view bytes) {
    const auto until = Clock::now() + write_;
    while (!bytes.empty()) {
        if (!wait(POLLOUT, until)) return false;
        const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT | kNoSignal);
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) continue;
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
}

bool Connection::alive() const {
    char next;
    const ssize_t got = ::recv(socket_, &next, 1, MSG_PEEK | MSG_DONTWAIT);
    return !stopping_ && (got > 0 || (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)));
}

} // namespace qstar::eval
