#include "eval/bench/command.h"

#include "engine/base/ranks.h"
#include "eval/bench/bench.h"
#include "eval/bench/decode.h"
#include "eval/bench/gemm.h"
#include "eval/bench/learn.h"
#include "eval/bench/machines.h"
#include "eval/bench/search.h"
#include "eval/bench/train.h"
#include "eval/bench/vulkan.h"

#include <memory>

namespace qstar::eval {

namespace {

void describe_any(Flags& f, BenchOptions& o) {
    f.text("json", o.json, "write the rows to this file, too").output();
    f.text("only", o.only, "measure the works whose name contains this");
    f.mark("quick", o.quick, "fewer turns: a first look, not a figure");
}

void describe_gemm(Flags& f, BenchOptions& o) {
    describe_any(f, o);
    f.choice("isa", o.isa, {"scalar", "avx2", "avx512"}, "only these kernels").or_empty();
    f.mark("lines", o.lines, "print rows as JSON lines, as they come");
}

void describe_mpi(Flags& f, BenchOptions& o) {
    describe_any(f, o);
    f.mark("lines", o.lines, "print rows as JSON lines, as they come");
}

void describe_train(Flags& f, BenchOptions& o) {
    describe_any(f, o);
    f.mark("profile", o.profile, "the time of the program's own steps by operation");
}

void describe_learn(Flags& f, BenchOptions& o) {
    describe_any(f, o);
    f.text("text", o.text, "learn this file's characters").file();
    o.run = "";
    f.text("run", o.run, "learn this run's worksheets");
}

void describe_search(Flags& f, BenchOptions& o) {
    describe_any(f, o);
    f.text("run", o.run, "the run whose models solve");
}

Command bench(std::string name, std::string help, void (*work)(const BenchOptions&),
              void (*describe)(Flags&, BenchOptions&) = describe_any) {
    Command command{std::move(name), std::move(help)};
    const auto options = std::make_shared<BenchOptions>();
    describe(command.flags, *options);
    command.run = [options, work, flags = command.flags](const Call& call) {
        check(flags);
        if (work != bench_machines) engine::require_one_rank("eval bench");
        options->threads = call.threads;
        work(*options);
    };
    return command;
}

} // namespace

Command gemm_command(const std::string& name) {
    return bench(name, "the matrix product against oneDNN, OpenBLAS and libxsmm", bench_gemm,
                 describe_gemm);
}

Command bench_command() {
    Command all{"bench", "How fast, each figure beside a peer's"};
    all.commands = {
        gemm_command("gemm"),
        bench("train", "training steps: the program's own, and others against PyTorch", bench_train,
              describe_train),
        bench("learn", "seconds and tokens until a loss, by AdamW and Muon, against PyTorch",
              bench_learn, describe_learn),
        bench("decode", "generating text against PyTorch", bench_decode),
        bench("mpi", "training on two ranks against one, and a model of 2 to 64 machines",
              bench_machines, describe_mpi),
        bench("vulkan", "a GPU by Vulkan against PyTorch on it and our processor engine",
              bench_vulkan),
        bench("search", "search methods, many problems at once against one by one", bench_search,
              describe_search),
    };
    return all;
}

} // namespace qstar::eval
