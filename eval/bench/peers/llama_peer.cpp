#include "eval/bench/peers/llama_peer.h"

#include "engine/base/error.h"

#ifdef QSTAR_LLAMA

#include "engine/base/dynamic_library.h"
#include "engine/base/random.h"
#include "engine/decode/sampling.h"
#include "engine/formats/gguf_model.h"
#include "engine/io/temporary_folder.h"

#include <filesystem>
#include <fmt/core.h>
#include <ggml-backend.h>
#include <llama.h>

namespace qstar::eval {

namespace {

const engine::DynamicLibrary& llama_library() {
    static const engine::DynamicLibrary library("llama.cpp", {QSTAR_LLAMA, "libllama.so"});
    return library;
}

// What is called of it.
struct LlamaFunctions {
    template <class Function>
    static Function* of(Function* type, const char* name) {
        return llama_library().get(type, name);
    }
    decltype(&llama_log_set) log_set = of(log_set, "llama_log_set");
    decltype(&ggml_backend_load_all_from_path) load_all =
        of(load_all, "ggml_backend_load_all_from_path");
    decltype(&llama_backend_init) init = of(init, "llama_backend_init");
    decltype(&llama_model_default_params) model_defaults =
        of(model_defaults, "llama_model_default_params");
    decltype(&llama_model_load_from_file) load = of(load, "llama_model_load_from_file");
    decltype(&llama_model_free) free_model = of(free_model, "llama_model_free");
    decltype(&llama_context_default_params) context_defaults =
        of(context_defaults, "llama_context_default_params");
    decltype(&llama_init_from_model) start = of(start, "llama_init_from_model");
    decltype(&llama_free) free_context = of(free_context, "llama_free");
    decltype(&llama_batch_init) batch = of(batch, "llama_batch_init");
    decltype(&llama_batch_free) free_batch = of(free_batch, "llama_batch_free");
    decltype(&llama_decode) decode = of(decode, "llama_decode");
    decltype(&llama_get_logits_ith) logits = of(logits, "llama_get_logits_ith");
    decltype(&llama_get_memory) memory = of(memory, "llama_get_memory");
    decltype(&llama_memory_clear) clear = of(clear, "llama_memory_clear");
    decltype(&llama_version) version = of(version, "llama_version");
};

const LlamaFunctions& llama() {
    static const LlamaFunctions functions = [] {
        LlamaFunctions found;
        found.log_set([](ggml_log_level, const char*, void*) {}, nullptr);
        // Its kernels for this processor are files beside the library.
        const auto folder = std::filesystem::path(QSTAR_LLAMA).parent_path();
        found.load_all(folder.c_str());
        found.init();
        return found;
    }();
    return functions;
}

} // namespace

struct LlamaPeer::Session {
    llama_model* model = nullptr;
    llama_context* context = nullptr;
    llama_batch batch{};
    int64_t length = 0, vocab = 0;

    ~Session() {
        if (context != nullptr) llama().free_batch(batch), llama().free_context(context);
        if (model != nullptr) llama().free_model(model);
    }
};

LlamaPeer::LlamaPeer(const engine::Gpt& model, int texts, int threads) {
    if (!llama_library().here()) {
        name_ = fmt::format("none: {} cannot be loaded", QSTAR_LLAMA);
        return;
    }
    auto session = std::make_unique<Session>();
    const TemporaryFolder folder("llama-peer");
    const std::string path = folder.path() + "/model.gguf";
    engine::GgufContents contents = engine::gguf_model(model, "bench");
    contents.text("tokenizer.ggml.model", "no_vocab");
    engine::write_gguf(path, contents);

    session->model = llama().load(path.c_str(), llama().model_defaults());
    if (session->model == nullptr) {
        name_ = "none: llama.cpp does not read the model";
        return;
    }
    const engine::GptConfig& config = model.config;
    llama_context_params settings = llama().context_defaults();
    settings.n_ctx = static_cast<uint32_t>(config.context * texts);
    settings.n_seq_max = static_cast<uint32_t>(texts);
    settings.n_threads = settings.n_threads_batch = threads;
    session->context = llama().start(session->model, settings);
    if (session->context == nullptr) {
        name_ = "none: llama.cpp makes no context for it";
        return;
    }
    session->batch = llama().batch(texts, 0, 1);
    session->length = config.context;
    session->vocab = config.vocab;
    session_ = std::move(session);
    name_ = fmt::format("llama.cpp {}", llama().version());
}

std::vector<std::vector<int>> LlamaPeer::write(std::span<const int> first, float temperature) {
    Session& s = *session_;
    llama().clear(llama().memory(s.context), true);
    std::vector<std::vector<int>> texts;
    std::vector<Random> randoms;
    for (size_t b = 0; b < first.size(); ++b) {
        texts.push_back({first[b]});
        randoms.emplace_back(1, b);
    }
    for (int64_t position = 1; position < s.length; ++position) {
        s.batch.n_tokens = static_cast<int32_t>(first.size());
        for (size_t b = 0; b < first.size(); ++b) {
            s.batch.token[b] = texts[b].back();
            s.batch.pos[b] = static_cast<llama_pos>(position - 1);
            s.batch.n_seq_id[b] = 1;
            s.batch.seq_id[b][0] = static_cast<llama_seq_id>(b);
            s.batch.logits[b] = 1;
        }
        if (const int status = llama().decode(s.context, s.batch); status != 0)
            fail("llama.cpp: llama_decode gives {}", status);
        for (size_t b = 0; b < first.size(); ++b) {
            const float* logits = llama().logits(s.context, static_cast<int32_t>(b));
            const std::span<const float> row(logits, static_cast<size_t>(s.vocab));
            texts[b].push_back(engine::sample(row, temperature, randoms[b]));
        }
    }
    return texts;
}

} // namespace qstar::eval

#else

namespace qstar::eval {

struct LlamaPeer::Session {};

LlamaPeer::LlamaPeer(const engine::Gpt&, int, int) : name_("none: built without llama.cpp") {}

std::vector<std::vector<int>> LlamaPeer::write(std::span<const int>, float) {
    fail("the program was built without llama.cpp");
}

} // namespace qstar::eval

#endif

namespace qstar::eval {

LlamaPeer::~LlamaPeer() = default;

} // namespace qstar::eval
