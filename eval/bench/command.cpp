#include "eval/bench/command.h"

#include "eval/bench/bench.h"
#include "eval/bench/decode.h"
#include "eval/bench/gemm.h"
#include "eval/bench/search.h"
#include "eval/bench/train.h"
#include "eval/bench/vulkan.h"

#include <CLI/CLI.hpp>
#include <memory>

namespace qstar::eval {

namespace {

CLI::App* add(CLI::App& parent, const char* name, const char* help, const Common& common,
              void (*run)(const BenchOptions&), const std::shared_ptr<BenchOptions>& options) {
    CLI::App* command = parent.add_subcommand(name, help);
    command->add_option("--json", options->json, "write the rows to this file, too");
    command->add_option("--only", options->only, "measure the works whose name contains this");
    command->add_flag("--quick", options->quick, "fewer turns: a first look, not a figure");
    command->callback([options, run, &common] {
        options->threads = common.threads;
        run(*options);
    });
    return command;
}

void add_gemm(CLI::App& parent, const char* name, const Common& common) {
    const auto options = std::make_shared<BenchOptions>();
    CLI::App* command = add(parent, name, "the matrix product against oneDNN and OpenBLAS", common,
                            bench_gemm, options);
    command->add_option("--isa", options->isa, "only these kernels")
        ->check(CLI::IsMember({"scalar", "avx2", "avx512"}));
    command->add_flag("--lines", options->lines, "print rows as JSON lines, as they come");
}

} // namespace

void add_bench(CLI::App& app, CLI::App& eval, const Common& common) {
    CLI::App* bench = eval.add_subcommand("bench", "How fast, each figure beside a peer's");
    bench->require_subcommand(1);
    add_gemm(*bench, "gemm", common);
    add(*bench, "train", "training steps against PyTorch", common, bench_train,
        std::make_shared<BenchOptions>());
    add(*bench, "decode", "generating text against PyTorch", common, bench_decode,
        std::make_shared<BenchOptions>());
    add(*bench, "vulkan", "a GPU by Vulkan against PyTorch on it and our processor engine", common,
        bench_vulkan, std::make_shared<BenchOptions>());
    const auto search = std::make_shared<BenchOptions>();
    add(*bench, "search", "search methods, many problems at once against one by one", common,
        bench_search, search)
        ->add_option("--run", search->run, "the run whose models solve")
        ->capture_default_str();
    add_gemm(*app.get_subcommand("engine"), "bench", common);
}

} // namespace qstar::eval
