// Networks that are shown the canonical image of a state.
#include "search/puzzles/cube.h"
#include "search/puzzles/lights_out.h"
#include "search/puzzles/pocket_cube.h"
#include "search/puzzles/sliding.h"
#include "search/puzzles/value_model.h"
#include "tests/program.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <string>
#include <vector>

using namespace qstar;
using namespace qstar::search;
using namespace qstar::tests;

namespace {

// Weights that are all drawn, so that a network says something else of every state.
engine::Mlp drawn_network(const Space& space, int64_t outputs) {
    engine::Mlp network({space.features(), 24, 1, outputs}, Random(1, "value_model_test"));
    Random random(2, "value_model_test");
    for (engine::Parameter& p : network.parameters)
        for (float& x : p.value.values()) x = static_cast<float>(random.normal());
    return network;
}

} // namespace

TEST_CASE("a canonical network says one thing of all images of a state, and of their actions") {
    const PermutationPuzzle cube = make_cube(3);
    const Sliding sliding(4);
    const LightsOut lights(5); // a state that is no image of itself, as random ones are
    Random random(3, "value_model_test");
    for (const Space* space :
         {static_cast<const Space*>(&cube), static_cast<const Space*>(&sliding),
          static_cast<const Space*>(&lights)}) {
        const auto actions = static_cast<size_t>(space->actions());
        const engine::Mlp value = drawn_network(*space, 1),
                          rates = drawn_network(*space, space->actions());
        const State start = space->random_state(random);
        State image(start.size());
        for (const bool canonical : {true, false}) {
            const ValueForm form{"none", canonical};
            ValueModel v(*space, value, form), q(*space, rates, form);
            float h = 0, other = 0;
            std::vector<float> of(actions), of_image(actions);
            v.cost_to_go(start.data(), 1, &h);
            q.q_values(start.data(), 1, of.data());
            bool alike = true;
            for (int i = 1; i < space->images(); ++i) {
                space->write_image(start.data(), i, image.data());
                v.cost_to_go(image.data(), 1, &other);
                q.q_values(image.data(), 1, of_image.data());
                alike = alike && other == h;
                for (int a = 0; a < space->actions(); ++a)
                    alike = alike && of_image[static_cast<size_t>(space->image_of_action(a, i))] ==
                                         of[static_cast<size_t>(a)];
            }
            CHECK(alike == canonical);
        }
    }
}

TEST_CASE("what is learned on canonical images is said of the state's own actions") {
    const Temporary folder;
    const ProgramOutput output =
        run_program(folder, "train walk --world cube2 --q --canonical --steps 400 --width 32 "
                            "--blocks 1 --batch 64 --scramble 4 --bound none --lr 0.01 --warmup 5 "
                            "--quiet --run '" +
                                folder.path + "/run'");
    CHECK_MESSAGE(output.status == 0, output.error);
    const PermutationPuzzle cube = make_cube(2);
    const PocketCube table;
    ValueModel model(cube, folder.path + "/run/walk/model.safetensors");
    CHECK(model.canonical());
    Random random(4, "value_model_test");
    int nearer = 0;
    std::vector<float> q(static_cast<size_t>(cube.actions()));
    for (int i = 0; i < 100; ++i) {
        State state = scramble(cube, 3, random);
        const int before = table.distance(state.data());
        model.q_values(state.data(), 1, q.data());
        cube.apply(state.data(),
                   static_cast<int>(std::min_element(q.begin(), q.end()) - q.begin()));
        nearer += table.distance(state.data()) < before;
    }
    CHECK_MESSAGE(nearer >= 90, nearer << " of 100");
}
