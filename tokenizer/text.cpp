#include "tokenizer/text.h"

#include "engine/error.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace qstar::tokenizer {

std::string read_file(const std::filesystem::path& file) {
    std::error_code ignored;
    if (std::filesystem::is_directory(file, ignored))
        fail("{}: expected a file, found a folder", file.string());
    std::ifstream in(file, std::ios::binary);
    if (!in) fail("{}: cannot be opened for reading", file.string());
    std::ostringstream text;
    if (in.peek() != std::ifstream::traits_type::eof()) text << in.rdbuf();
    if (in.bad() || text.fail()) fail("{}: cannot be read to its end", file.string());
    return std::move(text).str();
}

namespace {

std::string document_of(std::string_view line, const std::string& where,
                        const std::vector<std::string>& fields) {
    const nlohmann::json record = nlohmann::json::parse(line, nullptr, false);
    if (!record.is_object())
        fail("{}: expected a JSON object, found {}", where,
             record.is_discarded() ? "broken JSON" : record.type_name());
    std::string document;
    for (const std::string& field : fields) {
        const auto value = record.find(field);
        if (value == record.end()) fail("{}: the object has no field '{}'", where, field);
        if (!value->is_string())
            fail("{}: field '{}' should be a string, found {}", where, field, value->type_name());
        if (&field != &fields.front()) document += '\n';
        document += value->get_ref<const std::string&>();
    }
    return document;
}

} // namespace

std::vector<std::string> read_documents(const std::filesystem::path& file,
                                        const std::vector<std::string>& fields) {
    const bool jsonl = file.extension() == ".jsonl";
    if (jsonl && fields.empty())
        fail("{}: a .jsonl file needs --field NAME to say which text to take", file.string());
    if (!jsonl && !fields.empty())
        fail("{}: --field is for .jsonl files, this one is plain text", file.string());
    std::string text = read_file(file);
    if (!jsonl) return {std::move(text)};

    std::vector<std::string> documents;
    size_t number = 0;
    for (size_t begin = 0; begin < text.size(); ++number) {
        const size_t end = std::min(text.find('\n', begin), text.size());
        const std::string_view line = std::string_view(text).substr(begin, end - begin);
        begin = end + 1;
        if (line.find_first_not_of(" \t\r") == line.npos) continue;
        documents.push_back(
            document_of(line, fmt::format("{}:{}", file.string(), number + 1), fields));
    }
    return documents;
}

} // namespace qstar::tokenizer
