#include "eval/old_names.h"

namespace qstar::eval {

const std::vector<std::pair<std::string, std::string>>& old_names() {
    static const std::vector<std::pair<std::string, std::string>> names = {
        {"taste", "preference-win-rate"},
        {"--judge", "--annotator"},
        {"--hunch", "--first-move-accuracy"},
    };
    return names;
}

} // namespace qstar::eval
