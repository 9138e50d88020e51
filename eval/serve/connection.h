#pragma once
// One client's socket: what may be read of it, and until when.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace qstar::eval {

class Connection {
  public:
    using Milliseconds = std::chrono::milliseconds;

    // The socket stays the caller's. `stopping` ends all waiting.
    Connection(int socket, size_t request_bytes, Milliseconds request, Milliseconds write,
               const std::atomic<bool>& stopping);

    // Up to `size` bytes; 0 at the end; -1 when the bytes or the time of the request are used
    // up, or the connection broke.
    long read(char* to, size_t size);
    // All bytes, or false: the client is gone, or did not read them in time.
    bool write(std::string_view bytes);
    // Whether the client has neither closed its side nor broken off.
    bool alive() const;
    int socket() const { return socket_; }

  private:
    bool wait(short what, std::chrono::steady_clock::time_point until) const;

    int socket_;
    size_t bytes_left_;
    std::chrono::steady_clock::time_point read_until_;
    Milliseconds write_;
    const std::atomic<bool>& stopping_;
    std::string buffer_; // received and not yet read
    size_t at_ = 0;
};

} // namespace qstar::eval
