#include "tests/campaigns/fuzz/target.h"

#include "engine/io/files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <limits>
#include <map>
#include <sys/stat.h>
#include <unistd.h>

namespace qstar::campaign {

namespace {

struct MemoryFolder {
    std::string path;
    MemoryFolder() {
        const std::string shared = "/dev/shm"; // in memory on Linux
        const std::string above =
            is_folder(shared) ? shared : std::filesystem::temp_directory_path().string();
        path = join_path(above, fmt::format("qstar-fuzz-{}", ::getpid()));
        make_folders(path);
    }
    ~MemoryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    MemoryFolder(const MemoryFolder&) = delete;
    MemoryFolder& operator=(const MemoryFolder&) = delete;
};

struct OpenFile {
    std::string path;
    int descriptor = -1;
};

// Ours and one of plain characters, each with a text.
std::vector<std::string> small_forms() {
    const auto with = [](const std::string& form, std::string_view text) {
        return form + std::string(1, '\0') + std::string(text);
    };
    return {with("{}", "3*9<|step|>27<|answer|>"),
            with("{\"problem\": \"Q: {problem}\\nA:\\n\", \"step\": \"\\n\", \"answer\": "
                 "\"#### {answer}\", \"step_tokens\": 40}",
                 "2+3=5\n#### 5\n"),
            with("{\"problem\": \"<|problem|>{problem}<|step|>\", \"step\": \"\\n\\n\", "
                 "\"answer\": \"\\\\boxed{{answer}}<|answer|>\"}",
                 "one\n\n\\boxed{5}<|answer|>")};
}

const std::string problem_line = "{\"problem\": \"1+2*3\"}\n";
const std::string get = "GET /0123456789abcdef/api/run HTTP/1.1\r\nHost: x\r\n\r\n";
const std::string post = "POST /0123456789abcdef/api/reward HTTP/1.1\r\nHost: x\r\n"
                         "Content-Type: application/json\r\nContent-Length: 32\r\n\r\n"
                         "{\"from\": \"both\", \"prompts\": 100}\n";

std::vector<Target> make_targets() {
    return {
        {"safetensors", fuzz_safetensors, 512, {"safetensors"}, {}},
        {"model", fuzz_model, 4096, {}, {tiny_model_bytes()}},
        {"gguf", fuzz_gguf, 2048, {"models"}, {tiny_gguf_bytes()}},
        {"model-config",
         fuzz_model_config,
         1024,
         {"models"},
         {"{\"model_type\": \"gpt2\", \"n_layer\": 1, \"n_head\": 1, \"n_embd\": 2, "
          "\"n_positions\": 4, \"vocab_size\": 5, \"eos_token_id\": [1, 2]}"}},
        {"weight-map",
         fuzz_weight_map,
         256,
         {},
         {"{\"metadata\": {}, \"weight_map\": {\"wte.weight\": \"a-1.safetensors\"}}"}},
        {"adapter-config",
         fuzz_adapter_config,
         1024,
         {},
         {"{\"peft_type\": \"LORA\", \"base_model_name_or_path\": \"a/b\", \"bias\": \"none\", "
          "\"r\": 1, "
          "\"lora_alpha\": 2, \"target_modules\": [\"c_proj\"], \"rank_pattern\": {}, "
          "\"use_dora\": false, \"init_lora_weights\": true}",
          "{\"peft_type\": \"LORA\", \"r\": 1, \"lora_alpha\": 0.5, \"use_rslora\": true, "
          "\"init_lora_weights\": \"gaussian\", \"alpha_pattern\": null}"}},
        {"vocabulary", fuzz_vocabulary, 4096, {"tok"}, {}},
        {"tokenizer-json", fuzz_tokenizer_json, 8192, {}, small_tokenizers()},
        {"form", fuzz_form, 256, {}, small_forms()},
        {"text",
         fuzz_text,
         128,
         {"text"},
         {"It's 3*(4+5)-2 = 25, <|step|>  \xc3\xa4\xe4\xbd\xa0 "}},
        {"jsonl",
         fuzz_jsonl,
         128,
         {"labels", "words"},
         {"{\"a\": [1, -2.5e3, \"\\u00e4\", null]}"}},
        {"labels",
         fuzz_labels,
         640,
         {"labels"},
         {"{\"problem\": \"1+2\", \"steps\": [\"3\"], \"finished\": true}\n",
          "{\"prompt\": \"1+2\", \"completion\": \"3\", \"label\": true}\n",
          "{\"prompt\": \"1\", \"completions\": [\"1\", \"2\"], \"labels\": [true, false], "
          "\"soft_labels\": [0.75, 0]}\n"}},
        {"ranks",
         fuzz_ranks,
         256,
         {"labels"},
         {"{\"prompt\": \"1+2\", \"chosen\": \"3\", \"rejected\": \"4\\n5\"}\n"}},
        {"rollouts",
         fuzz_rollouts,
         256,
         {},
         {"{\"problem\": \"1+2\", \"steps\": [\"3\"], \"finished\": true, \"right\": true, "
          "\"count\": 3, \"next\": [[{\"text\": \"3\", \"final\": true}]]}\n",
          "[2, 1, 3]\n", "2 1=3", "{\"pupil\": \"slipper\", \"warm\": false, \"text\": \"1+2\"}\n",
          "{\"problem\": \"1+2\", \"solution\": [\"3\"], \"text\": \"x\"}\n"}},
        {"arithmetic",
         fuzz_arithmetic,
         128,
         {"problems"},
         {"3*(4+5)-2", "What is 3 less than 5?", "(-7/2)+1*0.5", "Add together 3 and -4."}},
        {"equations",
         fuzz_equations,
         128,
         {"problems"},
         {"24=1601*c-1605*c", "Solve 24 = 1601*c - 1605*c for c.", "-c=7/2\n-7/2=c"}},
        {"powers",
         fuzz_powers,
         64,
         {},
         {"37^13\n7^13\n7*7^12\n7*9^6\n7*1^3\n7", "What is the last digit of 37 ^ 2?\n9"}},
        {"countdown",
         fuzz_countdown,
         64,
         {"problems"},
         {"1 5 8 11 24\n8-5=3 1 3 11", "3,3,8,8,24", "2 3 4 24\n2*3=6 4 6\n4*6=24 24\n(2*3)*4"}},
        {"words",
         fuzz_words,
         256,
         {"words"},
         {"Anna has 5 apples. Ben has 3 times as many apples as Anna. How many apples do they have "
          "together?\n5*3=<<5*3=15>>15\n15+5=<<15+5=20>>20\n#### 20"}},
        {"gsm8k",
         fuzz_gsm8k,
         256,
         {"words"},
         {"Natalia sold 48/2 = <<48/2=24>>24 clips.\n#### $1,080.50", "<<7/2=3.5>>3.5 #### 1,2"}},
        {"problem-files", fuzz_problem_files, 256, {"problems", "words"}, {problem_line}, 9},
        {"puzzles",
         fuzz_puzzles,
         128,
         {"puzzles"},
         {"1 2 3 4 5 6 7 0 8", "010111010", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 0 15",
          "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23"},
         7},
        {"moves", fuzz_moves, 128, {}, {"{\"U\": [1, 2, 0, 3], \"R\": [0, 2, 3, 1]}"}},
        {"config",
         fuzz_config,
         256,
         {},
         {"{\"seed\": 1, \"stages\": {\"corpus\": {\"world\": \"arithmetic\", \"problems\": "
          "{\"min_operands\": 3, \"max_operands\": 5, \"largest\": 9}}}}"},
         3},
        {"metrics",
         fuzz_metrics,
         128,
         {},
         {"{\"step\": 1, \"loss\": 2.5}\n{\"step\": 2, \"loss\": 2.25}\n{\"st"}},
        {"http", fuzz_http, 512, {}, {get, post}},
    };
}

} // namespace

bool accepts(const std::function<void()>& reader) {
    try {
        reader();
        return true;
    } catch (const Error&) {
        return false;
    }
}

const std::vector<Target>& targets() {
    static const std::vector<Target> all = make_targets();
    return all;
}

const Target& target_of(std::string_view name) {
    std::string known;
    for (const Target& target : targets()) {
        if (target.name == name) return target;
        known += (known.empty() ? "" : ", ") + target.name;
    }
    fail("unknown target \"{}\": expected one of {}", name, known);
}

std::vector<std::string> seeds_of(const Target& target, const std::string& cases) {
    namespace fs = std::filesystem;
    std::vector<std::string> seeds = target.written;
    for (const std::string& name : target.seeds) {
        const std::string place = join_path(cases, name);
        if (!is_folder(place)) continue;
        std::vector<std::string> paths;
        for (const auto& entry : fs::recursive_directory_iterator(place))
            if (entry.is_regular_file()) paths.push_back(entry.path().string());
        std::sort(paths.begin(), paths.end());
        for (const std::string& path : paths) {
            std::string bytes = read_file(path);
            // A vocabulary's two files are one input, a zero byte between them.
            const std::string merges = fs::path(path).replace_filename("merges.txt").string();
            if (path.ends_with("vocab.json") && exists(merges))
                bytes += std::string(1, '\0') + read_file(merges);
            if (bytes.size() <= target.longest) seeds.push_back(std::move(bytes));
        }
    }
    if (target.readers == 1) return seeds;
    std::vector<std::string> for_each_reader;
    for (const std::string& seed : seeds)
        for (int reader = 0; reader < target.readers; ++reader)
            for_each_reader.push_back(seed + static_cast<char>(reader));
    return for_each_reader;
}

std::pair<std::string_view, int> chosen_reader(std::string_view bytes, int readers) {
    if (bytes.empty()) return {bytes, 0};
    return {bytes.substr(0, bytes.size() - 1), static_cast<unsigned char>(bytes.back()) % readers};
}

std::string_view first_lines(std::string_view bytes) {
    constexpr int kLines = 6;
    size_t end = 0;
    for (int line = 0; line < kLines && end < bytes.size(); ++line)
        end = std::min(bytes.find('\n', end), bytes.size() - 1) + 1;
    return bytes.substr(0, end);
}

const std::string& memory_folder() {
    static const MemoryFolder folder;
    return folder.path;
}

// Files stay open, and are written over and cut: their memory need not be had again each time.
std::string file_holding(const std::string& name, std::string_view bytes) {
    static std::map<std::string, OpenFile, std::less<>> files;
    OpenFile& file = files[name];
    if (file.path.empty()) file.path = join_path(memory_folder(), name);
    struct stat now {};
    // A reader may have put another one in its place.
    if (file.descriptor < 0 || ::fstat(file.descriptor, &now) != 0 || now.st_nlink == 0) {
        if (file.descriptor >= 0) ::close(file.descriptor);
        make_folders(std::filesystem::path(file.path).parent_path().string());
        file.descriptor = ::open(file.path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        now.st_size = std::numeric_limits<off_t>::max();
    }
    const auto size = static_cast<off_t>(bytes.size());
    const bool held = ::pwrite(file.descriptor, bytes.data(), bytes.size(), 0) == size &&
                      (now.st_size <= size || ::ftruncate(file.descriptor, size) == 0);
    holds(held, "{}: cannot write: {}", file.path, std::strerror(errno));
    return file.path;
}

} // namespace qstar::campaign
