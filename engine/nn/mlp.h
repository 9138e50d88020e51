#pragma once
// A residual multilayer perceptron: the value and Q-networks of the puzzles.
//
//   x = features W_in + b_in                            (R, inputs) -> (R, C)
//   x = x + relu(norm(x) W_1 + b_1) W_2 + b_2           once a block (He et al. 2016)
//   y = norm(x) W_out + b_out                           (R, C) -> (R, outputs)
//
// Layer norm stands in the place of DeepCubeA's batch norm: a row's value must not depend
// on the rows beside it. Parameter names: in.{weight,bias}, block.N.{norm,fc,proj}.{weight,
// bias}, norm.{weight,bias}, out.{weight,bias}.

#include "engine/autograd/ops.h"
#include "engine/base/random.h"
#include "engine/nn/mlp_config.h"

#include <map>
#include <string>
#include <vector>

namespace qstar::engine {

struct Optimiser;

struct Mlp {
    MlpConfig config;
    std::vector<Parameter> parameters; // in a fixed order

    // He's initialisation; the projections back into the stream and the output are 0, so
    // that a fresh network says 0 of everything. Error for sizes below 1 (blocks: below 0).
    Mlp(const MlpConfig& config, Random random);

    int64_t parameter_count() const;
    void zero_grad();
    Mlp clone() const; // copies the numbers
};

// Rows that are computed in one go: their values stay in the caches.
inline constexpr int64_t kMlpRows = 192;

// The features are 0 or 1, mostly 0: a bag holds the numbers of those that are 1, in ascending
// order. The first product is then a sum of rows of W_in, as many as features are on.
Var forward(Tape& tape, Mlp& model, const Bags& features); // -> (R, outputs)

// The same numbers without a tape, to out (R, outputs). A row's bytes depend neither on the
// other rows nor on the number of threads.
void evaluate(const Mlp& model, const Bags& features, float* out,
              Precision precision = Precision::fp32);

// Files in the safetensors format, with the sizes in the metadata beside one's own.
void save_mlp(const std::string& path, const Mlp& model,
              std::map<std::string, std::string> metadata);
// Error if it is missing, truncated, or no such network.
Mlp load_mlp(const std::string& path, std::map<std::string, std::string>* metadata = nullptr);

// The state of a training: the network, the target network if there is one, what the optimiser
// keeps, and notes (the step among them). False if there is no such file; Error if it is of another
// shape.
void save_mlp_training(const std::string& path, const Mlp& model, const Mlp* target,
                       const Optimiser& optimiser, const std::map<std::string, std::string>& notes);
bool load_mlp_training(const std::string& path, Mlp& model, Mlp* target, Optimiser& optimiser,
                       std::map<std::string, std::string>& notes);

} // namespace qstar::engine
