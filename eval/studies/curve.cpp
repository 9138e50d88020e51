#include "eval/studies/curve.h"

#include "engine/base/error.h"
#include "engine/base/range.h"
#include "engine/io/files.h"
#include "engine/io/progress.h"
#include "engine/run/run_folder.h"
#include "engine/text/json.h"
#include "engine/text/jsonl.h"
#include "eval/measure/overlap.h"
#include "eval/measure/quantile.h"
#include "eval/plot/plot.h"
#include "search/models/gpt_proposer.h"
#include "search/models/gpt_scorer.h"
#include "search/results.h"
#include "search/solve.h"
#include "search/worlds/make_world.h"
#include "search/worlds/problems.h"
#include "train/data/classroom.h"
#include "train/run/run.h"

#include <algorithm>
#include <chrono>
#include <optional>

namespace qstar::eval {

namespace {

using search::Aggregate, search::Method;

struct CurveRung {
    const char* name;
    Method method;
    enum class Judge { none, prm, q } judge;
    Aggregate aggregate = Aggregate::product;
    search::Vote vote = search::Vote::best;
};

constexpr CurveRung rungs[] = {
    {"greedy", Method::greedy, CurveRung::Judge::none},
    {"best of N", Method::best_of_n, CurveRung::Judge::prm, Aggregate::minimum},
    {"weighted vote", Method::best_of_n, CurveRung::Judge::prm, Aggregate::minimum,
     search::Vote::weighted},
    {"beam", Method::beam, CurveRung::Judge::prm},
    {"MCTS", Method::mcts, CurveRung::Judge::prm},
    {"A*", Method::astar, CurveRung::Judge::prm},
    {"Q*", Method::qstar, CurveRung::Judge::q, Aggregate::last},
};

// A reward model of the run, if it is there.
struct CurveJudge {
    std::string stage = "none";
    std::optional<engine::Gpt> model;
    std::optional<search::GptScorer> scorer;

    CurveJudge(const CurveOptions& options, const std::string& name,
               const tokenizer::Tokenizer& tokenizer) {
        if (name == "none" || !exists(train::model_path(options.run, name))) return;
        stage = name;
        scorer.emplace(model.emplace(train::load_model(options.run, name)), tokenizer);
    }
    CurveJudge(const CurveJudge&) = delete;
};

void check(const CurveOptions& options) {
    check(flags_of(options));
    if (options.file.empty() && (options.form.target || options.form.skip_bad))
        fail("--target and --skip-bad are for problems of a --file, found without one");
    train::held_out_split(options.split); // an error now, not after a while
    if (options.budgets.empty() || options.budgets.front() < 1 ||
        !std::is_sorted(options.budgets.begin(), options.budgets.end()))
        fail("--budgets: expected numbers of tokens from 1 on that rise");
    for (const std::string& method : options.methods)
        if (std::none_of(std::begin(rungs), std::end(rungs),
                         [&](const CurveRung& rung) { return rung.name == method; }))
            fail("--methods: expected some of greedy, best of N, weighted vote, beam, MCTS, A*, "
                 "Q*, found \"{}\"",
                 method);
}

std::vector<search::ProblemLine> problems_of(const CurveOptions& options,
                                             const search::World& world) {
    std::vector<search::ProblemLine> lines;
    if (!options.file.empty()) {
        lines = search::read_problems(world, options.file, options.form);
        lines.resize(std::min(lines.size(), static_cast<size_t>(options.problems)));
        if (lines.empty()) fail("{}: no problems", options.file);
        return lines;
    }
    for (const std::string& problem :
         train::draw_problems(train::classroom_of(options.run),
                              train::held_out_split(options.split), options.problems, options.seed))
        lines.push_back({problem, problem});
    return lines;
}

// Where the problems are from, in words.
std::string origin_of(const CurveOptions& options, int64_t n) {
    return options.file.empty()
               ? fmt::format("{} held-out problems of the {} split", n, options.split)
               : fmt::format("The first {} problems of {}", n,
                             options.file.substr(options.file.rfind('/') + 1));
}

std::optional<int64_t> shortest_of(const search::World& world, const search::ProblemLine& line) {
    try {
        return world.shortest(line.problem);
    } catch (const Error&) {
        return {}; // a text that the world does not understand, whose answer the file gave
    }
}

CurveRow row_of(const std::vector<search::ProblemLine>& problems,
                const std::vector<search::Result>& results, const search::World& world) {
    CurveRow row;
    row.n = std::ssize(problems);
    const auto n = static_cast<double>(row.n);
    std::vector<double> tokens;
    for (size_t i = 0; i < problems.size(); ++i) {
        const search::Result& result = results[i];
        tokens.push_back(static_cast<double>(result.tokens));
        row.tokens += tokens.back() / n;
        row.generated += static_cast<double>(result.generated) / n;
        row.spent += result.ended == "tokens";
        if (!search::is_right(world, problems[i], result)) continue;
        ++row.solved;
        const auto length = static_cast<double>(result.steps.size());
        row.length += length;
        if (const auto shortest = shortest_of(world, problems[i])) {
            row.shortest += static_cast<double>(*shortest);
            row.as_short += length <= static_cast<double>(*shortest);
        }
    }
    if (row.solved > 0) {
        row.length /= static_cast<double>(row.solved);
        row.shortest /= static_cast<double>(row.solved);
    }
    row.median_tokens = median(std::move(tokens));
    row.interval = wilson(row.solved, row.n);
    return row;
}

double share(const CurveRow& row) {
    return static_cast<double>(row.solved) / static_cast<double>(row.n);
}

std::string title_of(const CurveRow& row) {
    return row.judge == "none" ? row.method : row.method + ", " + row.judge;
}

Plot plot_of(const std::vector<CurveRow>& rows, const CurveOptions& options) {
    Plot plot;
    plot.title = fmt::format(
        "{}, {}, seed {}, policy {}, 95 % intervals", train::world_of(options.run),
        origin_of(options, rows.empty() ? 0 : rows.front().n), options.seed, options.policy);
    plot.x_label = "budget: model tokens a problem, proposed and scored (greedy: as it spends)";
    plot.y_label = "solved";
    plot.log_x = plot.percent = true;
    plot.wide = plot.narrow = 720;
    for (const CurveRow& row : rows) {
        if (plot.series.empty() || plot.series.back().name != title_of(row))
            plot.series.push_back({title_of(row), {}});
        PlotPoint point;
        point.x = row.budget > 0 ? static_cast<double>(row.budget) : std::max(1.0, row.tokens);
        point.y = share(row);
        point.low = row.interval.low;
        point.high = row.interval.high;
        point.title = fmt::format("{} at {:.0f}: {:.1f} %", title_of(row), point.x, 100 * point.y);
        plot.series.back().points.push_back(point);
    }
    return plot;
}

// Where Q* stands: at each budget against the best of the others, by their intervals.
std::string verdict(const std::vector<CurveRow>& rows, const CurveOptions& options) {
    std::string out;
    for (const int64_t budget : options.budgets) {
        const CurveRow *qstar = nullptr, *best = nullptr;
        for (const CurveRow& row : rows) {
            if (row.budget != budget) continue;
            if (row.method == "Q*")
                qstar = &row;
            else if (best == nullptr || row.solved > best->solved)
                best = &row;
        }
        if (qstar == nullptr || best == nullptr) continue;
        const char* word = qstar->interval.low > best->interval.high   ? "wins over"
                           : qstar->interval.high < best->interval.low ? "loses to"
                                                                       : "is level with";
        out += fmt::format("At {} tokens Q* ({:.1f} %) {} the best of the others, {} ({:.1f} %).\n",
                           budget, 100 * share(*qstar), word, title_of(*best), 100 * share(*best));
    }
    return out;
}

} // namespace

std::vector<CurveRow> measure_curve(const CurveOptions& options) {
    check(options);
    const auto world = search::make_world(train::world_of(options.run));
    const std::vector<search::ProblemLine> lines = problems_of(options, *world);
    std::vector<std::string> problems;
    for (const search::ProblemLine& line : lines) problems.push_back(line.problem);
    check_overlap(options.run, problems);
    const tokenizer::Tokenizer tokenizer = train::load_tokenizer(options.run);
    const engine::Gpt policy = train::load_model(options.run, options.policy);
    search::GptProposer proposer(policy, tokenizer, options.seed);
    CurveJudge prm(options, options.prm, tokenizer), q(options, options.q, tokenizer);
    if (!prm.scorer && !world->public_goal())
        fail("{} has no {}: run `qstar train prm` first", options.run,
             train::model_path(options.run, options.prm));

    std::vector<CurveRow> rows;
    const auto climb = [&](const CurveRung& rung, int64_t budget) {
        CurveJudge* judge = rung.judge == CurveRung::Judge::none ? nullptr
                            : rung.judge == CurveRung::Judge::q  ? &q
                                                                 : &prm;
        Aggregate aggregate = rung.aggregate;
        if (judge == &prm && !prm.scorer && rung.method == Method::mcts)
            judge = &q, aggregate = Aggregate::last;
        search::Options with;
        with.budget = budget > 0 ? budget : int64_t{1} << 30; // greedy is as long as it is
        with.samples = static_cast<int>(std::min<int64_t>(with.budget, 1 << 20));
        with.width = options.width;
        with.proposals = options.proposals;
        with.n_best = options.n_best;
        with.weight = options.weight;
        with.temperature = static_cast<float>(options.temperature);
        with.aggregate = aggregate;
        with.vote = rung.vote;
        with.stream = options.seed;
        search::know_world(with, *world);
        const std::string title =
            budget > 0 ? fmt::format("{} at {}", rung.name, budget) : rung.name;
        Progress progress(title, std::ssize(problems), "problems", 0, options.quiet);
        const auto begin = std::chrono::steady_clock::now();
        const auto results =
            search::solve(problems, rung.method, proposer,
                          judge != nullptr && judge->scorer ? &*judge->scorer : nullptr, with,
                          [&](size_t n) { progress.update(static_cast<int64_t>(n)); });
        CurveRow row = row_of(lines, results, *world);
        row.method = rung.name;
        row.judge = judge != nullptr ? judge->stage : "none";
        row.budget = budget;
        row.seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        progress.finish(fmt::format("{} solved", row.solved));
        rows.push_back(row);
    };
    for (const CurveRung& rung : rungs) {
        if (!options.methods.empty() && std::find(options.methods.begin(), options.methods.end(),
                                                  rung.name) == options.methods.end())
            continue;
        // A vote needs a judge; Q* needs a Q.
        if (rung.vote == search::Vote::weighted && !prm.scorer) continue;
        if (rung.judge == CurveRung::Judge::q && !q.scorer) continue;
        if (rung.method == Method::greedy) {
            climb(rung, 0);
            continue;
        }
        for (const int64_t budget : options.budgets) climb(rung, budget);
    }
    return rows;
}

Json json_of(const CurveRow& row) {
    Json json{
        {"method", row.method},       {"judge", row.judge},   {"budget", row.budget},
        {"solved", row.solved},       {"n", row.n},           {"low", row.interval.low},
        {"high", row.interval.high},  {"tokens", row.tokens}, {"median_tokens", row.median_tokens},
        {"generated", row.generated}, {"spent", row.spent},   {"length", row.length},
        {"seconds", row.seconds}};
    if (row.shortest > 0) {
        json["shortest_length"] = row.shortest;
        json["as_short"] = row.as_short;
    }
    return json;
}

std::string markdown(const std::vector<CurveRow>& rows, const CurveOptions& options) {
    std::string out = fmt::format(
        "World {}. {}, seed {}, policy {}. Budget: model tokens "
        "a problem, proposed and scored, never exceeded. 95 % intervals after Wilson. Length: "
        "steps of right solutions against the shortest. No verifier while solving{}.\n\n",
        train::world_of(options.run), origin_of(options, rows.empty() ? 0 : rows.front().n),
        options.seed, options.policy,
        search::make_world(train::world_of(options.run))->public_goal()
            ? "; whether the goal is reached is public"
            : "");
    out += "| method | judge | budget | solved | % | 95 % interval | tokens | median | steps drawn "
           "| budget spent | length | shortest | as short | seconds |\n"
           "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n";
    for (const CurveRow& row : rows)
        out += fmt::format(
            "| {} | {} | {} | {} / {} | {:.1f} | {:.1f} - {:.1f} | {:.0f} | {:.0f} | "
            "{:.1f} | {} | {:.2f} | {} | {} | {:.1f} |\n",
            row.method, row.judge, row.budget, row.solved, row.n, 100 * share(row),
            100 * row.interval.low, 100 * row.interval.high, row.tokens, row.median_tokens,
            row.generated, row.spent, row.length,
            row.shortest > 0 ? fmt::format("{:.2f}", row.shortest) : "?",
            row.shortest > 0 ? fmt::format("{} / {}", row.as_short, row.solved) : "?", row.seconds);
    return out + "\n" + verdict(rows, options);
}

void describe(Flags& f, CurveOptions& o) {
    f.text("run", o.run, "the run's folder");
    f.seed(o.seed);
    f.text("split", o.split, "test, or dev for tuning");
    f.number("problems", o.problems, 1, most, "how many held-out problems");
    f.text("file", o.file, "problems from this file instead");
    f.text("format", o.form.format, "of the file: lines, jsonl, or pairs");
    f.number("target", o.form.target, -unbounded, unbounded, "of all problems of a countdown file");
    f.mark("skip-bad", o.form.skip_bad, "leave bad lines of the file out");
    f.list("budgets", o.budgets, "tokens a problem, rising: 300,600");
    f.text("policy", o.policy, "stage whose model proposes");
    f.text("prm", o.prm, "stage whose model judges steps, or none");
    f.text("q", o.q, "stage whose Q guides Q*, or none");
    f.list("methods", o.methods,
           "some of: greedy,best of N,weighted vote,beam,MCTS,A*,Q* (default: all)");
    f.number("proposals", o.proposals, 1, 1'000'000, "steps drawn for each expanded path");
    f.number("width", o.width, 1, most, "of the beam");
    f.number("weight", o.weight, 0, most, "of h in f = g + weight * h");
    f.number("temperature", o.temperature, 0, 100, "of all draws but greedy's");
    f.mark("n-best", o.n_best,
           "beam, MCTS, A*, Q*: the likeliest next steps in order instead of draws");
}

void curve(const CurveOptions& options) {
    check(options);
    require_run(options.run);
    const std::vector<CurveRow> rows = measure_curve(options);
    Json table = Json::array();
    for (const CurveRow& row : rows) table.push_back(json_of(row));
    write_json(options.run + "/curve.json", Json{{"world", train::world_of(options.run)},
                                                 {"seed", options.seed},
                                                 {"split", options.split},
                                                 {"problems", rows.empty() ? 0 : rows.front().n},
                                                 {"file", options.file},
                                                 {"policy", options.policy},
                                                 {"budgets", options.budgets},
                                                 {"proposals", options.proposals},
                                                 {"n_best", options.n_best},
                                                 {"width", options.width},
                                                 {"weight", options.weight},
                                                 {"temperature", options.temperature},
                                                 {"rows", table}});
    const std::string text = markdown(rows, options);
    write_file_atomic(options.run + "/curve.md", text);
    write_file_atomic(options.run + "/curve.svg", picture(plot_of(rows, options)));
    if (!options.quiet) fmt::print("\n{}", text);
}

} // namespace qstar::eval
