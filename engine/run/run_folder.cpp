#include "engine/run/run_folder.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"

namespace qstar {

void require_run(const std::string& folder) {
    if (!exists(join_path(folder, "config.json")) && !exists(join_path(folder, "tokenizer")))
        fail("{0}: there is no such run: make one with `qstar demo --run {0}` or begin with `qstar "
             "train corpus --run {0}`",
             folder);
}

uint64_t run_seed(const std::string& folder) {
    const std::string path = join_path(folder, "config.json");
    if (!exists(path)) return 1;
    const int64_t seed = int_field(read_json(path), "seed");
    if (seed < 0) fail("{}: field \"seed\": expected 0 or more, found {}", path, seed);
    return static_cast<uint64_t>(seed);
}

} // namespace qstar
