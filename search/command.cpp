#include "search/command.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/io/progress.h"
#include "engine/io/sha256.h"
#include "engine/run/record.h"
#include "engine/text/joined.h"
#include "engine/text/jsonl.h"
#include "search/models/class_range.h"
#include "search/models/run.h"
#include "search/models/stage_models.h"
#include "search/problem/world.h"
#include "search/puzzle_command.h"
#include "search/results.h"
#include "search/results_log.h"
#include "search/solve.h"
#include "search/worlds/make_world.h"

#include <algorithm>
#include <fmt/core.h>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace qstar::search {

namespace {

struct SearchCall {
    std::string problem, problems, out, world; // empty: the run's
    ProblemForm form;
    std::string method = "astar", scorer = "none", run = "runs/demo", policy;
    std::string aggregate, vote = "best", step_cost = "log-prob", cost = "anew", trace_file;
    Options options;
    ProposerLimits limits;
    PuzzleSearch puzzle;
    bool width_given = false;
    uint64_t seed = 1;
};

std::vector<std::string> worlds_and_puzzles() {
    std::vector<std::string> names = world_names(), puzzles = puzzle_names();
    names.insert(names.end(), puzzles.begin(), puzzles.end());
    return names;
}

void describe(Flags& f, SearchCall& o) {
    f.argument("problem", o.problem, "one problem: \"3*(4+5)-2\"");
    f.text("problems", o.problems, "file of problems; -: standard input").file().quiet();
    f.text("format", o.form.format, "of the file: lines, jsonl, or pairs of question and answer")
        .offers({"lines", "jsonl", "pairs"})
        .quiet();
    f.number("target", o.form.target, -kUnbounded, kUnbounded,
             "countdown: of every problem; its line is numbers alone")
        .quiet();
    f.mark("skip-bad", o.form.skip_bad, "leave bad lines of the file out").quiet();
    f.text("out", o.out,
           "write JSON lines here instead of stdout, as they come; the same call goes on where it "
           "was interrupted")
        .output()
        .quiet();
    f.text("world", o.world,
           "what the problems are: " + known_worlds() +
               ", or a puzzle (below); default: what the run is of")
        .offers(worlds_and_puzzles())
        .quiet();
    f.text("method", o.method, "greedy, majority, best-of-n, beam, mcts, astar or qstar")
        .offers({"greedy", "majority", "best-of-n", "beam", "mcts", "astar", "qstar"})
        .quiet();
    f.text("scorer", o.scorer,
           "reward model: none, orm, prm, q, or a folder of the run (qstar, if none is named: "
           "q-self-play with self-play's policy, else q); least:orm+orm-2, spread:orm+orm-2: a "
           "lower bound over several")
        .offers({"none", "orm", "prm", "q"});
    f.text("run", o.run, "folder of the run whose models are used");
    f.text("policy", o.policy, "model that proposes: a stage of the run, or a file (default: sft)")
        .content();
    f.seed(o.seed);
    describe(f, o.options);
    f["width"].help += " (puzzles: 100)";
    search_option(f, "step-tokens", o.limits.step_tokens);
    search_option(f, "steps", o.limits.steps);
    search_option(f, "top-k", o.limits.top_k);
    search_option(f, "top-p", o.limits.top_p);
    f.text("aggregate", o.aggregate,
           "a path's score from its steps': product, minimum or last (default: product, with orm "
           "and q last)")
        .offers({"product", "minimum", "last"});
    f.text("vote", o.vote,
           "best-of-n: best (sample), weighted (the answer with the largest sum), or bests (the "
           "answer that is most often the best of a few)")
        .offers({"best", "weighted", "bests"});
    describe_cost(f, o.cost);
    f.text("step-cost", o.step_cost, "astar: log-prob or unit").offers({"log-prob", "unit"});
    f.mark("trace", o.options.shared.trace, "mcts, astar: tell every step of the algorithm")
        .quiet();
    f.text("trace-file", o.trace_file, "write the tree that one problem's search saw as JSON here")
        .output()
        .quiet();
    const size_t own = f.all.size();
    describe_puzzle(f, o.puzzle);
    f.text("scramble", o.puzzle.scramble, "instead of a state, steps from the goal: \"R U' F2\"")
        .in_group("Puzzles");
    if (!is_puzzle(o.world))
        for (size_t i = own; i < f.all.size(); ++i) f.all[i].quiet();
}

// The flags that puzzles share with the text worlds.
void search_puzzles(const SearchCall& flags, uint64_t seed) {
    PuzzleSearch puzzle = flags.puzzle;
    puzzle.state = flags.problem;
    puzzle.states = flags.problems;
    puzzle.skip_bad = flags.form.skip_bad;
    puzzle.out = flags.out;
    puzzle.method = flags.method;
    puzzle.run = flags.run;
    puzzle.puzzle.world = flags.world;
    const int width = puzzle.options.shared.width; // puzzles' own, where none is given
    puzzle.options.shared = flags.options.shared;
    if (!flags.width_given) puzzle.options.shared.width = width;
    puzzle.options.seed = seed;
    puzzle.trace_file = flags.trace_file;
    search_puzzles(puzzle);
}

void search_one(const World& world, const SearchCall& flags, const ProblemLine& line, Method method,
                Options options, Proposer& proposer, Scorer* scorer) {
    Tree tree;
    if (!flags.trace_file.empty())
        options.observer = [&](const SearchEvent& event) { tree.observe(event); };
    Result result = solve({&line.problem, 1}, method, proposer, scorer, options)[0];
    if (scorer != nullptr && result.step_scores.empty() && !result.steps.empty()) {
        // A method that did not ask the scorer: its view is shown, and not counted.
        const Path path{line.problem, result.steps, result.finished};
        result.step_scores = scorer->score({&path, 1})[0].steps;
    }
    if (!flags.trace_file.empty())
        write_file_atomic(flags.trace_file, json_text(tree.json()) + "\n");
    if (flags.out.empty())
        fmt::print("{}", result_text(world, line, result));
    else
        write_jsonl(flags.out, std::vector<Json>{result_json(world, line, result)});
}

// What is new to the run's class: of one problem what it is, of a file in how many.
void say_beyond_class(const World& world, const SearchCall& flags,
                      const std::vector<ProblemLine>& lines) {
    const std::optional<ClassRange> known = class_range(flags.run, world);
    if (!flags.problem.empty()) {
        const std::string said = beyond_class(known, lines.front().problem);
        if (!said.empty()) fmt::print(stderr, "search: {}\n", said);
        return;
    }
    const auto beyond = std::count_if(lines.begin(), lines.end(), [&](const ProblemLine& line) {
        return !beyond_class(known, line.problem).empty();
    });
    if (beyond > 0)
        fmt::print(stderr,
                   "search: {} of {} problems are of a kind that this run's class has not "
                   "worked with\n",
                   beyond, lines.size());
}

// The problem on the command line. Error if the world cannot read it; it names the run where the
// world is the run's.
ProblemLine given_problem(const World& world, const SearchCall& flags, const std::string& name) {
    try {
        return read_problem(world, flags.problem, flags.form.target);
    } catch (const Error& error) {
        if (!flags.world.empty() || name == kDefaultWorld) throw;
        fail("{} ({} is a run of the world {})", error.what(), flags.run, name);
    }
}

// All that decides about the results of a file of problems.
Json call_of(const World& world, const SearchCall& flags, const std::vector<ProblemLine>& lines,
             Method method, const Options& o, uint64_t seed) {
    Json call{{"world", world.name()}, {"--method", name_of(method)}};
    Sha256 problems;
    for (const ProblemLine& line : lines)
        problems.update(json_text(Json::array({line.input, line.problem, line.answer})) + "\n");
    call["the problems' SHA-256"] = problems.digest();
    for (const std::string& file : model_files(flags.run, flags.scorer, flags.policy))
        if (exists(file)) call["the SHA-256 of " + file] = sha256_file(file);
    SearchCall described = flags;
    described.options = o;
    described.seed = seed;
    for (const auto& [name, value] : record(flags_of(described)).items())
        if (name != "files") call["--" + name] = value;
    call["--seed"] = seed;
    return call;
}

void search_file(const World& world, const SearchCall& flags, const std::vector<ProblemLine>& lines,
                 Method method, const Options& options, uint64_t seed, Proposer& proposer,
                 Scorer* scorer) {
    std::vector<std::string> problems;
    for (const ProblemLine& line : lines) problems.push_back(line.problem);
    ResultsLog log(flags.out, call_of(world, flags, lines, method, options, seed), problems);
    const size_t kept = log.rows().size();
    Progress progress("search", static_cast<int64_t>(problems.size()), "problems",
                      static_cast<int64_t>(kept));
    solve(
        std::span(problems).subspan(kept), method, proposer, scorer, options,
        [&](size_t done) { progress.update(static_cast<int64_t>(kept + done)); }, 128,
        [&](size_t i, const Result& result) {
            log.add(result_json(world, lines[kept + i], result));
        });
    log.finish();
    progress.finish();
    int64_t correct = 0, tokens = 0;
    for (const Json& row : log.rows()) {
        correct += row["correct"].get<bool>();
        tokens += row["tokens"].get<int64_t>();
    }
    fmt::print(stderr, "{}: {} of {} right by the verifier, {:.1f} tokens a problem\n",
               name_of(method), correct, lines.size(),
               static_cast<double>(tokens) / static_cast<double>(lines.size()));
}

void search(const SearchCall& flags) {
    const bool scramble = !flags.puzzle.scramble.empty();
    if (!flags.problem.empty() + !flags.problems.empty() + scramble != 1)
        fail("say what to solve: either a problem on the command line or --problems FILE");
    check(flags_of(flags));
    check(flags.puzzle.puzzle);
    if (flags.problems.empty() && flags.form.skip_bad)
        fail("--skip-bad is for files of problems, found without --problems");
    if (is_puzzle(flags.world)) {
        if (flags.form.target)
            fail("--target is for the world countdown, found with {}", flags.world);
        return search_puzzles(flags, flags.seed);
    }
    if (scramble) fail("--scramble is for puzzles, found without --world of one");
    if (!flags.world.empty() && !is_world(flags.world))
        fail("unknown world \"{}\": expected {}, or of the puzzles {}", flags.world, known_worlds(),
             joined(puzzle_names(), ", "));
    const std::string of = world_of(flags.run, flags.world);
    const std::unique_ptr<World> world = make_world(of);
    const Method method = method_named(flags.method);
    Options options = flags.options;
    std::optional<Aggregate> aggregate; // else as the scorer is read
    if (!flags.aggregate.empty()) aggregate = aggregate_named(flags.aggregate);
    options.vote = vote_named(flags.vote);
    options.step_cost = step_cost_named(flags.step_cost);
    options.cost = cost_named(flags.cost);
    engine::check(engine::Sampling{options.temperature, flags.limits.top_k, flags.limits.top_p});
    if (needs_scorer(method, world->public_goal()) && flags.scorer == "none")
        fail("--method {} needs --scorer orm, prm or q", name_of(method));
    if (!flags.trace_file.empty() && flags.problem.empty())
        fail("--trace-file is for one problem on the command line, found --problems {}",
             flags.problems);

    // What can be wrong with the input is said before the models are loaded.
    const std::vector<ProblemLine> lines = flags.problem.empty()
                                               ? read_problems(*world, flags.problems, flags.form)
                                               : std::vector{given_problem(*world, flags, of)};
    const uint64_t seed = flags.seed;
    StageModels models(flags.run, seed, flags.limits);
    if (flags.scorer != "none" && !models.has(flags.scorer))
        fail("unknown scorer \"{}\": expected one of none, orm, prm, q, or another reward model of "
             "the run, but there is no {}",
             flags.scorer, model_files(flags.run, flags.scorer).back());
    const std::string policy =
        flags.policy.empty() ? stage_model_file(flags.run, "sft") : flags.policy;
    Proposer& proposer =
        flags.policy.empty() ? models.policy("sft") : models.policy_of_file(policy);
    Scorer* const scorer = models.scorer_beside(flags.scorer, policy);
    for (const std::string& sentence : set_defaults(options, *world, method, scorer, aggregate))
        fmt::print(stderr, "search: {}\n", sentence);
    say_beyond_class(*world, flags, lines);
    if (flags.problem.empty())
        search_file(*world, flags, lines, method, options, seed, proposer, scorer);
    else
        search_one(*world, flags, lines.front(), method, options, proposer, scorer);
}

bool is_stage(const SearchCall& flags, const std::string& name) {
    return !name.empty() && name.find('/') == std::string::npos &&
           exists(stage_model_file(flags.run, name));
}

// The Q that the run knows best: self-play's, with its policy, which is then said and set.
std::string q_of(SearchCall& flags) {
    if (is_puzzle(flags.world) || !is_stage(flags, "self-play") || !is_stage(flags, "q-self-play"))
        return "q";
    fmt::print(stderr, "search: with the policy and the Q of self-play\n");
    flags.policy = "self-play";
    return "q-self-play";
}

} // namespace

Command command() {
    Command search_command{"search", "solve problems, step by step"};
    const auto call = std::make_shared<SearchCall>();
    describe(search_command.flags, *call);
    search_command.note = kPuzzleNote;
    search_command.run = [call](const Call& line) {
        if (call->method == "qstar" && !line.has("scorer"))
            call->scorer = line.has("policy") ? "q" : q_of(*call);
        if (is_stage(*call, call->policy)) call->policy = stage_model_file(call->run, call->policy);
        call->width_given = line.has("width");
        search(*call);
    };
    return search_command;
}

} // namespace qstar::search
