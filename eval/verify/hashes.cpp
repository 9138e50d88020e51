#include "eval/verify/hashes.h"

#include "engine/io/files.h"
#include "engine/io/sha256.h"
#include "eval/verify/published.h"

#include <algorithm>
#include <filesystem>
#include <fmt/core.h>

namespace qstar::eval {

std::string without_seconds(std::string text) {
    const std::string field = "\"seconds\":";
    for (size_t at = text.find(field); at != text.npos; at = text.find(field, at)) {
        at += field.size();
        text.erase(at, std::min(text.find_first_of(",}\n", at), text.size()) - at);
    }
    return text;
}

Hashes published_hashes(std::string_view name) {
    Hashes hashes;
    bool inside = false;
    for (std::string_view text = embedded_text(published_files(), "hashes.txt"); !text.empty();) {
        const size_t end = std::min(text.find('\n'), text.size() - 1);
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end + 1);
        if (line.starts_with("# ")) inside = line.substr(2) == name;
        if (inside && line.size() > 66 && line[0] != '#')
            hashes.emplace(line.substr(66), line.substr(0, 64));
    }
    return hashes;
}

Hashes hashes_of(const std::string& folder) {
    namespace fs = std::filesystem;
    Hashes hashes;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        if (!entry.is_regular_file()) continue;
        const std::string path = entry.path().string();
        const std::string name = fs::relative(path, folder).generic_string();
        const bool found =
            name == "ladder.json" || (name.find('/') == name.npos && name.ends_with(".jsonl"));
        if (name.ends_with(".safetensors"))
            hashes[name] = sha256_file(path);
        else if (found)
            hashes[name] = sha256(without_seconds(read_file(path)));
    }
    return hashes;
}

std::string text_of(const Hashes& hashes) {
    std::string text;
    for (const auto& [name, hash] : hashes) text += fmt::format("{}  {}\n", hash, name);
    return text;
}

} // namespace qstar::eval
