#include "train/q_learning/q_rollouts.h"

#include "engine/base/error.h"
#include "engine/base/random.h"
#include "engine/text/jsonl.h"
#include "train/data/worlds/split.h"
#include "train/run/resumable_map.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace qstar::train {

void describe(Flags& f, ExploreOptions& o) {
    f.number("samples", o.samples, 1, 1'000'000, "roll-outs of each problem");
    f.number("next", o.proposals, 0, 1'000'000,
             "draws of the next step at each state, for the maximum");
    f.number_above("explore", o.temperature, 0, 100, "temperature of the roll-outs");
}

Json json_of(const Rollout& rollout) {
    Json next = Json::array();
    for (const auto& steps : rollout.next) {
        Json list = Json::array();
        for (const NextStep& step : steps)
            list.push_back({{"text", step.text}, {"final", step.final}});
        next.push_back(list);
    }
    return {{"problem", rollout.path.problem},
            {"steps", rollout.path.steps},
            {"finished", rollout.path.finished},
            {"right", rollout.right},
            {"count", rollout.count},
            {"next", next}};
}

namespace {

Rollout rollout_of(const JsonLine& line) {
    Rollout rollout;
    rollout.path = {string_field(line, "problem"), strings_field(line, "steps"),
                    bool_field(line, "finished")};
    rollout.right = bool_field(line, "right");
    rollout.count = int_field(line, "count");
    if (rollout.path.steps.empty()) fail("{}: expected at least one step, found none", line.where);
    if (rollout.count < 1)
        fail("{}: field \"count\": expected 1 or more, found {}", line.where, rollout.count);
    if (rollout.right && !rollout.path.finished)
        fail("{}: a solution without an end is called right", line.where);
    if (!line.value.contains("next") || !line.value["next"].is_array() ||
        line.value["next"].size() != rollout.path.steps.size())
        fail("{}: field \"next\": expected a list for each of the {} steps", line.where,
             rollout.path.steps.size());
    for (const Json& list : line.value["next"]) {
        rollout.next.emplace_back();
        if (list.is_array() && list.empty()) continue; // as most are: do not copy
        for (const JsonLine& step : array_field({Json{{"next", list}}, line.where}, "next"))
            rollout.next.back().push_back({string_field(step, "text"), bool_field(step, "final")});
    }
    return rollout;
}

} // namespace

std::vector<Rollout> read_rollouts(const std::string& path) {
    return items_of_jsonl(path, rollout_of);
}

std::vector<Rollout> draw_rollouts(search::Proposer& proposer, const RightAnswer& right,
                                   std::span<const search::Path> starts, int64_t first,
                                   const ExploreOptions& options) {
    const auto stream = [&](const char* name, size_t i) {
        return derive_stream(hash_name(name), static_cast<uint64_t>(first) + i);
    };
    // Whole solutions, equal ones counted.
    std::vector<search::ProposeRequest> requests;
    for (size_t i = 0; i < starts.size(); ++i)
        requests.push_back({starts[i], static_cast<int>(options.samples),
                            static_cast<float>(options.temperature),
                            stream("train/q/rollouts", i)});
    std::vector<Rollout> rollouts;
    std::map<std::string, std::set<NextStep>> next; // text of a state -> steps seen there
    for (const auto& solutions : proposer.complete(requests)) {
        std::map<std::vector<std::string>, size_t> known;
        for (const search::Solution& solution : solutions) {
            const search::Path& path = solution.path;
            if (path.steps.empty() || any_held_out(path.steps)) continue;
            const auto [at, is_new] = known.try_emplace(path.steps, rollouts.size());
            if (!is_new) {
                ++rollouts[at->second].count;
                continue;
            }
            rollouts.push_back({path, path.finished && right(path), 1, {}});
            for (size_t step = 0; step < path.steps.size(); ++step)
                next[text_of(beginning(path, step))].insert(
                    {path.steps[step], path.finished && step + 1 == path.steps.size()});
        }
    }
    // At each state on the way, further next steps.
    requests.clear();
    std::set<std::string> asked;
    for (const Rollout& rollout : rollouts) {
        for (size_t step = 1; step < rollout.path.steps.size(); ++step) {
            const search::Path state = beginning(rollout.path, step);
            if (options.proposals < 1 || !asked.insert(text_of(state)).second) continue;
            requests.push_back(
                {state, static_cast<int>(options.proposals),
                 static_cast<float>(options.temperature),
                 derive_stream(hash_name("train/q/next"), hash_name(text_of(state)))});
        }
    }
    const auto proposed = proposer.propose(requests);
    for (size_t r = 0; r < requests.size(); ++r)
        for (const search::Proposal& proposal : proposed[r].steps)
            if (!held_out(proposal.text))
                next[text_of(requests[r].path)].insert({proposal.text, proposal.final});
    for (Rollout& rollout : rollouts) {
        for (size_t step = 1; step <= rollout.path.steps.size(); ++step) {
            rollout.next.emplace_back();
            if (step == rollout.path.steps.size()) break; // the end, or where it ran away
            const auto& steps = next[text_of(beginning(rollout.path, step))];
            rollout.next.back().assign(steps.begin(), steps.end());
        }
    }
    return rollouts;
}

std::set<std::string> worth_learning(std::span<const Rollout> rollouts, double easy,
                                     uint64_t seed) {
    std::map<std::string, bool> solved; // by problem: by all
    for (const Rollout& rollout : rollouts)
        solved.try_emplace(rollout.path.problem, true).first->second &= rollout.right;
    std::set<std::string> worth;
    for (const auto& [problem, always] : solved)
        if (!always || Random(seed, "rollouts/easy/" + problem).uniform() < easy)
            worth.insert(problem);
    return worth;
}

std::vector<search::Path> beginnings(std::span<const std::string> problems) {
    std::vector<search::Path> states;
    for (const std::string& problem : problems) states.push_back({problem, {}, false});
    return states;
}

void make_rollouts(const Stage& stage, std::span<const search::Path> starts,
                   search::Proposer& proposer, const search::World& world,
                   const ExploreOptions& options) {
    constexpr int64_t kChunk = 256; // problems
    const RightAnswer right = [&](const search::Path& path) { return world.solved(path); };
    resumable_map(stage, "rollouts.jsonl", "problems", static_cast<int64_t>(starts.size()), kChunk,
                  [&](int64_t first, int64_t count) {
                      const auto these =
                          starts.subspan(static_cast<size_t>(first), static_cast<size_t>(count));
                      std::vector<Json> lines;
                      for (const Rollout& rollout :
                           draw_rollouts(proposer, right, these, first, options))
                          lines.push_back(json_of(rollout));
                      return lines;
                  });
}

} // namespace qstar::train
