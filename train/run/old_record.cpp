#include "train/run/old_record.h"

#include <string>

namespace qstar::train {

Json by_flags(const Json& record) {
    Json out = Json::object();
    for (const auto& [name, value] : record.items()) {
        if (name == "text" && value.is_number()) {
            out["text-weight"] = value;
        } else if (name == "judge" && value != "head" && value != "text") { // not today's --judge
            out["annotator"] = value;
        } else if (name == "hunch") {
            out["first-move-accuracy"] = value;
        } else if (name == "fields") {
            out["field"] = value;
        } else if (name == "search" && value.is_object()) {
            out.update(value);
        } else if (name == "explore" && value.is_object()) {
            out["samples"] = value.at("samples");
            out["next"] = value.at("proposals");
            out["explore"] = value.at("temperature");
        } else if (name == "q" && value.is_object()) {
            for (const auto& [inner, of_q] : value.items())
                if (inner == "explore")
                    out.update(by_flags(Json{{inner, of_q}}));
                else
                    out["q-" + inner] = of_q;
        } else if (name == "taste" && value.is_array() && value.size() == 4) {
            const char* names[] = {"correct", "work", "brief", "tidy"};
            for (size_t i = 0; i < 4; ++i) out[names[i]] = value.at(i);
        } else {
            out[name] = value;
        }
    }
    return out;
}

} // namespace qstar::train
