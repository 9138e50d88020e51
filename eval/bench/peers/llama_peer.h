#pragma once
// llama.cpp as a peer: our weights in a GGUF file, read and decoded by its own library, which is
// loaded when it is first asked for. The build wants its header (llama.h) and its library.

#include "engine/nn/gpt.h"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace qstar::eval {

class LlamaPeer {
  public:
    // The model in F32, so many texts side by side and threads; all else as the library sets it.
    // Where the build found no llama.cpp, or it fails, there is no peer, and name() says why.
    LlamaPeer(const engine::Gpt& model, int texts, int threads);
    ~LlamaPeer();

    bool here() const { return session_ != nullptr; }
    const std::string& name() const { return name_; } // "llama.cpp 0.5.0", or "none: ..."

    // Texts that fill the model's context, from the first token of each on; the next one is the
    // likeliest at temperature 0, else drawn. Error if the library fails.
    std::vector<std::vector<int>> write(std::span<const int> first, float temperature);

  private:
    struct Session;
    std::unique_ptr<Session> session_;
    std::string name_;
};

} // namespace qstar::eval
