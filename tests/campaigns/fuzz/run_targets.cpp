// A run's own files.
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "engine/text/metrics.h"
#include "tests/campaigns/fuzz/target.h"
#include "train/data/corpus.h"
#include "train/data/problem_source.h"
#include "train/run/run.h"

namespace qstar::campaign {

using namespace train;

void fuzz_config(std::string_view bytes) {
    static const std::string run = join_path(memory_folder(), "run");
    const auto [text, reader] = chosen_reader(bytes, 3);
    file_holding("run/config.json", text);
    StageOptions options;
    options.run = run;
    options.quiet = true;
    if (reader == 0) seed_of(options);
    if (reader == 1) corpus_options_of(run);
    if (reader == 2) problem_source_of(run);
    holds(!world_of(run).empty(), "a world without a name");
}

void fuzz_metrics(std::string_view bytes) {
    const std::string path = file_holding("metrics.jsonl", first_lines(bytes));
    const auto resume = [&] { MetricsLog log(path, 2); };
    if (!accepts(resume)) return;
    const std::string kept = read_file(path);
    holds(accepts(resume) && read_file(path) == kept, "resumed twice, other lines are kept");
    for (const JsonLine& line : parse_jsonl(kept, "kept"))
        holds(int_field(line, "step") < 2, "a later step is kept");
}

} // namespace qstar::campaign
