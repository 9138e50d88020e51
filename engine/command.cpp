#include "engine/command.h"

#include "engine/autograd/check.h"
#include "engine/base/cpu.h"
#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/base/process.h"
#include "engine/device/device.h"
#include "engine/io/files.h"
#include "engine/io/sha256.h"
#include "engine/kernels/bf16.h"
#include "engine/kernels/kernels.h"
#include "engine/nn/batch_cut.h"
#include "engine/nn/checkpoint.h"
#include "engine/nn/gpt_memory.h"
#include "engine/nn/lora.h"
#include "engine/nn/next_token.h"
#include "engine/nn/safetensors.h"
#include "engine/vulkan/vulkan.h"

#include <algorithm>
#include <fmt/core.h>
#include <string>
#include <vector>

namespace qstar::engine {

namespace {

std::string size_text(int64_t bytes) {
    if (bytes >= 1 << 20) return fmt::format("{:.4g} MiB", static_cast<double>(bytes) / (1 << 20));
    return fmt::format("{:.4g} KiB", static_cast<double>(bytes) / (1 << 10));
}

// What --device can choose from.
void list_devices() {
    fmt::print("device       {} (--device or QSTAR_DEVICE chooses)\n", device().name());
    if (!device().is_host()) {
        fmt::print(
            "             models train and decode there; the search runs on the processor\n");
    }
    std::string why;
    const std::vector<VulkanDeviceInfo> list = vulkan_devices(why);
    if (list.empty()) fmt::print("vulkan       none: {}\n", why);
    for (size_t i = 0; i < list.size(); ++i) {
        const VulkanDeviceInfo& d = list[i];
        fmt::print("vulkan:{}     {}, {}, {}\n", i, d.name, d.kind, d.driver);
        if (!d.missing.empty()) {
            fmt::print("             cannot be used: {}\n", d.missing);
            continue;
        }
        fmt::print("             {:.1f} GiB; tensors lie in {:.1f} GiB {}; {} KiB a work group\n",
                   d.memory_gib, d.mapped_gib,
                   d.mapped_is_local ? "of it" : "of the host's, across the bus: slow",
                   d.shared_kib);
        fmt::print("             bf16: {}\n", d.bf16.empty() ? "computed in fp32" : d.bf16);
    }
}

void info(const std::string& model) {
    const Cpu& c = cpu();
    const auto yes = [](bool offered) { return offered ? "yes" : "no"; };
    fmt::print("processor    {}\n", c.brand);
    fmt::print("processors   {}, {} threads in use\n", c.processors, threads());
    fmt::print("caches       L1d {}, L2 {}, L3 {}\n", size_text(c.l1d), size_text(c.l2),
               size_text(c.l3));
    fmt::print("offers       AVX2+FMA {}, AVX-512 {}, AVX512_BF16 {}, AMX {}\n", yes(c.avx2),
               yes(c.avx512), yes(c.avx512_bf16), yes(c.amx_bf16));
    fmt::print("bf16         {} (QSTAR_BF16=amx|avx512_bf16 forces one)\n",
               bf16_kernels() != nullptr ? bf16_kernels()->name : "none: computed in fp32");
    fmt::print("kernels      {} (QSTAR_ISA=scalar|avx2|avx512|neon|openblas forces one)\n",
               isa_name());
    fmt::print("micro-kernel {} x {} numbers of C\n", kernels().mr, kernels().nr);
    list_devices();
    if (model.empty()) return;

    const SafeTensorsReader file(model);
    fmt::print("\n{}\n  sha256 {}\n", model, sha256_file(model));
    for (const auto& [key, value] : file.metadata()) fmt::print("  {} = {}\n", key, value);
    int64_t count = 0;
    for (const auto& [name, place] : file.tensors()) {
        fmt::print("  {:<32} {} {}\n", name, place.type->name, place.shape.text());
        count += place.shape.size();
    }
    fmt::print("  {} tensors, {} numbers\n", file.tensors().size(), count);
}

// What training such a model takes, beside the program's own memory. `model` is a description
// or a file of ours.
void plan(const std::string& model, int64_t batch, const Trains& trains, int64_t program) {
    const bool file = exists(model);
    GptConfig c = file ? load_gpt(model).config : parse_config(model);
    const bool head = trains.what == Trains::head;
    c.scalar_head = c.scalar_head || head;
    const int64_t trained = trained_count(c, trains);
    const MemoryPlan memory = training_memory(c, batch, c.context, false, trains);
    const BatchCut cut = cut_batch(c, batch, c.context, device(), trained);
    const std::string pieces =
        head ? fmt::format("{} leaves", cut.leaves)
             : fmt::format("{}micro-batches of {}",
                           cut.leaves > 1 ? fmt::format("{} leaves of ", cut.leaves) : "",
                           cut.sequences);
    fmt::print("\nL{} D{} H{}{} T{} V{}, {} parameters, {}batch {} in {}\n", c.layers, c.width,
               c.heads, kv_heads(c) == c.heads ? "" : fmt::format(" K{}", kv_heads(c)), c.context,
               c.vocab, parameter_count(c),
               trains.what == Trains::all ? "" : fmt::format("{} of them trained, ", trained),
               batch, pieces);
    const auto line = [](const char* what, int64_t bytes, const std::string& note = "") {
        fmt::print("  {:<12} {:>10}  {}\n", what, size_text(bytes), note);
    };
    line("weights", memory.weights);
    line("gradients", memory.gradients);
    line("moments", memory.moments, "AdamW's two");
    const bool two = cut.leaves > 1 && threads() > 1;
    line("activations", memory.activations,
         head  ? fmt::format("of a block, of {} forward", two ? "two leaves" : "a leaf")
         : two ? "forward and backward, of two micro-batches"
               : "forward and backward, of a micro-batch");
    line("packed", memory.packed, fmt::format("operands of products, {} threads", threads()));
    line("program", program, "as it stands now; what a stage reads of texts comes on top");
    line("peak", memory.total() + program, "resident, of the process");
}

void check() {
    fmt::print("Gradients on the tape ({}, fp32) against central differences in float64\n\n",
               device().is_host() ? fmt::format("{} kernels", isa_name()) : device().name());
    fmt::print("{:<24} {:>14} {:>14}\n", "operation", "forward error", "gradient error");
    int bad = 0;
    for (const GradientCheck& r : check_gradients()) {
        fmt::print("{:<24} {:>14.1e} {:>14.1e}  {}\n", r.operation, r.forward_error,
                   r.gradient_error, r.ok ? "ok" : "WRONG");
        bad += !r.ok;
    }
    if (bad) fail("{} operations differ from their formula by more than 1e-3", bad);
    fmt::print("\nall within 1e-3\n");
}

struct InfoOptions {
    std::string file, model, trains = "all";
    int64_t batch = 16;
};

void describe(Flags& f, InfoOptions& o) {
    f.argument("FILE", o.file, "A safetensors file to describe").file();
    f.text("model", o.model,
           "Predict the memory of training: \"L6 D256 H8 T128 V512\" (K2: heads of keys and "
           "values), or a model's file")
        .file();
    f.number("batch", o.batch, 1, 1'000'000, "Sequences a step, for --model");
    f.text("trains", o.trains, "What is trained, for --model: all, head or lora:RANK");
}

void info_and_plan(const InfoOptions& options) {
    qstar::check(flags_of(options));
    const Trains trains = trains_named(options.trains);
    // Before info() looks for GPUs: their drivers are large, and loaded for that alone.
    const int64_t program = process_memory().resident;
    info(options.file);
    if (!options.model.empty()) plan(options.model, options.batch, trains, program);
}

} // namespace

Command command() {
    Command engine{"engine", "The tensor engine: what it runs on, is it right, how fast"};
    Command gradients{"check", "Every operation's gradient against finite differences in float64"};
    gradients.run = [](const Call&) { check(); };
    engine.commands = {
        described_command("info", "What the processor offers and what was chosen", info_and_plan),
        gradients};
    return engine;
}

} // namespace qstar::engine
