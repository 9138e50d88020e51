#include "train/data/corpus.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/io/progress.h"
#include "engine/text/jsonl.h"
#include "search/worlds/words/gsm8k.h"
#include "tokenizer/files.h"
#include "tokenizer/special.h"
#include "train/data/problem_source.h"
#include "train/data/texts.h"
#include "train/run/stage.h"

#include <algorithm>
#include <fmt/core.h>
#include <map>

namespace qstar::train {

namespace {

// Records of before hold the flags of all worlds. Those of others decide about nothing: taken over,
// they are no difference.
void take_over_flags_of_others(Json& flags, const Json& before, const CorpusOptions& options) {
    if (options.stage.force || before.is_null() || !before.contains("world")) return;
    if (before.at("world") != options.world) return;
    const Flags own = flags_of(options);
    for (const auto& teaching : options.worlds.all()) {
        Flags others;
        teaching->describe(others);
        for (const Flag& flag : others.all)
            if (before.contains(flag.name) && own.find(flag.name) == nullptr)
                flags[flag.name] = before.at(flag.name);
    }
}

Json record_of(const CorpusOptions& options, const std::vector<Pupil>& pupils) {
    Json flags = stage_record(options);
    for (const Pupil& pupil : pupils) flags["pupils"][pupil.name] = {pupil.share, pupil.rate};
    take_over_flags_of_others(flags, flags_of_stage(options.stage.run, "corpus"), options);
    return flags;
}

void write_worksheets(const CorpusOptions& options, const ProblemSource& source,
                      const tokenizer::Tokenizer& tokenizer, const Stage& stage, Json& result) {
    Progress progress("corpus", options.tokens, "tokens", 0, options.stage.quiet);
    Random random(stage.seed(), "corpus/worksheets");
    const ProblemSource warm = problem_source_of(options, true);
    const auto warm_tokens =
        static_cast<int64_t>(options.warm * static_cast<double>(options.tokens));
    std::string file;
    std::map<std::string, int64_t> by_pupil;
    int64_t tokens = 0, worksheets = 0;
    while (tokens < options.tokens) {
        const Pupil& pupil = draw_pupil(source.pupils, random);
        const bool is_warm = tokens < warm_tokens;
        std::string text(tokenizer::kEndOfText);
        for (int64_t i = 0; i < options.items; ++i) {
            const Item item = draw_item(is_warm ? warm : source, pupil, random);
            text += text_of_item(item.problem, item.lines);
        }
        tokens += static_cast<int64_t>(tokenizer.encode(text).size());
        ++worksheets;
        ++by_pupil[pupil.name];
        file += json_text({{"pupil", pupil.name}, {"warm", is_warm}, {"text", text}}) + "\n";
        if (worksheets % 1000 == 0) progress.update(std::min(tokens, options.tokens));
    }
    write_file_atomic(stage.path("worksheets.jsonl"), file);
    progress.finish(fmt::format("{} worksheets", worksheets));
    result["tokens"] = tokens;
    result["worksheets"] = worksheets;
    for (const auto& [name, count] : by_pupil) result["by_pupil"][name] = count;
}

// One item of the curated set. A teacher with an answer key takes what ends in the right
// number, whoever wrote it and however he came to it; or only experts' work is taken.
Item draw_curated(const CorpusOptions& options, const ProblemSource& source, Random& random) {
    if (options.curate == "experts") return draw_item(source, {"expert", 0, 1, 0}, random);
    // A class that is never right (all shares on a slipper of rate 1) must not hang us.
    for (int tries = 0; tries < 10000; ++tries) {
        Item item = draw_item(source, draw_pupil(source.pupils, random), random);
        if (source.world->solved({item.problem, item.lines, true})) return item;
    }
    fail("--curate answers: this class gave no right answer in 10000 tries");
}

void write_curated(const CorpusOptions& options, const ProblemSource& source, const Stage& stage) {
    Random random(stage.seed(), "corpus/curated");
    std::vector<Json> lines;
    for (int64_t i = 0; i < options.curated; ++i) {
        const Item item = draw_curated(options, source, random);
        lines.push_back({{"problem", item.problem},
                         {"solution", item.lines},
                         {"text", std::string(tokenizer::kEndOfText) +
                                      text_of_item(item.problem, item.lines)}});
    }
    write_jsonl(stage.path("curated.jsonl"), lines);
}

} // namespace

Item draw_item(const ProblemSource& source, const Pupil& pupil, Random& random) {
    while (true) {
        Item item;
        item.problem = source.draw(Split::train, random);
        item.lines = source.solve(pupil, item.problem, random);
        if (!item.lines.empty() && !any_held_out(item.lines)) return item;
    }
}

Json class_flags(const Json& record) {
    if (!record.contains("pupils")) return Json::object();
    const Json& pupils = record.at("pupils");
    CorpusOptions options;
    options.experts = pupils.at("expert").at(0);
    options.world = record.value("world", options.world);
    Flags own;
    options.teaching().describe(own);
    read_record(own, record);
    Json changed = Json::array();
    for (const Pupil& pupil : problem_source_of(options).pupils) {
        const Json& found = pupils.at(pupil.name);
        if (found.at(0) != pupil.share || found.at(1) != pupil.rate)
            changed.push_back(fmt::format("{}={}:{}", pupil.name, found.at(0).get<double>(),
                                          found.at(1).get<double>()));
    }
    return {{"experts", options.experts}, {"pupil", changed}};
}

void corpus(const CorpusOptions& options) {
    check(options);
    const ProblemSource source = problem_source_of(options);
    Stage stage(options.stage, "corpus", record_of(options, source.pupils));
    if (stage.done()) return;
    const std::string folder = join_path(options.stage.run, "tokenizer");
    if (!tokenizer::has_tokenizer(folder))
        tokenizer::save_tokenizer(tokenizer::Tokenizer(), folder);
    Json result;
    write_worksheets(options, source, load_tokenizer(options.stage.run), stage, result);
    write_curated(options, source, stage);
    result["curated"] = options.curated;
    stage.finish(result);
}

std::vector<Worksheet> read_worksheets(const std::string& path) {
    std::vector<Worksheet> worksheets;
    for (const JsonLine& line : read_jsonl(path))
        worksheets.push_back({string_field(line, "pupil"), string_field(line, "text"),
                              has_field(line, "warm") && bool_field(line, "warm")});
    return worksheets;
}

std::vector<CuratedItem> read_curated(const std::string& path, BadLines& bad) {
    std::vector<CuratedItem> items;
    read_jsonl(path, bad, [&](const JsonLine& line) {
        if (has_field(line, "question")) {
            search::WordProblem problem = search::word_problem(line);
            items.push_back({std::move(problem.question), std::move(problem.solution), line.where});
            return;
        }
        CuratedItem item{problem_field(line, "problem"), strings_field(line, "solution"),
                         line.where};
        for (std::string& step : item.solution) step = clean_text(step, line.where);
        if (item.solution.empty())
            fail("{}: field \"solution\": expected at least one line, found none", line.where);
        items.push_back(std::move(item));
    });
    return items;
}

std::vector<CuratedItem> read_curated(const std::string& path) {
    return read_strictly<std::vector<CuratedItem>>(path, read_curated);
}

} // namespace qstar::train
