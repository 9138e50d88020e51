#include "engine/io/stand_in.h"

#include <algorithm>

namespace qstar {

namespace {

bool begins_with_any_case(std::string_view text, std::string_view lower_case) {
    return text.size() >= lower_case.size() &&
           std::equal(lower_case.begin(), lower_case.end(), text.begin(), [](char low, char c) {
               return low == (c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
           });
}

} // namespace

std::string_view stand_in(std::string_view head) {
    if (head.starts_with("version https://git-lfs")) {
        return "a Git LFS pointer, not the file itself: fetch it with git lfs pull";
    }
    if (head.starts_with("PK\x03\x04")) return "a zip archive (PyTorch's own files are such)";
    if (head.starts_with("GGUF")) return "a GGUF file";
    if (head.starts_with("\xef\xbb\xbf")) head.remove_prefix(3);
    head.remove_prefix(std::min(head.find_first_not_of(" \t\r\n"), head.size()));
    if (begins_with_any_case(head, "<!doctype html") || begins_with_any_case(head, "<html")) {
        return "an HTML page, not the file itself: download it anew";
    }
    if (head.starts_with('{') || head.starts_with('[')) return "a JSON text";
    return "";
}

} // namespace qstar
