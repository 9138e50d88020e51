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

// What a network's numbers mean.
struct ValueForm {
    std::string bound;      // that they are added to
    bool canonical = false; // it is shown the canonical image (problem/space.h) of each state
};

class ValueModel : public Heuristic, public QFunction {
  public:
    // The network belongs to the caller, which may go on training it.
    ValueModel(const Space& space, const engine::Mlp& network, const ValueForm& form);
    // From a file that `qstar train davi` or `deep-q` wrote. Error if it is of another
    // puzzle or has not as many outputs as actions (1 for a value).
    ValueModel(const Space& space, const std::string& path);

    engine::Precision precision = engine::Precision::fp32; // of the network's products

    const engine::Mlp& network() const { return *network_; }
    bool is_q() const { return network_->config.outputs > 1; }
    bool canonical() const { return canonical_; }
    void cost_to_go(const uint8_t* states, int64_t n, float* h) override;
    void q_values(const uint8_t* states, int64_t n, float* q) override;

    void bounds(const uint8_t* states, int64_t n, float* h) const; // the bound alone
    // What the network is shown of n states, and the images that it is shown.
    engine::Bags features(const uint8_t* states, int64_t n, std::vector<int>& images) const;
    // The network's output that speaks of `action`, where it is shown that image; 0 of a value.
    int64_t output_of(int64_t action, int image) const {
        return images_of_actions_[static_cast<size_t>(image * network_->config.outputs + action)];
    }

  private:
    // What the network says of n states; gives the bound that this is added to.
    std::vector<float> evaluate(const uint8_t* states, int64_t n, float* out);
    void name_outputs();

    const Space& space_;
    std::unique_ptr<engine::Mlp> own_;
    const engine::Mlp* network_;
    bool canonical_ = false;
    std::vector<int> images_of_actions_; // [image * outputs + action]
    std::unique_ptr<Heuristic> bound_;
};

std::map<std::string, std::string> value_metadata(const Space& space, const ValueForm& form);

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
