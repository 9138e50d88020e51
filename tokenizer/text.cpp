#include "tokenizer/text.h"

#include "engine/base/error.h"
#include "engine/text/jsonl.h"
#include "engine/text/text.h"

#include <algorithm>

namespace qstar::tokenizer {

std::vector<std::string> read_documents(const std::string& file,
                                        const std::vector<std::string>& fields) {
    std::string ending = file.substr(file.size() - std::min<size_t>(file.size(), 6));
    for (char& c : ending)
        if (c >= 'A' && c <= 'Z') c += 'a' - 'A';
    const bool jsonl = ending == ".jsonl";
    if (jsonl && fields.empty())
        fail("{}: a .jsonl file needs --field NAME to say which text to take", file);
    if (!jsonl && !fields.empty())
        fail("{}: --field is for .jsonl files, this one is plain text", file);
    if (!jsonl) return {read_text_file(file)};

    std::vector<std::string> documents;
    for (const JsonLine& line : read_jsonl(file)) {
        std::string document;
        for (const std::string& field : fields) {
            if (&field != &fields.front()) document += '\n';
            document += string_field(line, field);
        }
        documents.push_back(std::move(document));
    }
    return documents;
}

} // namespace qstar::tokenizer
