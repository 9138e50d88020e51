#pragma once
// Value and Q-networks of puzzles: MLPs (engine/mlp) on a space's features.
//
// A network learns what a lower bound lacks: h(s) = bound(s) + network(s), never less than
// the bound, and 0 at the goal. A Q-network has an output for each action, Q(s, a) = bound(s) +
// network(s)[a], never less than 1 nor than the bound.

#include "engine/nn/mlp.h"
#include "search/models/heuristic.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::search {

class ValueModel : public Heuristic, public QFunction {
  public:
    // The network belongs to the caller, which may go on training it.
    ValueModel(const Space& space, const engine::Mlp& network, std::string_view bound);
    // From a file that `qstar train davi` or `deep-q` wrote. Error if it is of another
    // puzzle or has not as many outputs as actions (1 for a value).
    ValueModel(const Space& space, const std::string& path);

    const engine::Mlp& network() const { return *network_; }
    bool is_q() const { return network_->config.outputs > 1; }
    void cost_to_go(const uint8_t* states, int64_t n, float* h) override;
    void q_values(const uint8_t* states, int64_t n, float* q) override;

    // The bound alone, and the features of n states.
    void bounds(const uint8_t* states, int64_t n, float* h) const;
    engine::Bags features(const uint8_t* states, int64_t n) const;

  private:
    // What the network says of n states; gives the bound that this is added to.
    std::vector<float> evaluate(const uint8_t* states, int64_t n, float* out);

    const Space& space_;
    std::unique_ptr<engine::Mlp> own_;
    const engine::Mlp* network_;
    std::unique_ptr<Heuristic> bound_;
};

std::map<std::string, std::string> value_metadata(const Space& space, std::string_view bound);

// The mean of what a heuristic says of a state's images under the space's symmetries, all as far
// from the goal: where a network errs differently on them, the mean errs less. Error for a space
// without any.
struct Mirrored : Heuristic {
    const Space& space;
    Heuristic& heuristic;
    Mirrored(const Space& space, Heuristic& heuristic);
    void cost_to_go(const uint8_t* states, int64_t n, float* h) override;
};

// The same of a Q-function: each action's cost is the mean of what its images cost.
struct MirroredQ : QFunction {
    const Space& space;
    QFunction& q;
    std::vector<int> image_of; // [image * actions + action]
    MirroredQ(const Space& space, QFunction& q);
    void q_values(const uint8_t* states, int64_t n, float* out) override;
};

// h - bias, and never below the bound; with `whole` rounded to the nearest whole number that
// the space's parity allows. With a small bias a learned h is rarely above the truth, and A*
// then finds shortest solutions.
struct Rounded : Heuristic {
    const Space& space;
    Heuristic& heuristic;
    std::unique_ptr<Heuristic> bound;
    float bias;
    bool whole;
    Rounded(const Space& space, Heuristic& heuristic, std::string_view bound, float bias,
            bool whole);
    void cost_to_go(const uint8_t* states, int64_t n, float* h) override;
};

} // namespace qstar::search
