#include "eval/bench/bench.h"

#include "engine/base/error.h"
#include "engine/text/jsonl.h"
#include "eval/bench/gemm.h"
#include "eval/bench/peak.h"
#include "eval/bench/peers/child.h"
#include "eval/bench/peers/sgemm_peers.h"
#include "eval/bench/peers/torch_peer.h"
#include "eval/bench/train.h"
#include "tests/paths.h"

#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <set>

using namespace qstar;
using namespace qstar::eval;

namespace {

std::vector<float> ramp(size_t n) {
    std::vector<float> x(n);
    for (size_t i = 0; i < n; ++i) x[i] = static_cast<float>(i % 7) - 3.0f; // exact sums
    return x;
}

} // namespace

TEST_CASE("the works of the matrix products: each once, backward where there is one") {
    std::set<std::string> names;
    int forward = 0;
    for (const Product& p : products()) {
        CHECK(names.insert(p.name()).second);
        forward += !p.trans_a && !p.trans_b;
    }
    CHECK(forward == 13);
    CHECK(names.contains("(4096, 128) x (128, 512)"));
    CHECK(names.contains("(4096, 512) x (128, 512)^T"));  // dX
    CHECK(names.contains("(4096, 128)^T x (4096, 512)")); // dW
    CHECK(names.contains("(1, 128) x (128, 512)"));
    CHECK(!names.contains("(1, 128)^T x (1, 512)"));
    CHECK(Product{2, 3, 5}.flops() == 60);
}

TEST_CASE("the peers compute the same product as we do, in all transpositions") {
    const std::vector<float> a = ramp(20), b = ramp(30); // 4 x 5, 5 x 6, or stored otherwise
    for (const SgemmPeer& peer : {openblas_peer(1), onednn_peer(), libxsmm_peer()}) {
        CAPTURE(peer.name);
        if (!peer.product) {
            CHECK(peer.name.starts_with("none: "));
            continue;
        }
        for (int which = 0; which < 4; ++which) {
            std::vector<float> theirs(24, 99), ours(24, -99);
            engine::Gemm g;
            g.trans_a = which & 1, g.trans_b = which & 2;
            g.m = 4, g.k = 5, g.n = 6;
            g.a = a.data(), g.lda = g.trans_a ? 4 : 5;
            g.b = b.data(), g.ldb = g.trans_b ? 5 : 6;
            g.c = ours.data(), g.ldc = 6;
            engine::gemm_naive(g);
            if (!peer.takes(g)) continue;
            g.c = theirs.data();
            peer.product(g);
            CHECK(ours == theirs);
        }
    }
}

TEST_CASE("the peak of all threads stands beside that of one, times their number") {
    const Row row = peak_row({300, 290, 310}, {160, 150, 170}, 2, "avx2");
    CHECK(row.peer.median == 320);
    CHECK(row.peer.low == 300);
    CHECK(row.peer_name == "2 times one thread");
    CHECK(row.ratio() > kUndisturbed);
    CHECK(peak_row({170, 150, 200}, {160, 150, 170}, 2, "avx2").ratio() < kUndisturbed);
    CHECK(!has_peak("scalar"));
    CHECK_THROWS_AS(run_peak("scalar", 1), Error);
}

TEST_CASE("threads: those that were asked for, or one and all") {
    BenchOptions options;
    options.threads = 3;
    CHECK(thread_counts(options) == std::vector<int>{3});
    options.threads = 0;
    CHECK(thread_counts(options).front() == 1);
}

TEST_CASE("a child answers line by line and says how it ended") {
    ChildOptions options;
    options.command = {"sh", "-c", "echo $GREETING; read a; echo got $a; read b; exit 7"};
    options.environment = {{"GREETING", "hello"}};
    Child child(options);
    CHECK(child.read_line() == "hello");
    child.write_line("one");
    CHECK(child.read_line() == "got one");
    CHECK(child.wait() == 7);
    CHECK(child.read_line() == std::nullopt);

    options.command = {"no-such-program-of-this-name"};
    CHECK_THROWS_AS(Child{options}, Error);
}

TEST_CASE("a Python without PyTorch is named in the place of the peer") {
    setenv("QSTAR_PYTHON", "no-such-python", 1);
    const engine::Gpt model({.layers = 1, .heads = 1, .width = 4, .context = 2, .vocab = 3},
                            Random(1, "test"));
    const std::vector<int> tokens = {0, 1, 1, 2};
    const TorchPeer peer({"train", 1, 2, 1, 1e-3}, model, tokens);
    unsetenv("QSTAR_PYTHON");
    CHECK(!peer.here());
    CHECK(peer.name() == "none: no-such-python cannot import torch (QSTAR_PYTHON names another)");
}

TEST_CASE("unknown names are refused with status 2") {
    for (const std::vector<std::string>& rest : {std::vector<std::string>{"fastest"},
                                                 {"gemm", "--isa", "mmx"},
                                                 {"gemm", "--only", "no such work"}}) {
        ChildOptions options;
        options.command = {tests::binary, "eval", "bench"};
        options.command.insert(options.command.end(), rest.begin(), rest.end());
        options.silent = true;
        CHECK(Child(options).wait() == 2);
    }
}

TEST_CASE("the table and the JSON of a run are the same rows") {
    const std::string json = (std::filesystem::temp_directory_path() / "qstar_bench.json").string();
    ChildOptions options;
    options.command = {tests::binary, "eval",   "bench",    "gemm",   "--quick", "--threads",
                       "1",           "--only", "(8, 128)", "--json", json};
    Child child(options);
    std::string table;
    while (const auto line = child.read_line()) table += *line + "\n";
    REQUIRE(child.wait() == 0);
    const JsonLine file = read_json(json);
    std::filesystem::remove(json);
    REQUIRE(file.value.size() > 0);
    for (const Json& value : file.value) {
        const Row row = row_of({value, json});
        const bool bf16 = row.peer_name == "ours, fp32"; // where the processor offers it
        CHECK(row.work == (bf16 ? "(8, 128) x (128, 512), bf16" : "(8, 128) x (128, 512)"));
        CHECK(row.threads == 1);
        CHECK(row.ours.median > 0);
        CHECK((row.has_peer() || row.peer_name.starts_with("none: ")));
        CHECK(table.find(row_text(row)) != std::string::npos);
    }
}

TEST_CASE("a run without models is told how to make one") {
    ChildOptions options;
    options.command = {"sh", "-c",
                       std::string(tests::binary) +
                           " eval bench search --run no/such/run 2>&1; echo status $?"};
    Child child(options);
    const std::string message = child.read_line().value_or("");
    CHECK(message.find("no/such/run") != std::string::npos);
    CHECK(message.find("qstar demo") != std::string::npos);
    CHECK(child.read_line() == "status 2");
}

TEST_CASE("training works are told apart by their names") {
    std::set<std::string> names;
    for (const TrainingShape& shape : training_shapes()) names.insert(shape.name());
    CHECK(names.size() == 5);
    CHECK(names.contains("L4 D128 T64 B12 V65"));
    CHECK(names.contains("L6 D384 T256 B16 V65"));
}
