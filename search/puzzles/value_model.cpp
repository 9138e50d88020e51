#include "search/puzzles/value_model.h"

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "search/puzzles/puzzles.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace qstar::search {

namespace {
// States whose features are in memory at once: enough for a device, few for a memory.
constexpr int64_t kAtOnce = 65536;
} // namespace

std::map<std::string, std::string> value_metadata(const Space& space, const ValueForm& form) {
    std::map<std::string, std::string> metadata{{"space", space.name()},
                                                {"actions", std::to_string(space.actions())},
                                                {"bound", form.bound}};
    if (form.canonical) metadata["canonical"] = "true";
    return metadata;
}

ValueModel::ValueModel(const Space& space, const engine::Mlp& network, const ValueForm& form)
    : space_(space), network_(&network), canonical_(form.canonical),
      bound_(make_bound(space, form.bound)) {
    name_outputs();
}

ValueModel::ValueModel(const Space& space, const std::string& path) : space_(space) {
    std::map<std::string, std::string> metadata;
    own_ = std::make_unique<engine::Mlp>(engine::load_mlp(path, &metadata));
    network_ = own_.get();
    if (metadata["space"] != space.name())
        fail("{}: expected a network of {}, found one of \"{}\"", path, space.name(),
             metadata["space"]);
    const engine::MlpConfig& config = network_->config;
    if (config.inputs != space.features() ||
        (config.outputs != 1 && config.outputs != space.actions()))
        fail("{}: expected {} inputs and 1 or {} outputs, found {} and {}", path, space.features(),
             space.actions(), config.inputs, config.outputs);
    bound_ = make_bound(space, metadata["bound"]);
    canonical_ = metadata["canonical"] == "true";
    name_outputs();
}

void ValueModel::name_outputs() {
    const int64_t outputs = network_->config.outputs;
    for (int image = 0; image < (canonical_ ? space_.images() : 1); ++image)
        for (int64_t action = 0; action < outputs; ++action)
            images_of_actions_.push_back(
                outputs == 1 ? 0 : space_.image_of_action(static_cast<int>(action), image));
}

void ValueModel::bounds(const uint8_t* states, int64_t n, float* h) const {
    bound_->cost_to_go(states, n, h);
}

engine::Bags ValueModel::features(const uint8_t* states, int64_t n,
                                  std::vector<int>& images) const {
    const int64_t most = space_.features_on();
    images.assign(static_cast<size_t>(n), 0);
    std::vector<int> rows(static_cast<size_t>(n * most)); // side by side, then without the gaps
    engine::Bags bags;
    bags.first.resize(static_cast<size_t>(n) + 1);
    engine::parallel_for(n, 64, [&](int64_t begin, int64_t end) {
        State shown(space_.state_bytes());
        for (int64_t i = begin; i < end; ++i) {
            const auto at = static_cast<size_t>(i);
            const uint8_t* state = states + at * space_.state_bytes();
            if (canonical_) {
                images[at] = space_.canonical_image(state);
                space_.write_image(state, images[at], shown.data());
                state = shown.data();
            }
            bags.first[at + 1] =
                static_cast<int>(space_.write_features(state, rows.data() + i * most));
        }
    });
    bags.on.reserve(rows.size());
    for (int64_t i = 0; i < n; ++i) {
        int& count = bags.first[static_cast<size_t>(i) + 1];
        bags.on.insert(bags.on.end(), rows.begin() + i * most, rows.begin() + i * most + count);
        count = static_cast<int>(bags.on.size());
    }
    return bags;
}

std::vector<float> ValueModel::evaluate(const uint8_t* states, int64_t n, float* out) {
    std::vector<float> lower(static_cast<size_t>(n));
    bounds(states, n, lower.data());
    const int64_t outputs = network_->config.outputs;
    std::vector<int> images;
    std::vector<float> row(static_cast<size_t>(outputs));
    for (int64_t from = 0; from < n; from += kAtOnce) {
        const int64_t count = std::min(kAtOnce, n - from);
        const uint8_t* part = states + static_cast<size_t>(from) * space_.state_bytes();
        engine::evaluate(*network_, features(part, count, images), out + from * outputs, precision);
        for (int64_t i = 0; i < count && canonical_ && outputs > 1; ++i) {
            float* said = out + (from + i) * outputs;
            std::copy_n(said, outputs, row.begin());
            for (int64_t action = 0; action < outputs; ++action)
                said[action] =
                    row[static_cast<size_t>(output_of(action, images[static_cast<size_t>(i)]))];
        }
    }
    return lower;
}

void ValueModel::cost_to_go(const uint8_t* states, int64_t n, float* h) {
    if (is_q()) { // the value of a state is that of its best action
        std::vector<float> q(static_cast<size_t>(n * space_.actions()));
        q_values(states, n, q.data());
        for (int64_t i = 0; i < n; ++i) {
            const uint8_t* state = states + static_cast<size_t>(i) * space_.state_bytes();
            float best = space_.solved(state) ? 0.0f : INFINITY;
            for (int a = 0; a < space_.actions(); ++a)
                if (space_.legal(state, a)) best = std::min(best, q[i * space_.actions() + a]);
            h[i] = best;
        }
        return;
    }
    const std::vector<float> lower = evaluate(states, n, h);
    for (int64_t i = 0; i < n; ++i) {
        const float low = lower[static_cast<size_t>(i)];
        const bool solved = space_.solved(states + static_cast<size_t>(i) * space_.state_bytes());
        h[i] = solved ? 0.0f : low + std::max(0.0f, h[i]);
    }
}

void ValueModel::q_values(const uint8_t* states, int64_t n, float* q) {
    if (!is_q()) fail("a network with one output says nothing of actions: A* is its search");
    const int64_t actions = space_.actions();
    const std::vector<float> lower = evaluate(states, n, q);
    for (int64_t i = 0; i < n; ++i) {
        const float low = lower[static_cast<size_t>(i)];
        for (int64_t a = 0; a < actions; ++a)
            q[i * actions + a] = std::max({1.0f, low, low + q[i * actions + a]});
    }
}

namespace {

void require_images(const Space& space) {
    if (space.images() < 2) fail("{} has no mirror image", space.name());
}

// The images of n states, those of a state one behind another.
std::vector<uint8_t> images_of(const Space& space, const uint8_t* states, int64_t n) {
    const size_t bytes = space.state_bytes();
    std::vector<uint8_t> all(static_cast<size_t>(n * space.images()) * bytes);
    uint8_t* next = all.data();
    for (int64_t i = 0; i < n; ++i)
        for (int image = 0; image < space.images(); ++image, next += bytes)
            space.write_image(states + static_cast<size_t>(i) * bytes, image, next);
    return all;
}

} // namespace

Mirrored::Mirrored(const Space& space_, Heuristic& heuristic_)
    : space(space_), heuristic(heuristic_) {
    require_images(space);
}

void Mirrored::cost_to_go(const uint8_t* states, int64_t n, float* h) {
    const int64_t images = space.images();
    std::vector<float> of(static_cast<size_t>(n * images));
    heuristic.cost_to_go(images_of(space, states, n).data(), n * images, of.data());
    for (int64_t i = 0; i < n; ++i) {
        const auto first = of.begin() + i * images;
        h[i] = std::accumulate(first, first + images, 0.0f) / static_cast<float>(images);
    }
}

MirroredQ::MirroredQ(const Space& space_, QFunction& q_) : space(space_), q(q_) {
    require_images(space);
    for (int image = 0; image < space.images(); ++image)
        for (int action = 0; action < space.actions(); ++action)
            image_of.push_back(space.image_of_action(action, image));
}

void MirroredQ::q_values(const uint8_t* states, int64_t n, float* out) {
    const int64_t images = space.images(), actions = space.actions();
    std::vector<float> of(static_cast<size_t>(n * images * actions));
    q.q_values(images_of(space, states, n).data(), n * images, of.data());
    for (int64_t i = 0; i < n; ++i)
        for (int action = 0; action < space.actions(); ++action) {
            float sum = 0;
            for (int image = 0; image < space.images(); ++image)
                sum += of[static_cast<size_t>(
                    (i * images + image) * actions +
                    image_of[static_cast<size_t>(image * actions + action)])];
            out[i * actions + action] = sum / static_cast<float>(images);
        }
}

Rounded::Rounded(const Space& space_, Heuristic& heuristic_, std::string_view bound_, float bias_,
                 bool whole_)
    : space(space_), heuristic(heuristic_), bound(make_bound(space_, bound_)), bias(bias_),
      whole(whole_) {}

void Rounded::cost_to_go(const uint8_t* states, int64_t n, float* h) {
    heuristic.cost_to_go(states, n, h);
    std::vector<float> lower(static_cast<size_t>(n));
    bound->cost_to_go(states, n, lower.data());
    for (int64_t i = 0; i < n; ++i) {
        const uint8_t* state = states + static_cast<size_t>(i) * space.state_bytes();
        if (space.solved(state)) {
            h[i] = 0;
            continue;
        }
        float wanted = h[i] - bias;
        if (whole) {
            const int parity = space.distance_parity(state);
            const float odd = parity > 0 ? 1.0f : 0.0f, step = parity < 0 ? 1.0f : 2.0f;
            wanted = odd + step * std::round((wanted - odd) / step);
        }
        h[i] = std::max({1.0f, lower[static_cast<size_t>(i)], wanted});
    }
}

} // namespace qstar::search
