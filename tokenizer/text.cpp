#include "tokenizer/text.h"

#include "engine/error.h"
#include "engine/io/files.h"
#include "engine/io/jsonl.h"

namespace qstar::tokenizer {

std::vector<std::string> read_documents(const std::string& file,
                                        const std::vector<std::string>& fields) {
    const bool jsonl = file.ends_with(".jsonl");
    if (jsonl && fields.empty())
        fail("{}: a .jsonl file needs --field NAME to say which text to take", file);
    if (!jsonl && !fields.empty())
        fail("{}: --field is for .jsonl files, this one is plain text", file);
    if (!jsonl) return {read_file(file)};

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
