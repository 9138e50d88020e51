#pragma once
// PyTorch as a peer: a Python process that holds a model with our weights and waits for
// its turn. Its program is torch_gpt.py, built into ours.

#include "engine/io/embedded_file.h"
#include "engine/io/temporary_folder.h"
#include "engine/nn/gpt.h"
#include "engine/text/jsonl.h"
#include "eval/bench/peers/child.h"

#include <memory>
#include <span>
#include <string>

namespace qstar::eval {

std::span<const EmbeddedFile> torch_programs(); // torch_gpt.py and torch_matmul.py

// A PyTorch that is called as it is installed shares the processors badly: its OpenMP
// threads and those of OpenBLAS look for work at the same time, and glibc gives large
// tensors back to the system after each use. `tuned` sets what PyTorch's own tuning
// guide and those libraries offer against it, and is up to three times as fast here.
enum class TorchSettings { as_it_comes, tuned };

// For "learn": a cosine over `steps` to `floor`, and AdamW's second beta.
struct TorchRecipe {
    int64_t steps = 0, warmup = 0;
    double floor = 0, beta2 = 0.95;
};

// What the process is asked to do: torch_gpt.py says what it means.
struct TorchWork {
    std::string work; // "train", "learn" or "decode"
    int64_t batch = 0, time = 0;
    int threads = 1;
    double lr = 0;
    TorchSettings settings = TorchSettings::tuned;
    std::string device = "cpu";     // or "cuda", for "train"
    std::string precision = "fp32"; // or "bf16", for "train"
    TorchRecipe recipe = {};        // for "learn"
};

class TorchPeer {
  public:
    // Starts the process with the weights of `model`. Where no Python with PyTorch is
    // found, or it fails, there is no peer, and name() says why.
    TorchPeer(const TorchWork& work, const engine::Gpt& model, std::span<const int> tokens);
    ~TorchPeer();

    bool here() const { return child_ != nullptr; }
    // "PyTorch 1.13.0 tuned (OpenBLAS, Haswell kernels)", or "none: ..."
    const std::string& name() const { return name_; }
    const Json& greeting() const { return greeting_; } // the process's first line

    struct Turn {
        double seconds = 0; // of all of the turn's repetitions
        double loss = 0; // train: of the last step, before its update; learn: of validation, after
    };
    // So many training steps, or texts. Error if the process has gone.
    Turn run(int times);

  private:
    std::unique_ptr<TemporaryFolder> folder_; // of the files that it reads
    std::string name_;
    Json greeting_;
    std::unique_ptr<Child> child_;
};

// The Python that can import torch: QSTAR_PYTHON if it is set, else python3 on the PATH,
// else /usr/bin/python3. Empty if none can; `reason` then says what was tried.
std::string find_python(std::string& reason);

} // namespace qstar::eval
