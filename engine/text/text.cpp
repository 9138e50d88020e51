#include "engine/text/text.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/io/input.h"

namespace qstar {

std::string_view without_byte_order_mark(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    return text;
}

std::string read_text_file(const std::string& path) {
    std::string text = read_file_of_lines(path);
    if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
        fail("{}: expected text in UTF-8, found UTF-16", input_name(path));
    text.erase(0, text.size() - without_byte_order_mark(text).size());
    return text;
}

} // namespace qstar
