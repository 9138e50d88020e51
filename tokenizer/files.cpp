#include "tokenizer/files.h"

#include "engine/base/error.h"
#include "engine/base/ranks.h"
#include "engine/io/files.h"
#include "engine/run/run_folder.h"
#include "engine/text/jsonl.h"
#include "engine/text/text.h"
#include "tokenizer/characters/bytes.h"
#include "tokenizer/characters/unicode.h"
#include "tokenizer/tokenizer_json.h"
#include "tokenizer/vocab_json.h"

#include <algorithm>
#include <filesystem>
#include <fmt/core.h>
#include <optional>
#include <unordered_map>
#include <vector>

namespace qstar::tokenizer {

namespace {

using Ids = std::unordered_map<std::string_view, int>; // of tokens as files write them

int known_token(const Ids& ids, std::string_view text, const std::string& where) {
    const auto found = ids.find(text);
    if (found == ids.end()) fail("{}: token '{}' is not in vocab.json", where, text);
    return found->second;
}

std::vector<Merge> read_merges(const std::string& file, const Ids& ids) {
    std::string text = read_text_file(file);
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();

    std::vector<Merge> merges;
    std::unordered_map<std::string_view, size_t> lines;
    size_t number = 0;
    for (size_t begin = 0; begin < text.size();) {
        const size_t end = std::min(text.find('\n', begin), text.size());
        std::string_view line = std::string_view(text).substr(begin, end - begin);
        begin = end + 1;
        if (line.ends_with('\r')) line.remove_suffix(1);
        // Only the first line can be that: "#version" is no token before a merge made it.
        if (++number == 1 && line.starts_with("#version")) continue;
        const std::string where = fmt::format("{}:{}", file, number);
        const size_t space = line.find(' ');
        if (space == line.npos || space == 0 || space + 1 == line.size() ||
            line.find(' ', space + 1) != line.npos)
            fail("{}: expected two tokens with one space between them, found '{}'", where,
                 line.substr(0, 40));
        const auto [first, fresh] = lines.emplace(line, number);
        if (!fresh) fail("{}: merge '{}' stands on line {} already", where, line, first->second);
        const std::string_view left = line.substr(0, space), right = line.substr(space + 1);
        const std::string product = std::string(left) + std::string(right);
        merges.push_back({known_token(ids, left, where), known_token(ids, right, where),
                          known_token(ids, product, where)});
    }
    return merges;
}

// Where the two tokens meet that would make a token, as files write it; 0: there are none.
size_t seam(std::string_view text, const Ids& ids) {
    for (size_t at = 0; at < text.size(); at += decode_utf8(text, at).bytes)
        if (at > 0 && ids.contains(text.substr(0, at)) && ids.contains(text.substr(at))) return at;
    return 0;
}

// Where no merge makes a token although two others would, merges.txt was cut.
void check_unused(const VocabEntry& entry, const Ids& ids, const std::string& file) {
    const std::string_view text = entry.text;
    if (const size_t at = seam(text, ids))
        fail("{}:{}: token '{}' is made by no line of merges.txt, though '{}' and '{}' would: "
             "was that file cut?",
             file, entry.line, text, text.substr(0, at), text.substr(at));
}

// Before files said how words are split we wrote the special tokens of special.h last, and
// every digit was a token of its own. A vocabulary of others that was given our special tokens
// has longer numbers.
bool is_first_form(const std::vector<std::string>& tokens, const std::vector<int>& specials) {
    if (specials.size() != kSpecialTokens.size() || tokens.size() < specials.size()) return false;
    const size_t first = tokens.size() - kSpecialTokens.size();
    if (!std::equal(kSpecialTokens.begin(), kSpecialTokens.end(),
                    tokens.begin() + static_cast<std::ptrdiff_t>(first)))
        return false;
    return std::none_of(tokens.begin(), tokens.end(), [](const std::string& token) {
        return token.size() > 1 && token.find_first_of("0123456789") != token.npos;
    });
}

Pretokenizer read_digits(const std::string& file) {
    const JsonLine json = read_json(file);
    const std::string name = string_field(json, "digits");
    const std::optional<Digits> digits = digits_named(name);
    if (!digits) fail("{}: digits: expected \"single\" or \"runs\", found \"{}\"", file, name);
    for (const auto& [key, value] : json.value.items())
        if (key != "digits") fail("{}: expected nothing but \"digits\", found \"{}\"", file, key);
    return {*digits};
}

std::string token_text(const Tokenizer& tokenizer, int id) {
    const std::string& bytes = tokenizer.token(id);
    return tokenizer.is_special(id) ? bytes : printable(bytes);
}

// Whether vocab.json, merges.txt and pretokenizer.json say all of a tokenizer, so that it would
// be read from them as it is.
bool three_files_express(const Tokenizer& tokenizer) {
    const Vocabulary& v = tokenizer.vocabulary();
    const Pretokenizer& how = v.pretokenizer;
    const auto special = [&](const AddedToken& token) {
        return token == AddedToken{token.id} &&
               looks_special(v.tokens[static_cast<size_t>(token.id)]);
    };
    if (v.alphabet != Alphabet::bytes || how != Pretokenizer{how.digits} ||
        !digits_named(name_of(how.digits)) || !v.normalizer.empty() || v.ignore_merges ||
        !v.begins.empty() || !v.ends.empty() ||
        !std::all_of(v.added.begin(), v.added.end(), special))
        return false;

    std::vector<bool> made(v.tokens.size());
    for (const Merge& merge : v.merges) made[static_cast<size_t>(merge.product)] = true;
    std::vector<std::string> texts(v.tokens.size());
    Ids ids;
    for (size_t i = 0; i < texts.size(); ++i) {
        const int id = static_cast<int>(i);
        if (tokenizer.is_hole(id)) continue;
        texts[i] = token_text(tokenizer, id);
        if (!ids.emplace(texts[i], id).second) return false;
    }
    for (size_t i = 0; i < texts.size(); ++i) {
        const bool plain = made[i] || v.tokens[i].size() == 1;
        if (texts[i].empty() || (plain && !tokenizer.is_special(static_cast<int>(i)))) continue;
        if (tokenizer.is_special(static_cast<int>(i))) {
            if (plain) return false; // it would be read as text
        } else if (looks_special(texts[i]) || seam(texts[i], ids)) {
            return false;
        }
    }
    return true;
}

Tokenizer read_three_files(const std::string& dir) {
    const std::string file = join_path(dir, "vocab.json");
    const std::vector<VocabEntry> entries = read_vocab_json(file);
    Ids ids;
    for (const VocabEntry& entry : entries) ids.emplace(entry.text, entry.id);
    std::vector<Merge> merges = read_merges(join_path(dir, "merges.txt"), ids);

    const size_t size = entries.empty() ? 0 : static_cast<size_t>(entries.back().id) + 1;
    std::vector<bool> made(size, false);
    for (const Merge& merge : merges) made[static_cast<size_t>(merge.product)] = true;

    std::vector<std::string> tokens(size); // a hole stays empty
    std::vector<int> specials;
    for (const VocabEntry& entry : entries) {
        const auto id = static_cast<size_t>(entry.id);
        const std::optional<std::string> bytes = from_printable(entry.text);
        const bool ordinary = bytes && (bytes->size() == 1 || made[id]);
        const bool special = !ordinary && looks_special(entry.text);
        if (special) specials.push_back(entry.id);
        if (!bytes && !special)
            fail("{}:{}: token '{}' is neither written in GPT-2's byte alphabet nor a special "
                 "token, <...> or [...]",
                 file, entry.line, entry.text);
        if (!ordinary && !special) check_unused(entry, ids, file);
        tokens[id] = special ? entry.text : *bytes;
    }
    Pretokenizer pretokenizer{is_first_form(tokens, specials) ? Digits::single : Digits::runs};
    if (const std::string word = join_path(dir, "pretokenizer.json"); exists(word))
        pretokenizer = read_digits(word);
    try {
        return Tokenizer(std::move(tokens), std::move(merges), std::move(specials), pretokenizer);
    } catch (const Error& error) {
        fail("{}: {}", file, error.what());
    }
}

std::string merges_text(const Tokenizer& tokenizer) {
    std::string text = "#version: 0.2\n";
    for (const Merge& merge : tokenizer.merges())
        text += printable(tokenizer.token(merge.left)) + ' ' +
                printable(tokenizer.token(merge.right)) + '\n';
    return text;
}

std::string vocabulary_text(const Tokenizer& tokenizer) {
    std::string text = "{";
    for (int id = 0; id < tokenizer.size(); ++id)
        if (!tokenizer.is_hole(id))
            text += fmt::format("{}\n  {}: {}", text.size() > 1 ? "," : "",
                                json_text(token_text(tokenizer, id)), id);
    return text + "\n}\n";
}

} // namespace

Tokenizer load_tokenizer(const std::string& dir) {
    const auto lies = [&](const char* name) { return exists(join_path(dir, name)); };
    const bool ours = lies("pretokenizer.json") && lies("vocab.json") && lies("merges.txt");
    const Tokenizer tokenizer = lies("tokenizer.json") && !ours
                                    ? read_tokenizer_json(join_path(dir, "tokenizer.json"))
                                    : read_three_files(dir);
    return lies("form.json") ? tokenizer.with_form(read_form(join_path(dir, "form.json")))
                             : tokenizer;
}

Tokenizer tokenizer_of_run(const std::string& run) {
    require_run(run);
    const std::string folder = join_path(run, "tokenizer");
    if (!has_tokenizer(folder))
        fail("{}/vocab.json is missing: run `qstar train corpus --run {}` first, or for other text "
             "`qstar tokenizer train`",
             folder, run);
    return load_tokenizer(folder);
}

// vocab.json is written last of four, and pretokenizer.json taken away before tokenizer.json
// stands alone: a call that was cut off leaves a folder that has none.
bool has_tokenizer(const std::string& dir) {
    const auto lies = [&](const char* name) { return exists(join_path(dir, name)); };
    return lies("vocab.json") || (lies("tokenizer.json") && !lies("pretokenizer.json"));
}

void save_tokenizer(const Tokenizer& tokenizer, const std::string& dir) {
    const auto path = [&](const char* name) { return join_path(dir, name); };
    engine::one_writes([&] {
        make_folders(dir);
        if (tokenizer.form() != Form{})
            write_file_atomic(path("form.json"), form_text(tokenizer.form()));
        else
            std::filesystem::remove(path("form.json"));
        const bool all = three_files_express(tokenizer);
        if (all) {
            const Json word = {{"digits", name_of(tokenizer.pretokenizer().digits)}};
            write_file_atomic(path("pretokenizer.json"), json_text(word) + '\n');
            write_file_atomic(path("merges.txt"), merges_text(tokenizer));
        } else {
            std::filesystem::remove(path("pretokenizer.json"));
        }
        write_file_atomic(path("tokenizer.json"), tokenizer_json_text(tokenizer));
        if (all)
            write_file_atomic(path("vocab.json"), vocabulary_text(tokenizer));
        else
            for (const char* name : {"vocab.json", "merges.txt"})
                std::filesystem::remove(path(name));
    });
}

} // namespace qstar::tokenizer
