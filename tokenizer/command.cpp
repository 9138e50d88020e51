#include "tokenizer/command.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/run/run_folder.h"
#include "engine/text/utf8.h"
#include "tokenizer/characters/bytes.h"
#include "tokenizer/files.h"
#include "tokenizer/text.h"
#include "tokenizer/train.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <fmt/core.h>
#include <iostream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace qstar::tokenizer {

namespace {

// Where a tokenizer's files lie: in a folder of their own, or in a run's.
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

void describe(Flags& f, Place& o) {
    f.text("dir", o.dir, "folder of a tokenizer.json, or of vocab.json and merges.txt").folder();
    f.text("run", o.run, "folder of a run; the files are in its tokenizer/");
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

void describe(Flags& f, Sources& o, const char* purpose) {
    f.repeated("text", o.files, purpose).file();
    f.repeated("field", o.fields,
               "field of a .jsonl file's objects to take; repeat it to join several");
    f.mark("worksheets", o.worksheets,
           "the text is worksheets of ours: <|step|> and the like are special tokens");
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
                document, kSpecialTokens, [](std::string_view) {}, [&](size_t) { ++names; });
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
                   names, kStep);
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

struct TrainOptions {
    Sources sources;
    int vocabulary = 4096;
    std::string digits{name_of(Digits::single)};
    Place place;
};

void describe(Flags& f, TrainOptions& o) {
    describe(f, o.sources, "files to learn from, plain text or .jsonl");
    f["text"].required();
    f.number("vocab", o.vocabulary, 1, 10'000'000,
             "tokens in all: 256 bytes, merges, special tokens");
    f.choice("digits", o.digits, {"single", "runs"},
             "numbers as digits, single, or as runs of them, of which merges make tokens");
    describe(f, o.place);
    f["dir"].or_name("out");
}

void train(const TrainOptions& options) {
    check(flags_of(options));
    const auto& [sources, vocabulary, digits, place] = options;
    const std::string folder = place.folder();
    refuse_trained(folder);
    const std::vector<std::string> documents = sources.documents();
    const auto start = Clock::now();
    WordCounts words{*digits_named(digits)};
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
    const Pretokenizer& how = tokenizer.pretokenizer();
    fmt::print("\n");
    const bool split = how.words == Words::gpt2 || how.words == Words::llama3;
    if (split) fmt::print("digits           {}\n", name_of(how.digits));
    if (how.words != Words::gpt2) fmt::print("words            {}\n", name_of(how.words));
    if (!sources.files.empty()) report_density(tokenizer, sources.documents(), sources.specials());
}

struct EncodeOptions {
    Place place;
    std::string text, file;
    bool as_text = false;
};

void describe(Flags& f, EncodeOptions& o) {
    describe(f, o.place);
    f.argument("text", o.text, "the text; without it, standard input");
    f.text("file", o.file, "read the text from this file").file();
    f.mark("as-text", o.as_text, "read <|step|> and the like as plain characters");
}

Command encode_command() {
    Command command{"encode", "print the token ids of a text"};
    const auto o = std::make_shared<EncodeOptions>();
    describe(command.flags, *o);
    command.run = [o](const Call& call) {
        if (call.has("text") && call.has("file"))
            fail("a text is given, and --file with one: expected one of them");
        const Tokenizer tokenizer = load_tokenizer(o->place.existing_folder());
        const std::string input =
            call.has("text") ? o->text : read_file_of_lines(o->file.empty() ? "-" : o->file);
        encode(tokenizer, input, o->as_text ? Specials::as_text : Specials::allowed);
    };
    return command;
}

struct DecodeOptions {
    Place place;
    std::vector<std::string> ids;
};

void describe(Flags& f, DecodeOptions& o) {
    describe(f, o.place);
    f.argument("ids", o.ids, "token ids; without them, standard input");
}

void decode_here(const DecodeOptions& options) {
    const Tokenizer tokenizer = load_tokenizer(options.place.existing_folder());
    if (!options.ids.empty()) return decode(tokenizer, options.ids);
    std::istringstream in(read_file_of_lines("-"));
    using Words = std::istream_iterator<std::string>;
    decode(tokenizer, std::vector<std::string>(Words(in), Words()));
}

struct InfoOptions {
    Place place;
    Sources sources;
};

void describe(Flags& f, InfoOptions& o) {
    describe(f, o.place);
    describe(f, o.sources, "files to count the bytes per token of");
}

void info_here(const InfoOptions& options) {
    info(load_tokenizer(options.place.existing_folder()), options.sources);
}

} // namespace

Command command() {
    Command tokenizer{"tokenizer", "byte-level BPE: text to token ids and back"};
    tokenizer.commands = {
        described_command("train", "learn the merges from text", train),
        encode_command(),
        described_command("decode", "print the text of token ids", decode_here),
        described_command("info", "show a vocabulary, and how it fits a text", info_here),
    };
    return tokenizer;
}

} // namespace qstar::tokenizer
