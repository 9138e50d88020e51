#include "tokenizer/command.h"

#include "engine/base/error.h"
#include "engine/base/range.h"
#include "engine/io/files.h"
#include "engine/run/run_folder.h"
#include "engine/text/utf8.h"
#include "tokenizer/bytes.h"
#include "tokenizer/files.h"
#include "tokenizer/text.h"
#include "tokenizer/train.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <memory>

namespace qstar::tokenizer {

namespace {

// Where the two files lie: in a folder of their own, or in a run's.
struct Place {
    std::string dir, run;

    std::string folder() const {
        if (dir.empty() == run.empty())
            fail("say where the tokenizer is: either --dir DIR or --run DIR");
        return dir.empty() ? join_path(run, "tokenizer") : dir;
    }
    std::string existing_folder() const {
        if (dir.empty() && !run.empty()) require_run(run);
        return folder();
    }
};

std::shared_ptr<Place> add_place(CLI::App& app, const char* dir_flags) {
    auto place = std::make_shared<Place>();
    app.add_option(dir_flags, place->dir, "folder of vocab.json and merges.txt");
    app.add_option("--run", place->run, "folder of a run; the files are in its tokenizer/");
    return place;
}

// The texts that --text and --field name. Their special tokens are plain characters, as
// `train pretrain --text` reads them, unless they are said to be worksheets of ours.
struct Sources {
    std::vector<std::string> files, fields;
    bool worksheets = false;

    Specials specials() const { return worksheets ? Specials::allowed : Specials::as_text; }

    std::vector<std::string> documents() const {
        std::vector<std::string> all;
        for (const std::string& file : files)
            for (std::string& document : read_documents(file, fields))
                all.push_back(std::move(document));
        return all;
    }
};

std::shared_ptr<Sources> add_sources(CLI::App& app, const char* purpose) {
    auto sources = std::make_shared<Sources>();
    app.add_option("--text", sources->files, purpose);
    app.add_option("--field", sources->fields,
                   "field of a .jsonl file's objects to take; repeat it to join several");
    app.add_flag("--worksheets", sources->worksheets,
                 "the text is worksheets of ours: <|step|> and the like are special tokens");
    return sources;
}

std::string read_all(std::istream& in) {
    return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

// Encodes the documents and says how many bytes a token holds on average.
void report_density(const Tokenizer& tokenizer, const std::vector<std::string>& documents,
                    Specials specials) {
    const auto start = Clock::now();
    size_t bytes = 0, tokens = 0;
    for (const std::string& document : documents) {
        bytes += document.size();
        tokens += tokenizer.encode(document, specials).size();
    }
    const double seconds = seconds_since(start);
    size_t names = 0;
    if (specials == Specials::as_text)
        for (const std::string& document : documents)
            split_specials(
                document, special_tokens, [](std::string_view) {}, [&](size_t) { ++names; });
    fmt::print("documents        {}\nbytes            {}\ntokens           {}\n", documents.size(),
               bytes, tokens);
    if (tokens > 0)
        fmt::print("bytes per token  {:.3f}\n",
                   static_cast<double>(bytes) / static_cast<double>(tokens));
    fmt::print(stderr, "encoded in {:.3f} s\n", seconds);
    if (names > 0)
        fmt::print(stderr,
                   "{} names of special tokens, such as {}, were read as plain characters; in "
                   "worksheets of ours they are marks: --worksheets\n",
                   names, step);
}

namespace files = std::filesystem;

// A model within a folder, such as a run's STAGE/ROUND/model.safetensors; or nothing.
files::path model_within(const files::path& folder, int deepest) {
    std::error_code ignored; // what is not there or cannot be read holds no model
    for (auto at = files::recursive_directory_iterator(
             folder, files::directory_options::skip_permission_denied, ignored);
         at != files::recursive_directory_iterator(); at.increment(ignored)) {
        const files::path name = at->path().filename();
        if (name == "model.safetensors" || name == "state.safetensors") return at->path();
        if (at.depth() >= deepest) at.disable_recursion_pending();
    }
    return {};
}

// A model's ids mean what its tokenizer says: with another one it goes on with nonsense.
void refuse_trained(const std::string& folder) {
    std::error_code ignored;
    files::path path = files::weakly_canonical(folder, ignored);
    if (!path.has_filename()) path = path.parent_path(); // it ended in a slash
    files::path model = model_within(path, 0);
    if (model.empty() && path.filename() == "tokenizer")
        model = model_within(path.parent_path(), 2);
    if (!model.empty())
        fail("{}: {} was trained with the run's tokenizer, and another would make nonsense of it: "
             "train the tokenizer in a new run, or remove the run's models first",
             folder, model.string());
}

void train(const Sources& sources, int vocabulary, const Place& place) {
    check_range("vocab", vocabulary, 1, 10'000'000);
    const std::string folder = place.folder();
    refuse_trained(folder);
    const std::vector<std::string> documents = sources.documents();
    const auto start = Clock::now();
    WordCounts words;
    for (const std::string& document : documents) count_words(document, words, sources.specials());
    const Tokenizer tokenizer = train_bpe(words, vocabulary);
    fmt::print(stderr, "trained in {:.3f} s\n", seconds_since(start));
    save_tokenizer(tokenizer, folder);
    fmt::print("vocabulary       {}\nmerges           {}\n", tokenizer.size(),
               tokenizer.merges().size());
    if (tokenizer.size() < vocabulary)
        fmt::print("                 fewer than the {} asked for: no other pair occurs twice\n",
                   vocabulary);
    report_density(tokenizer, documents, sources.specials());
    fmt::print("written to       {}\n", folder);
}

void encode(const Tokenizer& tokenizer, const std::string& text, Specials specials) {
    std::string line;
    for (const int id : tokenizer.encode(text, specials)) {
        if (!line.empty()) line += ' ';
        line += std::to_string(id);
    }
    fmt::print("{}\n", line);
}

// The text as it was, with nothing added: `decode` undoes `encode` byte by byte.
void decode(const Tokenizer& tokenizer, const std::vector<std::string>& words) {
    std::vector<int> ids;
    for (const std::string& word : words) {
        int id = -1;
        const char* end = word.data() + word.size();
        const auto [at, error] = std::from_chars(word.data(), end, id);
        if (error != std::errc() || at != end)
            fail("expected a token id, found '{}'", word.substr(0, 40));
        ids.push_back(id);
    }
    std::cout << tokenizer.decode(ids) << std::flush;
}

void info(const Tokenizer& tokenizer, const Sources& sources) {
    int holes = 0;
    for (int id = 0; id < tokenizer.size(); ++id) holes += tokenizer.is_hole(id);
    fmt::print("vocabulary       {}\n", tokenizer.size());
    if (holes > 0) fmt::print("                 {} of its ids have no token\n", holes);
    fmt::print("merges           {}\nspecial tokens  ", tokenizer.merges().size());
    for (const int id : tokenizer.specials())
        fmt::print(" {}={}", qstar::printable(tokenizer.token(id)), id);
    std::vector<int> longest;
    for (const Merge& merge : tokenizer.merges()) longest.push_back(merge.product);
    std::stable_sort(longest.begin(), longest.end(), [&](int a, int b) {
        return tokenizer.token(a).size() > tokenizer.token(b).size();
    });
    longest.resize(std::min<size_t>(longest.size(), 10));
    fmt::print("\nlongest tokens  ");
    for (const int id : longest) fmt::print(" {}", printable(tokenizer.token(id)));
    fmt::print("\ndigits           {}\n", name_of(tokenizer.pretokenizer().digits));
    if (!sources.files.empty()) report_density(tokenizer, sources.documents(), sources.specials());
}

void add_train(CLI::App& group) {
    CLI::App* app = group.add_subcommand("train", "learn the merges from text");
    const auto sources = add_sources(*app, "files to learn from, plain text or .jsonl");
    const auto vocabulary = std::make_shared<int>(4096);
    app->get_option("--text")->required();
    app->add_option("--vocab", *vocabulary, "tokens in all: 256 bytes, merges, special tokens")
        ->capture_default_str();
    const auto place = add_place(*app, "--out,--dir");
    app->callback([=] { train(*sources, *vocabulary, *place); });
}

void add_encode(CLI::App& group) {
    CLI::App* app = group.add_subcommand("encode", "print the token ids of a text");
    const auto place = add_place(*app, "--dir");
    const auto text = std::make_shared<std::string>();
    const auto file = std::make_shared<std::string>();
    const auto as_text = std::make_shared<bool>(false);
    CLI::Option* argument = app->add_option("text", *text, "the text; without it, standard input");
    app->add_option("--file", *file, "read the text from this file")->excludes(argument);
    app->add_flag("--as-text", *as_text, "read <|step|> and the like as plain characters");
    app->callback([=] {
        const Tokenizer tokenizer = load_tokenizer(place->existing_folder());
        const std::string input = argument->count() > 0 ? *text
                                  : !file->empty()      ? read_file(*file)
                                                        : read_all(std::cin);
        encode(tokenizer, input, *as_text ? Specials::as_text : Specials::allowed);
    });
}

void add_decode(CLI::App& group) {
    CLI::App* app = group.add_subcommand("decode", "print the text of token ids");
    const auto place = add_place(*app, "--dir");
    const auto ids = std::make_shared<std::vector<std::string>>();
    app->add_option("ids", *ids, "token ids; without them, standard input");
    app->callback([=] {
        const Tokenizer tokenizer = load_tokenizer(place->existing_folder());
        if (ids->empty())
            ids->assign(std::istream_iterator<std::string>(std::cin),
                        std::istream_iterator<std::string>());
        decode(tokenizer, *ids);
    });
}

void add_info(CLI::App& group) {
    CLI::App* app = group.add_subcommand("info", "show a vocabulary, and how it fits a text");
    const auto place = add_place(*app, "--dir");
    const auto sources = add_sources(*app, "files to count the bytes per token of");
    app->callback([=] { info(load_tokenizer(place->existing_folder()), *sources); });
}

} // namespace

void add_command(CLI::App& app) {
    CLI::App* group = app.add_subcommand("tokenizer", "byte-level BPE: text to token ids and back");
    group->require_subcommand(1);
    add_train(*group);
    add_encode(*group);
    add_decode(*group);
    add_info(*group);
}

} // namespace qstar::tokenizer
