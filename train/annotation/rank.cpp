#include "train/annotation/rank.h"

#include "engine/base/error.h"
#include "engine/base/range.h"
#include "engine/base/ranks.h"
#include "engine/io/files.h"
#include "engine/text/json.h"
#include "engine/text/jsonl.h"
#include "engine/text/utf8.h"
#include "search/problem/world.h"
#include "search/worlds/make_world.h"
#include "train/annotation/session.h"
#include "train/data/left_out.h"
#include "train/data/problem_source.h"
#include "train/run/batches.h"
#include "train/run/stage.h"

#include <algorithm>
#include <fmt/core.h>
#include <iostream>
#include <set>
#include <string>
#include <vector>

namespace qstar::train {

namespace {

std::vector<RankPrompt> prompts_of(const std::vector<SampledSolution>& solutions,
                                   const RankOptions& options) {
    std::vector<RankPrompt> prompts;
    const auto close = [&] { // the last one is complete: is there something to compare?
        if (!prompts.empty() && prompts.back().outputs.size() < 2) prompts.pop_back();
    };
    for (const SampledSolution& solution : solutions) {
        if (prompts.empty() || prompts.back().problem != solution.problem) {
            close();
            if (options.problems > 0 && std::ssize(prompts) == options.problems) return prompts;
            prompts.push_back({solution.problem, {}});
        }
        auto& outputs = prompts.back().outputs;
        const bool known =
            std::find(outputs.begin(), outputs.end(), solution.steps) != outputs.end();
        const bool empty = solution.steps.size() == 1 && solution.steps[0].empty();
        if (solution.finished && !known && !empty && std::ssize(outputs) < options.outputs)
            outputs.push_back(solution.steps);
    }
    close();
    return prompts;
}

// The first draws are the likeliest ones: a person should not be able to see that.
void shuffle_outputs(RankPrompt& prompt, uint64_t seed) {
    std::vector<int64_t> order(prompt.outputs.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int64_t>(i);
    shuffle(order, Random(seed, "rank/order/" + prompt.problem));
    auto outputs = prompt.outputs;
    for (size_t i = 0; i < order.size(); ++i)
        outputs[i] = prompt.outputs[static_cast<size_t>(order[i])];
    prompt.outputs = std::move(outputs);
}

void check(const RankOptions& options) {
    if (options.annotator != "simulated" && options.annotator != "me")
        fail("--annotator must be simulated or me, found \"{}\"; ranks from elsewhere are given to "
             "the stages as files: --labels FILE",
             options.annotator);
    check(flags_of(options));
    check_name("rank", options.name);
}

// How well the annotator agrees with the preference, and with another answer of its own.
struct Agreement {
    double pairs = 0, with_preference = 0, with_self = 0;

    void add(double better, double worse, const SimulatedAnnotator& annotator) {
        pairs += 1;
        with_preference += better > worse ? 1 : better < worse ? 0 : 0.5;
        const double p = prefers(annotator, better, worse);
        with_self += p * p + (1 - p) * (1 - p);
    }
};

struct Ranked {
    std::vector<RankedPair> pairs;
    Agreement agreement; // of the validation problems
};

// Orders the outputs; at the rate of disagreement a pair is then turned round.
void rank_simulated(const RankPrompt& prompt, const RankOptions& options, uint64_t seed,
                    const search::World& world, Ranked& ranked) {
    Random random(seed, "rank/judge/" + prompt.problem);
    std::vector<double> utilities;
    for (const auto& steps : prompt.outputs)
        utilities.push_back(
            utility(options.simulated.preference, world, {prompt.problem, steps, true}));
    const auto utility_of = [&](const std::vector<std::string>& steps) {
        const auto at = std::find(prompt.outputs.begin(), prompt.outputs.end(), steps);
        return utilities[static_cast<size_t>(at - prompt.outputs.begin())];
    };
    const auto places = order(options.simulated, utilities, random);
    for (RankedPair& pair : pairs_of(prompt.problem, prompt.outputs, places)) {
        if (utility_of(pair.chosen) == utility_of(pair.rejected)) continue; // equally good
        if (random.uniform() < options.simulated.disagreement)
            std::swap(pair.chosen, pair.rejected);
        if (validation_problem(prompt.problem))
            ranked.agreement.add(utility_of(pair.chosen), utility_of(pair.rejected),
                                 options.simulated);
        ranked.pairs.push_back(std::move(pair));
    }
}

void show(const RankPrompt& prompt, size_t number, size_t of, std::ostream& out) {
    out << fmt::format("\n[{} of {}]  {}\n\n", number + 1, of, printable(prompt.problem));
    for (size_t i = 0; i < prompt.outputs.size(); ++i) {
        out << fmt::format("  {}", i + 1);
        for (const std::string& line : prompt.outputs[i]) out << "   " << printable(line);
        out << "\n";
    }
    out << "\n";
}

Reply ask(const RankPrompt& prompt, std::istream& in, std::ostream& out) {
    while (true) {
        out << "best first, as in \"2 1\" (\"2=1\": equally good); u: undo, q: quit > "
            << std::flush;
        const auto line = typed(in);
        if (!line || *line == "q") return {Reply::Kind::quit, {}};
        if (*line == "u") return {Reply::Kind::undo, {}};
        try {
            return {Reply::Kind::answered, read_order(*line, prompt.outputs.size())};
        } catch (const Error& error) {
            out << error.what() << "\n";
        }
    }
}

// What a person's answers say. Error if one does not fit its prompt.
std::vector<RankedPair> pairs_said(const RankSession& session, const std::string& file) {
    const Answers& answers = session.answers;
    std::vector<RankedPair> pairs;
    for (size_t i = 0; i < answers.size(); ++i) {
        const RankPrompt& prompt = session.items[i];
        if (answers[i].size() != prompt.outputs.size())
            fail("{}: expected places of the {} outputs under \"{}\", found {}", file,
                 prompt.outputs.size(), prompt.problem, answers[i].size());
        for (auto& pair : pairs_of(prompt.problem, prompt.outputs, answers[i]))
            pairs.push_back(std::move(pair));
    }
    return pairs;
}

RankSession read_prompts(const RankOptions& options, const std::string& file, uint64_t seed) {
    BadLines bad(options.stage.skip_bad);
    // A person may rank what the world does not know.
    const bool simulated = options.annotator == "simulated";
    std::vector<RankPrompt> prompts = prompts_of(
        simulated ? read_solutions(file, bad,
                                   *search::make_world(world_of(options.stage.run, options.world)))
                  : read_solutions(file, bad),
        options);
    settle(bad, options.stage, options.name, file);
    if (prompts.empty()) fail("{}: no problem has two different finished solutions", file);
    for (RankPrompt& prompt : prompts) shuffle_outputs(prompt, seed);
    return {std::move(prompts)};
}

// Writes the ranks that there are; with those of all prompts the stage is finished.
void write_ranks(Stage& stage, const Ranked& ranked, size_t judged, size_t prompts) {
    std::vector<Json> lines;
    for (const RankedPair& pair : ranked.pairs) lines.push_back(json_of(pair));
    write_jsonl(stage.path("ranks.jsonl"), lines);
    if (judged < prompts) return;
    Json result{{"prompts", judged}, {"pairs", ranked.pairs.size()}};
    const Agreement& agreement = ranked.agreement;
    if (agreement.pairs > 0) {
        result["val_pairs"] = agreement.pairs;
        result["val_ceiling"] = agreement.with_preference / agreement.pairs;
        result["val_agreement"] = agreement.with_self / agreement.pairs;
    }
    stage.finish(result);
}

} // namespace

std::vector<int> read_order(const std::string& text, size_t outputs) {
    std::vector<int> places(outputs, 0);
    int place = 1;
    bool same = false; // "=" before the next number
    for (const char c : text) {
        if (c == ' ' || c == '\t' || c == ',' || c == '>') continue;
        if (c == '=') {
            same = true;
            continue;
        }
        const int number = c - '0';
        if (number < 1 || number > static_cast<int>(outputs))
            fail("expected numbers from 1 to {}, found \"{}\"", outputs, c);
        int& of_output = places[static_cast<size_t>(number - 1)];
        if (of_output != 0) fail("output {} stands there twice", number);
        if (!same && std::count(places.begin(), places.end(), 0) < std::ssize(places)) ++place;
        of_output = place;
        same = false;
    }
    for (size_t i = 0; i < outputs; ++i)
        if (places[i] == 0) fail("output {} is missing", i + 1);
    return places;
}

RankSession read_session(const RankOptions& options) {
    check(options);
    RankSession session = read_prompts(options, solutions_file(options), seed_of(options.stage));
    take_up(session, options.stage.run, options.name);
    return session;
}

void save_session(const RankOptions& options, const RankSession& session) {
    Stage stage(options.stage, options.name, annotation_record(options, solutions_file(options)));
    if (stage.done()) return;
    const Ranked ranked{pairs_said(session, answers_file(stage)), {}};
    save_answers(stage, session.answers);
    write_ranks(stage, ranked, session.answers.size(), session.items.size());
}

void describe(Flags& f, RankOptions& o) {
    describe(f, o.stage);
    f.text("annotator", o.annotator,
           "who ranks: simulated (an annotator with a hidden preference), or me")
        .offers({"simulated", "me"});
    f.number("outputs", o.outputs, 2, 9, "shown of each prompt, at most");
    f.number("problems", o.problems, 0, kMost, "rank only the first so many prompts; 0: all");
    f.text("solutions", o.solutions, "a file of solutions, instead of DIR/samples").content();
    describe_skip_bad(f, o.stage);
    f.text("name", o.name, "folder in the run, for ranks by several annotators").quiet();
    const size_t own = f.all.size();
    describe(f, o.simulated);
    for (size_t i = own; i < f.all.size(); ++i) f.all[i].only_if(o.annotator == "simulated");
    search::world_flag(f, o.world);
}

void rank(const RankOptions& options, std::istream& in, std::ostream& out) {
    check(options);
    const std::string file = solutions_file(options);
    Stage stage(options.stage, options.name, annotation_record(options, file));
    if (stage.done()) return;
    RankSession session = read_prompts(options, file, stage.seed());
    const std::vector<RankPrompt>& prompts = session.items;

    const auto world = search::make_world(world_of(options.stage.run, options.world));
    Ranked ranked;
    size_t judged = prompts.size();
    if (options.annotator == "me") {
        ask_all<RankPrompt>(session, stage, [&](size_t i, const std::vector<int>&) {
            show(prompts[i], i, prompts.size(), out);
            return ask(prompts[i], in, out);
        });
        judged = session.answers.size();
        ranked.pairs = pairs_said(session, answers_file(stage));
    } else {
        for (const RankPrompt& prompt : prompts)
            rank_simulated(prompt, options, stage.seed(), *world, ranked);
    }
    write_ranks(stage, ranked, judged, prompts.size());
    if (!options.stage.quiet)
        out << fmt::format("{}: {} of {} prompts ranked, {} pairs{}\n", options.name, judged,
                           prompts.size(), ranked.pairs.size(),
                           judged < prompts.size() ? "; the same command goes on" : "");
}

void rank(const RankOptions& options) {
    if (options.annotator == "me") engine::require_one_rank("a person at the keyboard");
    rank(options, std::cin, std::cout);
}

} // namespace qstar::train
