#include "eval/bench/peers/torch_peer.h"

#include "engine/base/cpu.h"
#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/nn/checkpoint.h"
#include "engine/text/json_parse.h"
#include "engine/text/jsonl.h"

#include <cstdlib>
#include <fmt/core.h>
#include <map>
#include <optional>
#include <vector>

namespace qstar::eval {

namespace {

bool imports_torch(const std::string& python) {
    try {
        ChildOptions options;
        options.command = {python, "-c", "import torch"};
        options.silent = true;
        return Child(options).wait() == 0;
    } catch (const Error&) {
        return false;
    }
}

// Threads for its OpenMP and its BLAS; and a choice of kernels that was made for
// another program must not slow the peer down.
std::map<std::string, std::optional<std::string>> environment_of(const TorchWork& work) {
    const std::string count = std::to_string(work.threads);
    std::map<std::string, std::optional<std::string>> changes = {
        {"OMP_NUM_THREADS", count},
        {"OPENBLAS_NUM_THREADS", count},
        {"OPENBLAS_CORETYPE", std::nullopt},
        {"OPENBLAS_L2_SIZE", std::nullopt}};
    if (work.settings == TorchSettings::tuned) {
        // OpenBLAS takes processors that are newer than itself for old ones.
        if (engine::cpu().avx512) changes["OPENBLAS_CORETYPE"] = "SkylakeX";
        changes["OMP_WAIT_POLICY"] = "PASSIVE";
        changes["OPENBLAS_THREAD_TIMEOUT"] = "14";        // 2^14 cycles until they sleep
        changes["MALLOC_MMAP_THRESHOLD_"] = "4294967296"; // freed memory is kept
        changes["MALLOC_TRIM_THRESHOLD_"] = "17179869184";
        changes["MALLOC_TOP_PAD_"] = "67108864";
    }
    return changes;
}

} // namespace

std::string find_python(std::string& reason) {
    std::vector<std::string> candidates = {"python3", "/usr/bin/python3"};
    if (const char* named = std::getenv("QSTAR_PYTHON")) candidates = {named};
    reason = "none:";
    for (const std::string& python : candidates) {
        if (imports_torch(python)) return python;
        reason += fmt::format("{} {}", reason == "none:" ? "" : " and", python);
    }
    reason += " cannot import torch (QSTAR_PYTHON names another)";
    return "";
}

TorchPeer::TorchPeer(const TorchWork& work, const engine::Gpt& model, std::span<const int> tokens) {
    const std::string python = find_python(name_);
    if (python.empty()) return;
    folder_ = std::make_unique<TemporaryFolder>("bench");
    const std::string weights = join_path(folder_->path(), "model.safetensors");
    const std::string batch = join_path(folder_->path(), "tokens.int32");
    engine::save_gpt(weights, model);
    static_assert(sizeof(int) == 4);
    write_file_atomic(batch, {reinterpret_cast<const char*>(tokens.data()), tokens.size_bytes()});

    const char* settings = work.settings == TorchSettings::tuned ? " tuned" : "";
    const Json argument{{"work", work.work},
                        {"settings", settings},
                        {"model", weights},
                        {"tokens", batch},
                        {"batch", work.batch},
                        {"time", work.time},
                        {"lr", work.lr},
                        {"threads", work.threads},
                        {"device", work.device},
                        {"precision", work.precision},
                        {"steps", work.recipe.steps},
                        {"warmup", work.recipe.warmup},
                        {"floor", work.recipe.floor},
                        {"beta2", work.recipe.beta2}};
    ChildOptions options;
    const std::string program(embedded_text(torch_programs(), "torch_gpt.py"));
    options.command = {python, "-c", program, json_text(argument)};
    options.environment = environment_of(work);
    child_ = std::make_unique<Child>(options);
    const auto line = child_->read_line();
    if (!line) {
        child_ = nullptr;
        name_ = "none: PyTorch could not build the model";
        return;
    }
    greeting_ = parse_json(*line, "the PyTorch process");
    if (greeting_.contains("none")) { // it says why
        child_ = nullptr;
        name_ = greeting_["none"].get<std::string>();
        return;
    }
    name_ = greeting_["name"].get<std::string>();
}

TorchPeer::~TorchPeer() {
    child_ = nullptr; // before its folder
}

TorchPeer::Turn TorchPeer::run(int times) {
    if (!here()) fail("there is no PyTorch to run: {}", name_);
    child_->write_line(std::to_string(times));
    const auto line = child_->read_line();
    if (!line) fail("the PyTorch process has gone (status {})", child_->wait());
    const JsonLine answer{parse_json(*line, "the PyTorch process"), "the PyTorch process"};
    Turn turn;
    turn.seconds = number_field(answer, "seconds");
    if (has_field(answer, "loss")) turn.loss = number_field(answer, "loss");
    return turn;
}

} // namespace qstar::eval
