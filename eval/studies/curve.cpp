#include "eval/studies/curve.h"

#include "engine/base/error.h"
#include "engine/base/range.h"
#include "engine/io/files.h"
#include "engine/run/run_folder.h"
#include "engine/text/json.h"
#include "eval/measure/overlap.h"
#include "eval/measure/quantile.h"
#include "eval/measure/study.h"
#include "eval/plot/plot.h"
#include "search/worlds/make_world.h"
#include "search/worlds/problems.h"
#include "train/data/problem_source.h"
#include "train/run/run.h"

#include <algorithm>
#include <fmt/core.h>
#include <optional>

namespace qstar::eval {

namespace {

using search::Aggregate, search::Method;

// What a curve is drawn of; who scores is a role here, which the run's stages fill.
enum class Role { none, prm, q };
struct CurveEntry {
    const char* name;
    Method method;
    Role role = Role::none;
    std::optional<Aggregate> aggregate = {}; // else as the scorer is read
    search::Vote vote = search::Vote::best;
};

constexpr CurveEntry kEntries[] = {
    {"greedy", Method::greedy},
    {"best of N", Method::best_of_n, Role::prm, Aggregate::minimum},
    {"weighted vote", Method::best_of_n, Role::prm, Aggregate::minimum, search::Vote::weighted},
    {"beam", Method::beam, Role::prm},
    {"MCTS", Method::mcts, Role::prm},
    {"A*", Method::astar, Role::prm},
    {"Q*", Method::qstar, Role::q},
};

void check(const CurveOptions& options) {
    check(flags_of(options));
    if (options.file.empty() && (options.form.target || options.form.skip_bad))
        fail("--target and --skip-bad are for problems of a --file, found without one");
    train::held_out_split(options.split); // an error now, not after a while
    check_rising(options.budgets);
    for (const std::string& method : options.methods)
        if (std::none_of(std::begin(kEntries), std::end(kEntries),
                         [&](const CurveEntry& entry) { return entry.name == method; }))
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
         train::draw_problems(train::problem_source_of(options.run),
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

CurveRow row_of(Measured measured, const std::vector<search::ProblemLine>& problems,
                const search::World& world) {
    CurveRow row;
    static_cast<Measured&>(row) = std::move(measured);
    std::vector<double> tokens;
    double least = 0;
    for (size_t i = 0; i < problems.size(); ++i) {
        const search::Result& result = row.results[i];
        tokens.push_back(static_cast<double>(result.tokens));
        row.spent += result.ended == "tokens";
        if (!row.right[i]) continue;
        const auto length = static_cast<double>(result.steps.size());
        row.length += length;
        if (const auto shortest = shortest_of(world, problems[i])) {
            least += static_cast<double>(*shortest);
            row.as_short += length <= static_cast<double>(*shortest);
        }
    }
    if (row.solved > 0) row.length /= static_cast<double>(row.solved);
    if (least > 0) row.least = least / static_cast<double>(row.solved);
    row.median_tokens = median(std::move(tokens));
    row.results = {};
    return row;
}

double share(const CurveRow& row) {
    return static_cast<double>(row.solved) / static_cast<double>(row.n);
}

std::string title_of(const CurveRow& row) {
    return row.scorer == "none" ? row.method : row.method + ", " + row.scorer;
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
    search::StageModels models(options.run, options.seed);
    models.policy(options.policy); // an error now, not later
    const auto stage_of = [&](Role role) {
        const std::string stage = role == Role::prm ? options.prm
                                  : role == Role::q ? options.q
                                                    : "none";
        return models.has(stage) ? stage : "none";
    };
    const bool prm = stage_of(Role::prm) != "none", q = stage_of(Role::q) != "none";
    if (!prm && !world->public_goal())
        fail("{} has no {}: run `qstar train prm` first", options.run,
             train::model_path(options.run, options.prm));
    Experiment experiment{*world, lines, models};
    experiment.seed = options.seed;
    experiment.search = options.search;
    experiment.quiet = options.quiet;

    std::vector<CurveRow> rows;
    for (CurveEntry entry : kEntries) {
        if (!options.methods.empty() && std::find(options.methods.begin(), options.methods.end(),
                                                  entry.name) == options.methods.end())
            continue;
        // A vote needs a scorer; Q* needs a Q, which MCTS asks where there is no PRM.
        if (entry.vote == search::Vote::weighted && !prm) continue;
        if (entry.role == Role::q && !q) continue;
        if (entry.method == Method::mcts && !prm) entry.role = Role::q;
        const std::string scorer = stage_of(entry.role);
        const LadderEntry solver{entry.name, entry.method,    options.policy,
                                 scorer,     entry.aggregate, entry.vote};
        for (const int64_t budget :
             entry.method == Method::greedy ? std::vector<int64_t>{0} : options.budgets) {
            rows.push_back(row_of(measure(experiment, solver, budget), lines, *world));
            rows.back().scorer = scorer;
        }
    }
    return rows;
}

Table table_of(const std::vector<CurveRow>& rows) {
    using Kind = Column::Kind;
    Table table({{"method", "method", Kind::text},
                 {"scorer", "scorer", Kind::text},
                 {"budget", "budget"},
                 {"", "solved", Kind::share},
                 {"tokens", "tokens"},
                 {"evaluated", "evaluated"},
                 {"median_tokens", "median"},
                 {"generated", "steps drawn", Kind::number, 1},
                 {"spent", "budget spent"},
                 {"length", "length", Kind::number, 2},
                 {"shortest_length", "shortest", Kind::number, 2},
                 {"as_short", "as short"},
                 {"seconds", "seconds", Kind::number, 1}});
    for (const CurveRow& r : rows)
        table.add({r.method, r.scorer, r.budget, Share{r.solved, r.n}, r.tokens, r.evaluated,
                   r.median_tokens, r.generated, r.spent, r.length,
                   r.least ? Cell(*r.least) : Cell(), r.least ? Cell(r.as_short) : Cell(),
                   r.seconds});
    return table;
}

std::string markdown(const std::vector<CurveRow>& rows, const CurveOptions& options) {
    std::string out = fmt::format(
        "World {}. {}, seed {}, policy {}. Budget: model tokens "
        "a problem, proposed and scored, never exceeded. {} 95 % intervals after Wilson. Length: "
        "steps of right solutions against the shortest. No verifier while solving{}.\n\n",
        train::world_of(options.run), origin_of(options, rows.empty() ? 0 : rows.front().n),
        options.seed, options.policy, costs_text(options.search),
        search::make_world(train::world_of(options.run))->public_goal()
            ? "; whether the goal is reached is public"
            : "");
    out += table_of(rows).markdown();
    return out + "\n" + verdict(rows, options);
}

void describe(Flags& f, CurveOptions& o) {
    describe_held_out(f, o);
    f.text("file", o.file, "problems from this file instead").file();
    f.text("format", o.form.format, "of the file: lines, jsonl, or pairs")
        .offers({"lines", "jsonl", "pairs"});
    f.number("target", o.form.target, -kUnbounded, kUnbounded,
             "of all problems of a countdown file");
    f.mark("skip-bad", o.form.skip_bad, "leave bad lines of the file out");
    describe_budgets(f, o.budgets);
    f.text("policy", o.policy, "stage whose model proposes");
    f.text("prm", o.prm, "stage whose model scores steps, or none");
    f.text("q", o.q, "stage whose Q guides Q*, or none");
    f.list("methods", o.methods,
           "some of: greedy,best of N,weighted vote,beam,MCTS,A*,Q* (default: all)")
        .offers({"greedy", "best of N", "weighted vote", "beam", "MCTS", "A*", "Q*"});
    describe(f, o.search);
    f.mark("n-best", o.search.n_best,
           "beam, MCTS, A*, Q*: the likeliest next steps in order instead of draws");
}

void curve(const CurveOptions& options) {
    check(options);
    require_run(options.run);
    const std::vector<CurveRow> rows = measure_curve(options);
    Json found{{"world", train::world_of(options.run)}, {"rows", table_of(rows).json()}};
    if (!rows.empty()) found["problems"] = rows.front().n; // a file can have fewer
    write_file_atomic(join_path(options.run, "curve.svg"), picture(plot_of(rows, options)));
    write_study(join_path(options.run, "curve"), options, found, markdown(rows, options));
}

} // namespace qstar::eval
