#include "eval/serve/retrain.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "eval/measure/interval.h"
#include "train/preference/bradley_terry.h"

#include <algorithm>
#include <mutex>
#include <span>

namespace qstar::eval {

namespace {

constexpr int64_t kMostPrompts = 20'000;
constexpr size_t kValidationPrompts = 600; // held out, at most: seconds, not minutes

struct ClientLeft : std::exception {}; // the client, while we trained

std::string ranks_of(const std::string& run, const std::string& stage) {
    return train::stage_file(run, stage, "ranks.jsonl");
}

int64_t pairs_in(const std::string& path) {
    if (!exists(path)) return 0;
    const std::string text = read_file(path);
    return std::count(text.begin(), text.end(), '\n');
}

// The latest reward model of ranks, or nothing.
std::string trained_model(const std::string& run) {
    for (const char* name : {"reward-me", "reward"})
        if (exists(train::model_path(run, name))) return name;
    return "";
}

// The ranks of both in one file, the person's first: a bound on the prompts leaves them in.
std::string join_ranks(const std::string& run) {
    const std::string mine = ranks_of(run, "rank-me"), own = ranks_of(run, "rank");
    const std::string both = ranks_of(run, "rank-both");
    std::string text;
    for (const std::string& path : {mine, own})
        if (exists(path)) text += read_file(path);
    if (text.empty())
        fail("there are no ranks yet: rank some answers, or run `qstar train rank --run {}`", run);
    make_folders(train::stage_folder(run, "rank-both"));
    write_file_atomic(both, text);
    return both;
}

// How many of the held-out pairs the model predicts; nothing where none are held out.
Json predicted(const std::string& run, const std::string& name, const train::RankSet& set,
               const tokenizer::Tokenizer& tokenizer, const std::string& file) {
    if (name.empty() || set.validation_rows.empty()) return nullptr;
    engine::Gpt model = train::load_model(run, name);
    const size_t count = std::min(kValidationPrompts, set.validation_rows.size());
    const train::Calibration found =
        train::calibration_of(model, std::span(set.validation_rows).first(count), tokenizer, file);
    const Interval interval = wilson(
        static_cast<int64_t>(found.accuracy * static_cast<double>(found.pairs) + 0.5), found.pairs);
    return {{"model", name},
            {"accuracy", found.accuracy},
            {"pairs", found.pairs},
            {"low", interval.low},
            {"high", interval.high}};
}

} // namespace

RetrainRequest retrain_request(const std::string& body) {
    const JsonLine request{parse_json(body, "the request"), "the request"};
    if (!request.value.is_object()) fail("the request: expected a JSON object");
    RetrainRequest asked;
    asked.from = string_field(request, "from");
    if (asked.from != "mine" && asked.from != "run" && asked.from != "both")
        fail("the request: field \"from\": expected mine, run or both");
    asked.prompts = int_field(request, "prompts");
    if (asked.prompts < 1 || asked.prompts > kMostPrompts)
        fail("the request: field \"prompts\": expected 1 to {}, found {}", kMostPrompts,
             asked.prompts);
    return asked;
}

Json reward_state(const std::string& run) {
    const std::string model = trained_model(run);
    Json state{{"mine", pairs_in(ranks_of(run, "rank-me"))},
               {"run", pairs_in(ranks_of(run, "rank"))},
               {"model", nullptr}};
    if (!model.empty()) state["model"] = model;
    return state;
}

void retrain(RunModels& models, const RetrainRequest& asked, EventStream& events) {
    const std::string& run = models.run();
    const std::string both = join_ranks(run);
    train::BradleyTerryOptions options;
    options.reward.stage.run = run;
    options.name = "reward-me";
    options.reward.labels = asked.from == "both"   ? both
                            : asked.from == "mine" ? ranks_of(run, "rank-me")
                                                   : ranks_of(run, "rank");
    options.reward.limit = asked.prompts;
    options.reward.stage.force = true;
    options.reward.stage.quiet = true;

    std::unique_lock turn(models.turn);
    const tokenizer::Tokenizer tokenizer = train::load_tokenizer(run);
    const int64_t context = train::load_model(run, "sft").config.context;
    const train::RankSet set =
        train::read_rank_set(both, options.reward.stage, options.name, 0, tokenizer, context);
    // What is refused is refused before the earlier model is thrown away.
    train::require(run, asked.from == "mine" ? "rank --annotator me --name rank-me" : "rank",
                   options.reward.labels);
    train::read_rank_set(options.reward.labels, options.reward.stage, options.name,
                         options.reward.limit, tokenizer, context);
    const Json before = predicted(run, trained_model(run), set, tokenizer, both);
    options.reward.loop.each_step = [&](int64_t step, int64_t steps,
                                        const train::Metrics& metrics) {
        turn.unlock(); // searches that wait for the models have them now
        const Json told{{"step", step}, {"steps", steps}, {"loss", metrics.number("loss")}};
        if (!events.send("step", json_text(told))) throw ClientLeft();
        turn.lock();
    };
    try {
        train::reward(options);
    } catch (const ClientLeft&) {
        return;
    }
    models.models().forget(options.name);
    const Json after = predicted(run, options.name, set, tokenizer, both);
    turn.unlock();
    events.send("done", json_text({{"before", before}, {"after", after}}));
}

} // namespace qstar::eval
