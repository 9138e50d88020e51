#include "eval/studies/policies.h"

#include "engine/base/error.h"
#include "engine/base/range.h"
#include "engine/io/files.h"
#include "engine/io/progress.h"
#include "engine/run/run_folder.h"
#include "engine/text/jsonl.h"
#include "eval/measure/overlap.h"
#include "search/models/gpt_proposer.h"
#include "search/models/gpt_scorer.h"
#include "search/results.h"
#include "search/worlds/make_world.h"
#include "train/data/classroom.h"
#include "train/run/form.h"
#include "train/run/run.h"

#include <chrono>
#include <optional>

namespace qstar::eval {

namespace {

// The stages that end in a policy, in the order of the road.
const std::vector<std::string> known = {"pretrain", "sft", "star", "self-play", "distil"};

// A Q-value and an ORM speak of the whole solution: they are read at its last step.
std::string aggregate_of(const std::string& scorer) {
    return scorer.find("prm") != std::string::npos ? "product" : "last";
}

std::vector<std::string> policies_of(const PolicyOptions& options) {
    std::vector<std::string> names = options.policies;
    for (const std::string& stage : known)
        if (options.policies.empty() && exists(train::model_path(options.run, stage)))
            names.push_back(stage);
    return names;
}

} // namespace

void describe(Flags& f, PolicyOptions& o) {
    f.text("run", o.run, "the run's folder");
    f.seed(o.seed);
    f.text("split", o.split, "test, or dev for tuning");
    f.number("problems", o.problems, 1, most, "how many held-out problems");
    f.list("policies", o.policies, "stages: sft,self-play (default: all there are)");
    f.list("searches", o.searches, "POLICY:SCORER,... to compare with");
    train::describe(f, o.search);
}

std::vector<LadderRow> measure_policies(const PolicyOptions& options) {
    check(flags_of(options));
    const train::Split split = train::held_out_split(options.split);
    train::check(options.search);
    require_run(options.run);
    const std::vector<std::string> names = policies_of(options);
    if (!options.searches.empty()) train::require_steps(options.run, "eval policies --searches");
    const auto world = search::make_world(train::world_of(options.run));
    const auto problems = train::problems_for(options.run, split, options.problems, options.seed);
    check_overlap(options.run, problems);
    const tokenizer::Tokenizer tokenizer = train::load_tokenizer(options.run);

    std::vector<LadderRow> rows;
    const auto measure = [&](const std::string& policy, const std::string& scorer) {
        const engine::Gpt model = train::load_model(options.run, policy);
        search::GptProposer proposer(model, tokenizer, options.seed, train::limits_of(options.run));
        std::optional<engine::Gpt> judge;
        std::optional<search::GptScorer> judges;
        if (!scorer.empty())
            judges.emplace(judge.emplace(train::load_model(options.run, scorer)), tokenizer);
        train::SearchFlags flags = options.search;
        if (scorer.empty())
            flags.method = "greedy";
        else
            flags.aggregate = aggregate_of(scorer);
        search::Options with = options_of(flags, *world);
        with.stream = options.seed;
        LadderRow row;
        row.method = scorer.empty() ? policy + ", greedy"
                                    : fmt::format("{}, {} with {}", policy, flags.method, scorer);
        row.budget = scorer.empty() ? 0 : flags.budget;
        row.n = options.problems;
        Progress progress(row.method, options.problems, "problems", 0, options.quiet);
        const auto begin = std::chrono::steady_clock::now();
        const auto results = search::solve(
            problems, search::method_named(flags.method), proposer, judges ? &*judges : nullptr,
            with, [&](size_t n) { progress.update(static_cast<int64_t>(n)); });
        for (size_t i = 0; i < problems.size(); ++i) {
            row.solved += search::is_right(*world, {problems[i], problems[i], {}}, results[i]);
            row.tokens += static_cast<double>(results[i].tokens) / static_cast<double>(row.n);
            row.expanded += static_cast<double>(results[i].expanded) / static_cast<double>(row.n);
        }
        row.interval = wilson(row.solved, row.n);
        row.seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        progress.finish(fmt::format("{} solved", row.solved));
        rows.push_back(row);
    };
    for (const std::string& policy : names) measure(policy, "");
    for (const std::string& pair : options.searches) {
        const size_t colon = pair.find(':');
        if (colon == std::string::npos || colon == 0 || colon + 1 == pair.size())
            fail("--searches: expected POLICY:SCORER, found \"{}\"", pair);
        measure(pair.substr(0, colon), pair.substr(colon + 1));
    }
    return rows;
}

void policies(const PolicyOptions& options) {
    const std::vector<LadderRow> rows = measure_policies(options);
    std::string text = fmt::format(
        "{} held-out problems of the {} split, seed {}. Policies alone, greedy; searches with at "
        "most {} tokens a problem. 95 % intervals after Wilson. No verifier while solving.\n\n"
        "| policy | solved | % | 95 % interval | tokens | seconds "
        "|\n|---|---:|---:|---:|---:|---:|\n",
        options.problems, options.split, options.seed, options.search.budget);
    Json list = Json::array();
    for (const LadderRow& row : rows) {
        text += fmt::format(
            "| {} | {} / {} | {:.1f} | {:.1f} - {:.1f} | {:.0f} | {:.1f} |\n", row.method,
            row.solved, row.n, 100.0 * static_cast<double>(row.solved) / static_cast<double>(row.n),
            100 * row.interval.low, 100 * row.interval.high, row.tokens, row.seconds);
        list.push_back({{"method", row.method},
                        {"budget", row.budget},
                        {"solved", row.solved},
                        {"n", row.n},
                        {"low", row.interval.low},
                        {"high", row.interval.high},
                        {"tokens", row.tokens},
                        {"expanded", row.expanded},
                        {"seconds", row.seconds}});
    }
    write_json(options.run + "/policies.json", Json{{"seed", options.seed},
                                                    {"split", options.split},
                                                    {"problems", options.problems},
                                                    {"policies", policies_of(options)},
                                                    {"searches", options.searches},
                                                    {"method", options.search.method},
                                                    {"budget", options.search.budget},
                                                    {"proposals", options.search.proposals},
                                                    {"weight", options.search.weight},
                                                    {"temperature", options.search.temperature},
                                                    {"rows", list}});
    write_file_atomic(options.run + "/policies.md", text);
    if (!options.quiet) fmt::print("\n{}", text);
}

} // namespace qstar::eval
