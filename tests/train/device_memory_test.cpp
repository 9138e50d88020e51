// A training on a device without enough memory: one sentence, status 2, and what was saved
// is intact, so that it goes on elsewhere from where it was.

#include "tests/engine/vulkan/on_vulkan.h"
#include "tests/program.h"
#include "tests/train/quiet.h"
#include "train/data/corpus.h"
#include "train/supervised/pretrain.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

using namespace qstar;
using namespace qstar::train;
using tests::contains;

TEST_CASE("a device without memory for a training leaves its checkpoint as it was") {
    {
        const tests::OnVulkan here;
        if (!here) return;
    }
    const Temporary whole, cut;
    for (const Temporary* run : {&whole, &cut}) {
        CorpusOptions options = quiet<CorpusOptions>(run->path);
        options.tokens = 20'000;
        options.curated = 8;
        corpus(options);
    }
    const auto options_for = [](const Temporary& run) {
        PretrainOptions options = quiet<PretrainOptions>(run.path);
        options.layers = 1;
        options.width = 16;
        options.heads = 2;
        options.context = 64;
        options.loop.batch = 2;
        options.steps = 8;
        options.loop.save_every = 2;
        options.val_every = 0;
        return options;
    };
    pretrain(options_for(whole));
    PretrainOptions options = options_for(cut);
    options.loop.stop_after = 5;
    pretrain(options);
    const std::string state = read_file(cut / "pretrain/state.safetensors");

    const auto go_on = [&](const char* mib) {
        setenv("QSTAR_VULKAN_MEMORY", mib, 1);
        const auto result = tests::run_program(
            cut, fmt::format("--device vulkan train pretrain --run '{}' --layers 1 --width 16 "
                             "--heads 2 --context 64 --batch 2 --steps 8 --save-every 2 "
                             "--val-every 0",
                             cut.path));
        unsetenv("QSTAR_VULKAN_MEMORY");
        CHECK(result.status == 2);
        CHECK(read_file(cut / "pretrain/state.safetensors") == state);
        CHECK(!exists(cut / "pretrain/model.safetensors"));
        return result.error;
    };
    // Not even for the model; for the model, but not for a step's values.
    CHECK(contains(go_on("1"), "MiB left for tensors, 0 MiB are in use: a smaller --batch"));
    CHECK(contains(go_on("34"), "MiB left for tensors, 32 MiB are in use: a smaller --batch"));
    CHECK(contains(go_on("much"), "QSTAR_VULKAN_MEMORY=much: expected a number of MiB"));

    pretrain(options_for(cut));
    CHECK(read_file(cut / "pretrain/model.safetensors") ==
          read_file(whole / "pretrain/model.safetensors"));
}
