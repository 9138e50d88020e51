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
#include "search/worlds/make_world.h"
#include "train/data/class/rare_draw.h"
#include "train/data/label_steps.h"
#include "train/data/problem_source.h"
#include "train/expert_iteration/confirm.h"
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
        const uint64_t seed = derive_stream(setup_.seed, static_cast<uint64_t>(round.number));
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
