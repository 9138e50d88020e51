#include "train/data/corpus_options.h"

#include "engine/base/error.h"
#include "engine/base/range.h"
#include "engine/io/files.h"
#include "engine/text/json.h"
#include "engine/text/jsonl.h"

namespace qstar::train {

void describe(Flags& f, CorpusOptions& o) {
    describe(f, static_cast<StageOptions&>(o));
    ProblemConfig& p = o.problems;
    const bool arithmetic = o.world == "arithmetic", plain = p.form == "plain";
    f.text("world", o.world, "of the run: arithmetic, countdown, equations or words")
        .only_if(!arithmetic);
    f.number("tokens", o.tokens, 1, 1e12, "tokens of the worksheets");
    f.number("curated", o.curated, 0, most, "items of the curated set");
    f.choice("curate", o.curate, {"answers", "experts"},
             "who is in it: answers (any work with the right answer) or experts");
    f.number("items", o.items, 1, most, "items a worksheet");
    // The class that they make is on record (corpus.cpp).
    f.number("experts", o.experts, 0, 1, "share of the worksheets by experts, 0 to 1").quiet();
    f.repeated("pupil", o.pupils, "change a pupil: NAME=SHARE or NAME=SHARE:RATE; may be repeated")
        .quiet();
    f.number("warm", o.warm, 0, 1, "share of the tokens, first, with short problems");
    f.number("warm-operands", o.warm_operands, 2, 8, "operands of those, at most")
        .only_if(arithmetic);
    f.number("low", p.low, 0, 1000, "smallest operand").only_if(arithmetic);
    f.number("high", p.high, p.low, 1000, "largest operand").only_if(arithmetic);
    f.number("min-operands", p.min_operands, 2, 8, "fewest operands").only_if(arithmetic);
    f.number("max-operands", p.max_operands, p.min_operands, 8, "most operands")
        .only_if(arithmetic);
    f.list("weights", p.weights, 0, most, "weights of 2, 3, 4, ... operands").only_if(arithmetic);
    f.text("operators", p.operators, "some of + - *").only_if(arithmetic);
    f.number("brackets", p.brackets, 0, 1, "probability of a pair of brackets").only_if(arithmetic);
    f.number("bound", p.bound, p.low, 1'000'000, "largest value on a right derivation's lines")
        .only_if(arithmetic);
    f.text("form", p.form,
           "arithmetic: plain, or DeepMind Mathematics' add_sub_multiple, mul_div_multiple, "
           "mixed, or deepmind for all three; countdown: plain, or search, texts that contain "
           "their search")
        .only_if(!plain);
    f.number("hunch", o.texts.hunch, 0, 1, "form search: rate of first moves that lead on, 0 to 1")
        .only_if(!arithmetic && !plain);
    f.number("longest", o.texts.longest, 1, most, "form search: characters of a text, at most")
        .only_if(!arithmetic && !plain);
    f.number("numbers", o.countdown.count, 2, 6, "countdown: numbers of a problem")
        .only_if(!arithmetic);
    f.number("largest", o.countdown.high, static_cast<double>(o.countdown.low), 1000,
             "countdown: largest number")
        .only_if(!arithmetic);
    f.number("target-to", o.countdown.to, 1, 100'000, "countdown: largest target; 24 is never one")
        .only_if(!arithmetic);
    f.number("target-from", o.countdown.from, 1, static_cast<double>(o.countdown.to),
             "countdown: smallest target")
        .only_if(!arithmetic);
    f.number("terms", o.equations.max_terms, o.equations.min_terms, 12, "equations: most terms")
        .only_if(!arithmetic);
    f.number("coefficient", o.equations.coefficient, 1, 1000, "equations: largest coefficient")
        .only_if(!arithmetic);
    f.number("constant", o.equations.bound, 1, 1'000'000, "equations: largest number alone")
        .only_if(!arithmetic);
    f.number("changes", o.stories.changes, 0, 8, "words: sentences in which something happens")
        .only_if(!arithmetic);
    f.number("quantity", o.stories.largest, 4, 1'000'000, "words: largest quantity")
        .only_if(!arithmetic);
}

void check(const CorpusOptions& options) {
    check(flags_of(options));
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
