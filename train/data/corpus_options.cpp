#include "train/data/corpus_options.h"

#include "engine/base/error.h"
#include "engine/base/range.h"
#include "engine/io/files.h"
#include "engine/text/json.h"
#include "engine/text/jsonl.h"
#include "search/models/run.h"
#include "search/worlds/make_world.h"
#include "train/run/old_record.h"

#include <limits>
#include <variant>

namespace qstar::train {

void describe(Flags& f, CorpusOptions& o) {
    describe(f, o.stage);
    f.text("world", o.world, "of the run: one of " + taught_worlds())
        .offers(taught_world_names())
        .only_if(o.world != search::kDefaultWorld); // records of before do not say it
    f.number("tokens", o.tokens, 1, 1e12, "tokens of the worksheets");
    f.number("curated", o.curated, 0, kMost, "items of the curated set");
    f.choice("curate", o.curate, {"answers", "experts"},
             "who is in it: answers (any work with the right answer) or experts");
    f.number("items", o.items, 1, kMost, "items a worksheet");
    // The class that they make is on record (corpus.cpp).
    f.number("experts", o.experts, 0, 1, "share of the worksheets by experts, 0 to 1").quiet();
    f.repeated("pupil", o.pupils, "change a pupil: NAME=SHARE or NAME=SHARE:RATE; may be repeated")
        .quiet();
    f.number("warm", o.warm, 0, 1, "share of the tokens, first, with short problems");
    if (Teaching* teaching = o.worlds.find(o.world)) teaching->describe(f);
}

void check(const CorpusOptions& options) {
    check(flags_of(options));
    options.teaching().check();
}

namespace {

// A field of a record as a flag of this type holds it.
void read(int64_t& value, const JsonLine& record, const std::string& name) {
    value = int_field(record, name);
}
void read(int& value, const JsonLine& record, const std::string& name) {
    const int64_t number = int_field(record, name);
    constexpr int64_t kLow = std::numeric_limits<int>::min(),
                      kHigh = std::numeric_limits<int>::max();
    if (number < kLow || number > kHigh)
        fail("{}: field \"{}\": expected a number from {} to {}, found {}", record.where, name,
             kLow, kHigh, number);
    value = static_cast<int>(number);
}
void read(double& value, const JsonLine& record, const std::string& name) {
    value = number_field(record, name);
}
void read(bool& value, const JsonLine& record, const std::string& name) {
    value = bool_field(record, name);
}
void read(std::string& value, const JsonLine& record, const std::string& name) {
    value = string_field(record, name);
}
void read(std::vector<double>& values, const JsonLine& record, const std::string& name) {
    values.clear();
    for (const JsonLine& element : array_field(record, name)) {
        if (!element.value.is_number()) fail("{}: expected a number", element.where);
        values.push_back(element.value.get<double>());
    }
}
template <class T>
void read(T&, const JsonLine&, const std::string& name) {
    fail("no world's flag is of the type of --{}", name);
}

} // namespace

CorpusOptions corpus_options_of(const std::string& run) {
    const std::string path = join_path(run, "config.json");
    require(run, "corpus", path);
    JsonLine record = object_field(object_field(read_json(path), "stages"), "corpus");
    record.value = by_flags(record.value);
    CorpusOptions options;
    options.stage.run = run;
    options.world = search::world_of(run);
    Flags own;
    options.teaching().describe(own);
    for (const Flag& flag : own.all)
        if (has_field(record, flag.name))
            std::visit([&](auto* value) { read(*value, record, flag.name); }, flag.value);
    check(options);
    return options;
}

} // namespace qstar::train
