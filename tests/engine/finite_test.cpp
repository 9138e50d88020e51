// Weights with NaN or infinity are neither read nor written.

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/nn/checkpoint.h"
#include "engine/nn/mlp.h"
#include "engine/nn/safetensors.h"
#include "engine/optim/optimiser.h"
#include "tests/temporary.h"

#include <cmath>
#include <cstring>
#include <doctest/doctest.h>
#include <functional>
#include <limits>
#include <string>

using namespace qstar;
using namespace qstar::engine;

namespace {

// Puts a number in the place of one of a tensor's in a file.
void poison(const std::string& path, const std::string& tensor, int64_t index, float value) {
    std::string bytes = read_file(path);
    const SafeTensorsReader file(path);
    const uint64_t at = file.tensors().at(tensor).begin + static_cast<uint64_t>(index) * 4;
    std::memcpy(bytes.data() + at, &value, sizeof value);
    write_file_atomic(path, bytes);
}

std::string why_refused(const std::function<void()>& body) {
    try {
        body();
    } catch (const Error& error) {
        return error.what();
    }
    return "no Error";
}

const float not_a_number = std::numeric_limits<float>::quiet_NaN();
const float plus_infinity = std::numeric_limits<float>::infinity();

} // namespace

TEST_CASE("a GPT that holds NaN or infinity is named when it is loaded") {
    const Temporary folder;
    const std::string path = folder / "model.safetensors";
    const Gpt model({1, 2, 32, 64, 5000, false}, Random(1, "init"));
    save_gpt(path, model);
    poison(path, "h.0.attn.c_attn.weight", 17, not_a_number);
    CHECK(why_refused([&] { load_gpt(path); }) ==
          path + ": tensor \"h.0.attn.c_attn.weight\": holds a number that is not finite (NaN at "
                 "index 17)");
    save_gpt(path, model);
    poison(path, "wte.weight", 32 * 5000 - 1, -plus_infinity); // beyond the first piece
    CHECK(why_refused([&] { load_gpt(path); }) ==
          path + ": tensor \"wte.weight\": holds a number that is not finite (infinity at index "
                 "159999)");
    save_gpt(path, model);
    poison(path, "wte.weight", 70'000, std::numeric_limits<float>::max());
    poison(path, "ln_f.bias", 0, std::numeric_limits<float>::denorm_min());
    CHECK(load_gpt(path).parameter("wte.weight").value[70'000] ==
          std::numeric_limits<float>::max());
}

TEST_CASE("a puzzle's network and training states that hold NaN are named") {
    const Temporary folder;
    const std::string path = folder / "state.safetensors";
    const std::string odd = ": holds a number that is not finite (NaN at index 3)";
    Mlp network({8, 16, 1, 1}, Random(1, "init")), target = network.clone();
    save_mlp(path, network, {});
    poison(path, "block.0.fc.weight", 3, not_a_number);
    CHECK(why_refused([&] { load_mlp(path); }) == path + ": tensor \"block.0.fc.weight\"" + odd);

    Optimiser of_network(network.parameters, {});
    std::map<std::string, std::string> notes;
    for (const char* tensor : {"in.bias", "target.in.bias", "adamw.second.in.bias"}) {
        save_mlp_training(path, network, &target, of_network, {});
        REQUIRE(load_mlp_training(path, network, &target, of_network, notes));
        poison(path, tensor, 3, not_a_number);
        CHECK(why_refused([&] { load_mlp_training(path, network, &target, of_network, notes); }) ==
              path + ": tensor \"" + tensor + "\"" + odd);
        network = Mlp({8, 16, 1, 1}, Random(1, "init"));
        target = network.clone();
        of_network = Optimiser(network.parameters, {});
    }

    for (const char* tensor : {"ln_f.bias", "adamw.first.ln_f.bias"}) {
        Gpt model({1, 2, 8, 4, 10, false}, Random(1, "init"));
        Optimiser optimiser(model.parameters, {});
        TrainingState state;
        save_training(path, model, optimiser, state);
        poison(path, tensor, 3, not_a_number);
        CHECK(why_refused([&] { load_training(path, model, optimiser, state); }) ==
              path + ": tensor \"" + tensor + "\"" + odd);
    }
}

TEST_CASE("a model that holds NaN is not written, and the file that was there stays") {
    const Temporary folder;
    const std::string path = folder / "model.safetensors";
    Gpt model({1, 2, 8, 4, 10, false}, Random(1, "init"));
    save_gpt(path, model);
    const std::string before = read_file(path);
    model.parameter("ln_f.bias").value[3] = not_a_number;
    CHECK(why_refused([&] { save_gpt(path, model); }) ==
          path + ": tensor \"ln_f.bias\": holds a number that is not finite (NaN at index 3)");
    CHECK(read_file(path) == before);
}
