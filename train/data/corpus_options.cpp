#include "train/data/corpus_options.h"

#include "engine/base/error.h"
#include "engine/base/range.h"
#include "engine/text/json.h"
#include "engine/text/jsonl.h"

namespace qstar::train {

void check(const CorpusOptions& options) {
    const std::string& form = options.problems.form;
    if (options.world == "arithmetic") {
        check(options.problems);
    } else if (options.world == "countdown") {
        if (form != "plain" && form != "search")
            fail("countdown: the form must be plain or search, found {}", form);
        if (form == "search" && options.countdown.count != 3 && options.countdown.count != 4)
            fail("countdown: the form search is for 3 or 4 numbers, found {}",
                 options.countdown.count);
    } else if (form != "plain") {
        fail("{}: the form must be plain, found {}", options.world, form);
    }
    check_range("hunch", options.texts.hunch, 0, 1);
    check_range("longest", options.texts.longest, 1);
    check_range("tokens", options.tokens, 1, 1'000'000'000'000);
    check_range("items", options.items, 1);
    check_range("curated", options.curated, 0);
    check_choice("curate", options.curate, {"answers", "experts"});
    check_range("experts", options.experts, 0, 1);
    check_range("warm", options.warm, 0, 1);
    check_range("warm-operands", options.warm_operands, 2, 8);
    check_range("numbers", options.countdown.count, 2, 6);
    check_range("largest", options.countdown.high, options.countdown.low, 1000);
    check_range("target-to", options.countdown.to, 1, 100'000);
    check_range("target-from", options.countdown.from, 1, options.countdown.to);
    check_range("terms", options.equations.max_terms, options.equations.min_terms, 12);
    check_range("coefficient", options.equations.coefficient, 1, 1000);
    check_range("constant", options.equations.bound, 1, 1'000'000);
    check_range("changes", options.stories.changes, 0, 8);
    check_range("quantity", options.stories.largest, 4, 1'000'000);
}

std::vector<Pupil> class_of(const CorpusOptions& options) {
    std::vector<Pupil> pupils = class_of(options.experts);
    for (const std::string& text : options.pupils) change(pupils, text);
    return pupils;
}

ProblemConfig problems_of(const std::string& run) {
    const std::string path = join_path(run, "config.json");
    require(run, "corpus", path);
    const JsonLine flags = object_field(object_field(read_json(path), "stages"), "corpus");
    ProblemConfig config;
    config.low = static_cast<int>(int_field(flags, "low"));
    config.high = static_cast<int>(int_field(flags, "high"));
    config.min_operands = static_cast<int>(int_field(flags, "min-operands"));
    config.max_operands = static_cast<int>(int_field(flags, "max-operands"));
    config.weights.clear();
    for (const JsonLine& weight : array_field(flags, "weights")) {
        if (!weight.value.is_number()) fail("{}: expected a number", weight.where);
        config.weights.push_back(weight.value.get<double>());
    }
    config.operators = string_field(flags, "operators");
    config.brackets = number_field(flags, "brackets");
    config.bound = int_field(flags, "bound");
    if (has_field(flags, "form")) config.form = string_field(flags, "form");
    check(config);
    return config;
}

} // namespace qstar::train
