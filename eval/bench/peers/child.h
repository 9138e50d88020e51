#pragma once
// Another program, started with pipes to its standard input and output: a peer that
// waits for its turn, or this program itself with another environment.
//
// Not synchronised. Its standard error is ours, or nowhere.

#include <map>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace qstar::eval {

struct ChildOptions {
    std::vector<std::string> command; // looked up in PATH
    // Changes to the environment; none: the variable is taken out.
    std::map<std::string, std::optional<std::string>> environment;
    bool silent = false; // its standard error goes nowhere
};

class Child {
  public:
    // Error if it cannot be started.
    explicit Child(const ChildOptions& options);
    // Ends its input and waits for its end; kills it if it must not be waited for.
    ~Child();
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    void write_line(const std::string& line);
    std::optional<std::string> read_line(); // without its line feed; none at the end
    int wait();                             // ends its input; the exit status, or 128 + signal

  private:
    pid_t pid_ = -1;
    int in_ = -1, out_ = -1;
    std::string buffer_;
};

// The file of this program, to start it again.
std::string own_program();

} // namespace qstar::eval
