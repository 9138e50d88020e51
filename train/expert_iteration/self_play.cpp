#include "train/expert_iteration/self_play.h"

#include "engine/base/elementary.h"
#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/base/random.h"
#include "engine/base/range.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "search/models/gpt_proposer.h"
#include "search/models/gpt_scorer.h"
#include "search/models/stream.h"
#include "search/worlds/make_world.h"
#include "train/data/class/rare_draw.h"
#include "train/data/label_steps.h"
#include "train/data/problem_source.h"
#include "train/expert_iteration/expert_iteration.h"
#include "train/supervised/text_judge.h"

#include <algorithm>
#include <fmt/core.h>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace qstar::train {

namespace {

Json record_of(const SelfPlayOptions& options) {
    Json flags = stage_record(options);
    flags["inputs"] = {{"model.safetensors", input(model_path(options.stage.run, options.from))}};
    return flags;
}

// Step 2's options, as a part of this stage.
QOptions q_options(const SelfPlayOptions& options, uint64_t seed) {
    QOptions q = options.q;
    q.easy = options.easy;
    q.stage = options.stage;
    q.stage.seed = seed;
    q.loop.stop_after = options.loop.stop_after;
    q.loop.save_every = options.loop.save_every;
    q.loop.trains = options.loop.trains;
    return q;
}

class SelfPlay : public Recipe {
  public:
    SelfPlay(const SelfPlayOptions& options, const IterationSetup& setup, const Stage& stage)
        : options_(options), setup_(setup), stage_(stage), q_(q_options(options, setup.seed)) {
        if (options.rare == 0) return;
        ProblemSource source = problem_source_of(setup.run);
        if (!source.facts)
            fail("self-play: --rare wants a world that knows what a problem needs, as arithmetic "
                 "does; the run is of {}",
                 setup.world->name());
        rare_.emplace(std::move(source), Split::train, options.rare, setup.seed);
    }

    Outcome explore(const Round& round) override {
        const uint64_t seed =
            search::derive_stream(setup_.seed, static_cast<uint64_t>(round.number));
        search::GptProposer proposer(round.policy, setup_.tokenizer, seed);
        std::vector<std::string> problems = new_problems(round, seed);
        // Step 1: roll-outs.
        Stage q_stage(round.stage, "q", Json{{"round", round.number}});
        if (!q_stage.done()) {
            ExploreOptions explore = q_.explore;
            if (!guided(round)) explore.proposals = 0; // nobody takes a maximum over them
            make_rollouts(q_stage, beginnings(problems), proposer, *setup_.world, explore);
            // Step 2: Q-values, from them.
            if (!guided(round))
                q_stage.finish(Json::object());
            else if (fit_q(q_, q_stage, gathered(round), round.policy, round.policy_file) ==
                     Outcome::stopped)
                return Outcome::stopped;
        }
        rollouts_.clear();
        judged_ = 0;
        add_rollouts(q_stage);
        if (!guided(round) && options_.again > 0) roll_out_again(round, proposer);
        worth_ = train::worth_learning(rollouts_, options_.easy, setup_.seed);
        // Step 3: the search that they guide.
        searched_.clear();
        if (!guided(round)) return Outcome::finished;
        std::erase_if(problems, [&](const std::string& problem) { return !worth(problem); });
        values_ = load_model(q_stage.model());
        search::GptScorer scorer(*values_, setup_.tokenizer, search::Reading::whole_solution);
        searched_ = search_problems(round.stage, setup_.seed, problems, proposer, &scorer,
                                    options_.search, *setup_.world);
        return Outcome::finished;
    }

    // Step 4. Step 5 is that the policy imitates them.
    std::vector<CuratedItem> select(const Round& round) override {
        confirmed_ = confirm(
            searched_, rollouts_, [&](const search::Path& path) { return confirmed(path); },
            options_.keep);
        std::erase_if(confirmed_, [&](const CuratedItem& item) { return !worth(item.problem); });
        std::vector<CuratedItem> learned = confirmed_;
        if (options_.gather && round.number == gathering())
            for (int64_t before = 1; before < round.number; ++before)
                for (CuratedItem& item : read_curated(confirmed_in(before)))
                    learned.push_back(std::move(item));
        return learned;
    }

    double rate(const Round& round) const override {
        return math::power(options_.decay, round.number - 1) *
               (guided(round) ? options_.guided_rate : 1);
    }

    // Step 6.
    Json measure(const Round& round, const engine::Gpt& student) override {
        const search::World& world = *setup_.world;
        std::set<std::string> rolled_out, found;
        for (const Rollout& rollout : rollouts_)
            if (rollout.right) rolled_out.insert(rollout.path.problem);
        for (const SampledSolution& solution : searched_)
            if (world.solved({solution.problem, solution.steps, solution.finished}))
                found.insert(solution.problem);
        Json result{{"problems", count(round.number)},
                    {"judged", judged_ + static_cast<int64_t>(searched_.size())},
                    {"searched", searched_.size()},
                    {"solved_by_rollouts", rolled_out.size()},
                    {"solved_by_search", found.size()},
                    {"confirmed", confirmed_.size()},
                    {"sound", sound_share(confirmed_, world)},
                    {"dev_greedy", json_of(setup_.greedy(student))}};
        if (guided(round)) {
            search::GptProposer proposer = setup_.proposer(student);
            search::GptScorer scorer(*values_, setup_.tokenizer, search::Reading::whole_solution);
            result["dev_search"] =
                json_of(score_on(setup_.dev, proposer, &scorer, options_.search, world));
        }
        return result;
    }

    std::string sentence(const Json& result) const override {
        const auto share = [&](const char* name) {
            const Json& score = result[name];
            return fmt::format("{} of {}", score["solved"].get<int64_t>(),
                               score["n"].get<int64_t>());
        };
        std::string text = fmt::format("dev problems solved, greedy {}", share("dev_greedy"));
        if (result.contains("dev_search"))
            text += fmt::format(", by search {}", share("dev_search"));
        if (result.contains("confirmed"))
            text += fmt::format("; learned from {} confirmed solutions",
                                result["confirmed"].get<int64_t>());
        return text;
    }

  private:
    // Of the rounds so far, each its own; a round that is taken up again has the same.
    std::vector<std::string> new_problems(const Round& round, uint64_t seed) {
        if (options_.rare == 0)
            return problems_for(setup_.run, Split::train, count(round.number), seed);
        std::vector<std::string> problems;
        for (; drawn_ < round.number; ++drawn_) problems = rare_->next(count(drawn_ + 1));
        return problems;
    }
    bool guided(int64_t round) const { return options_.guided && round >= options_.guided_from; }
    bool guided(const Round& round) const { return guided(round.number); }
    // The last round without a search, where there is one; else the last.
    int64_t gathering() const {
        return options_.guided && options_.guided_from > 1 ? options_.guided_from - 1
                                                           : options_.rounds;
    }
    std::string confirmed_in(int64_t round) const {
        return stage_.path(round_folder(round) + "/confirmed.jsonl");
    }
    bool confirmed(const search::Path& path) const {
        return setup_.world->solved(path) &&
               (options_.supervision == "outcome" || sound(*setup_.world, path));
    }
    std::vector<Rollout> judged(const std::string& file) const {
        std::vector<Rollout> rollouts = read_rollouts(file);
        engine::parallel_for(std::ssize(rollouts), 64, [&](int64_t begin, int64_t end) {
            for (Rollout& rollout : std::span(rollouts).subspan(static_cast<size_t>(begin),
                                                                static_cast<size_t>(end - begin)))
                rollout.right = rollout.right && confirmed(rollout.path);
        });
        return rollouts;
    }
    // What stands in the stage's roll-outs; or of it, what is confirmed.
    void add_rollouts(const Stage& stage, bool confirmed_only = false) {
        for (Rollout& rollout : judged(stage.path("rollouts.jsonl"))) {
            judged_ += rollout.count;
            if (rollout.right || !confirmed_only) rollouts_.push_back(std::move(rollout));
        }
    }
    // Q's roll-outs: this round's and those of the last `q_rounds` before it.
    std::vector<Rollout> gathered(const Round& round) const {
        std::vector<Rollout> all;
        for (int64_t i = std::max<int64_t>(1, round.number - options_.q_rounds); i <= round.number;
             ++i) {
            for (const char* part : {"/q/rollouts.jsonl", "/again/rollouts.jsonl"}) {
                const std::string file = stage_.path(round_folder(i) + part);
                if (!exists(file)) continue;
                for (Rollout& rollout : judged(file)) all.push_back(std::move(rollout));
            }
            if (i == round.number) break;
            const std::set<std::string> worth =
                train::worth_learning(all, options_.easy, setup_.seed);
            std::erase_if(all, [&](const Rollout& r) { return !worth.contains(r.path.problem); });
        }
        return all;
    }
    // Without problems of which every roll-out had a held-out line: they are not in the file.
    // Whoever judges steps knows where the first mistake is: it is tried again from there.
    void roll_out_again(const Round& round, search::Proposer& proposer) {
        Stage stage(round.stage, "again", Json{{"round", round.number}});
        if (!stage.done()) {
            const ExploreOptions explore{options_.again, 0, options_.again_temperature};
            const std::vector<search::Path> starts = unsolved();
            make_rollouts(stage, starts, proposer, *setup_.world, explore);
            stage.finish(Json{{"problems", starts.size()}});
        }
        add_rollouts(stage, true);
    }
    // Of each problem without a right roll-out the longest beginning that is known to be right.
    std::vector<search::Path> unsolved() const {
        std::set<std::string> solved;
        for (const Rollout& rollout : rollouts_)
            if (rollout.right) solved.insert(rollout.path.problem);
        std::map<std::string, search::Path> longest; // by problem
        for (const Rollout& rollout : rollouts_) {
            const std::string& problem = rollout.path.problem;
            if (solved.contains(problem)) continue;
            search::Path& best =
                longest.try_emplace(problem, search::Path{problem, {}, false}).first->second;
            if (options_.supervision != "process") continue;
            search::Path right = right_beginning(*setup_.world, rollout.path);
            if (right.steps.size() > best.steps.size()) best = std::move(right);
        }
        std::vector<search::Path> starts;
        for (auto& [problem, path] : longest) starts.push_back(std::move(path));
        return starts;
    }
    bool worth(const std::string& problem) const {
        return options_.easy >= 1 || worth_.contains(problem);
    }
    int64_t count(int64_t round) const { // of problems
        if (guided(round) && options_.guided_problems > 0) return options_.guided_problems;
        const double grown = math::power(options_.growth, round - 1);
        return static_cast<int64_t>(static_cast<double>(options_.problems) * grown);
    }

    const SelfPlayOptions& options_;
    const IterationSetup& setup_;
    const Stage& stage_;
    QOptions q_;
    std::optional<RareDraw> rare_; // for rare problems
    int64_t drawn_ = 0;            // rounds whose problems it has given
    // Of the round:
    std::vector<Rollout> rollouts_;
    std::set<std::string> worth_; // problems that teach something (q_rollouts.h)
    int64_t judged_ = 0;          // roll-outs
    std::optional<engine::Gpt> values_;
    std::vector<SampledSolution> searched_;
    std::vector<CuratedItem> confirmed_;
};

} // namespace

std::vector<CuratedItem> confirm(std::span<const SampledSolution> searched,
                                 std::span<const Rollout> rollouts, const RightAnswer& right_answer,
                                 int64_t keep) {
    std::vector<std::string> order; // problems as they come
    std::map<std::string, std::vector<const std::vector<std::string>*>> right;
    const auto offer = [&](const std::string& problem, const std::vector<std::string>& steps) {
        const auto [at, is_new] = right.try_emplace(problem);
        if (is_new) order.push_back(problem);
        const bool known = std::any_of(at->second.begin(), at->second.end(),
                                       [&](const auto* other) { return *other == steps; });
        if (!known && static_cast<int64_t>(at->second.size()) < keep) at->second.push_back(&steps);
    };
    for (const SampledSolution& solution : searched)
        if (teachable(solution) && right_answer({solution.problem, solution.steps, true}))
            offer(solution.problem, solution.steps);
    std::vector<const Rollout*> often;
    for (const Rollout& rollout : rollouts)
        if (rollout.right && teachable({rollout.path.problem, rollout.path.steps, true}))
            often.push_back(&rollout);
    std::stable_sort(often.begin(), often.end(),
                     [](const Rollout* a, const Rollout* b) { return a->count > b->count; });
    for (const Rollout* rollout : often) offer(rollout->path.problem, rollout->path.steps);
    std::vector<CuratedItem> items;
    for (const std::string& problem : order)
        for (const auto* steps : right[problem]) items.push_back({problem, *steps});
    return items;
}

void describe(Flags& f, SelfPlayOptions& o) {
    describe(f, o.stage);
    describe(f, o.loop);
    describe(f, o.search);
    describe(f, o.q.explore);
    f.text("from", o.from, "stage whose model begins");
    f.number("rounds", o.rounds, 1, 100'000, "of search and learning");
    f.number("problems", o.problems, 1, kMost, "new training problems each round");
    f.number("epochs", o.epochs, 1, kMost, "passes over a round's confirmed solutions");
    f.number("keep", o.keep, 1, kMost, "different solutions of a problem, at most");
    f.truth("restart", o.restart, "each round tunes the first model, not the last");
    f.truth("guided", o.guided, "search with Q; without: roll-outs only");
    f.number("guided-from", o.guided_from, 1, o.rounds, "the first round with a search, if guided")
        .only_if(o.guided_from > 1);
    f.number("guided-problems", o.guided_problems, 0, kMost,
             "new training problems of a round with a search; 0: --problems")
        .only_if(o.guided_problems > 0);
    f.number("guided-rate", o.guided_rate, 0, 1,
             "learning rates of a round with a search, to those of one without")
        .only_if(o.guided_rate != 1);
    f.number("again", o.again, 0, 1'000'000, "further roll-outs of problems that none has solved")
        .only_if(o.again > 0);
    f.number_above("again-explore", o.again_temperature, 0, 100, "temperature of these")
        .only_if(o.again > 0);
    f.choice("supervision", o.supervision, {"outcome", "process"},
             "the verifier judges answers, or all steps")
        .only_if(o.supervision != "outcome");
    f.truth("gather", o.gather,
            "the last round without a search learns what all before it have confirmed, too")
        .only_if(o.gather);
    f.number("growth", o.growth, 1, 100, "problems of a round without a search, to the one before")
        .only_if(o.growth != 1);
    f.number("decay", o.decay, 0, 1, "learning rates of a round, to the one before")
        .only_if(o.decay != 1);
    f.number("rare", o.rare, 0, kMost,
             "draw what needs rare facts more often: with N / (N + uses of the rarest); 0: never")
        .only_if(o.rare > 0);
    f.number("easy", o.easy, 0, 1, "learn so much of what all roll-outs of a problem solved")
        .only_if(o.easy < 1);
    f.number("dev-problems", o.dev_problems, 1, kMost, "on which each round is measured");
    f.number("q-lr", o.q.loop.lr, 0, 10, "learning rate of Q");
    f.choice("q-optimizer", o.q.loop.optimizer, {"adamw", "muon"}, "of Q, as --optimizer")
        .only_if(by_muon(o.q.loop));
    f.number("q-muon-lr", o.q.loop.muon_lr, 0, 10, "learning rate of Q's Muon at its peak")
        .only_if(by_muon(o.q.loop));
    f.number("q-batch", o.q.loop.batch, 1, 1'000'000, "roll-outs a step of Q");
    f.number("q-epochs", o.q.epochs, 1, kMost, "passes over the roll-outs in each iteration of Q");
    f.number("q-iterations", o.q.iterations, 1, kMost, "of Q's target network");
    f.choice("q-start", o.q.start, {"monte-carlo", "best", "zero"},
             "first targets of Q: monte-carlo, best or zero");
    f.number("q-rounds", o.q_rounds, 0, o.rounds,
             "Q learns from the roll-outs of so many rounds before it, too")
        .only_if(o.q_rounds > 0);
    f.number("q-each", o.q.each, 0, kMost,
             "Q learns from so many right and wrong roll-outs of a problem at most; 0: all")
        .only_if(o.q.each > 0);
    describe_judge(f, o.q.judge, "q-judge");
    search::world_flag(f, o.q.world).only_if(!o.q.world.empty());
}

Outcome self_play(const SelfPlayOptions& options) {
    check(flags_of(options));
    check_trains(options.loop, "self-play", Learner::writes);
    check(options.search);
    check(flags_of(options.q));
    require(options.stage.run, options.from, model_path(options.stage.run, options.from));
    Stage stage(options.stage, "self-play", record_of(options));
    if (stage.done()) return Outcome::finished;

    const IterationSetup setup = prepare(stage, options.q.world, options.dev_problems);
    SelfPlay recipe(options, setup, stage);
    const auto rounds = play_rounds(recipe, {options.loop, options.epochs, "confirmed"},
                                    {options.rounds, options.from, options.restart}, setup, stage);
    if (!rounds) return Outcome::stopped;
    if (options.guided) {
        make_folders(stage_folder(options.stage.run, "q-self-play"));
        write_file_atomic(
            model_path(options.stage.run, "q-self-play"),
            read_file(stage.path(round_folder(options.rounds) + "/q/model.safetensors")));
    }
    stage.finish(Json{{"rounds", *rounds}});
    return Outcome::finished;
}

} // namespace qstar::train
