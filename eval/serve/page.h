#pragma once
// The files of the page (eval/serve/page), built into the program.

#include <span>
#include <string_view>

namespace qstar::eval {

struct PageFile {
    std::string_view name; // "index.html"
    std::string_view text;
};

std::span<const PageFile> page_files();
std::string_view page_type(std::string_view name); // "text/html; charset=utf-8"

} // namespace qstar::eval
