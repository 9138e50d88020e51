#include "search/exchange/text_ends.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "tokenizer/special.h"

namespace qstar::search {

namespace {

int checked_id(int64_t id, const tokenizer::Tokenizer& tokenizer, const std::string& where) {
    if (id < 0 || id >= tokenizer.size())
        fail("{}: {} is no token: expected an id below {}", where, id, tokenizer.size());
    return static_cast<int>(id);
}

} // namespace

std::string ends_file(const std::string& run) {
    return join_path(join_path(run, "tokenizer"), "generation_config.json");
}

int special_id(const tokenizer::Tokenizer& tokenizer, std::string_view name) {
    for (const int id : tokenizer.specials())
        if (tokenizer.token(id) == name) return id;
    return -1;
}

RunEnds ends_of(const std::string& run, const tokenizer::Tokenizer& tokenizer) {
    RunEnds ends;
    ends.begin = tokenizer.begins_with();
    const int text = special_id(tokenizer, tokenizer::kEndOfText);
    const int answer = special_id(tokenizer, tokenizer::kAnswer);
    // Also where ours went out and came in again.
    if (answer >= 0 && text >= 0 && ends.begin.empty()) ends.begin = {text};
    if (!ends.begin.empty()) ends.bos = ends.begin.front();
    if (const std::string path = ends_file(run); exists(path)) {
        engine::TextEnds configured;
        engine::read_text_ends(read_json(path), configured);
        if (configured.begin && ends.bos < 0)
            ends.bos = checked_id(*configured.begin, tokenizer, path);
        for (const int64_t id : configured.end) ends.end.push_back(checked_id(id, tokenizer, path));
        return ends;
    }
    for (const int id : {text, answer})
        if (id >= 0) ends.end.push_back(id);
    return ends;
}

engine::TextEnds as_configured(const RunEnds& ends) {
    engine::TextEnds configured;
    if (ends.bos >= 0) configured.begin = ends.bos;
    configured.end.assign(ends.end.begin(), ends.end.end());
    return configured;
}

} // namespace qstar::search
