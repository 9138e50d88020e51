#pragma once
// Stand-ins for the models: a table of steps with known probabilities, and a scorer
// that is a function of the path.

#include "engine/base/error.h"
#include "engine/base/random.h"
#include "search/models/proposer.h"
#include "search/models/scorer.h"
#include "search/problem/public_rules.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <thread>

namespace qstar::search {

// Rules that are functions of the path. With a goal it is public.
struct FunctionRules : PublicRules {
    std::function<bool(const Path&)> at_goal, is_legal;
    std::function<std::string(const Path&)> state_of;
    std::function<std::string(std::string_view)> form_of;

    std::string canonical_answer(std::string_view answer) const override {
        return form_of ? form_of(answer) : std::string(answer);
    }
    std::string state(const Path& path) const override {
        return state_of ? state_of(path) : PublicRules::state(path);
    }
    bool public_goal() const override { return static_cast<bool>(at_goal); }
    bool goal(const Path& path) const override { return at_goal(path); }
    bool legal(const Path& path) const override { return !is_legal || is_legal(path); }
};

struct TableStep {
    std::string text;
    bool final = false;
    double probability = 0;
};

// Draws the next step from the table's row for the last line, or lists the likeliest ones. With
// `all`, gives every step of the row instead. A request costs one token for each line of its path,
// and one for each step drawn.
struct TableProposer : Proposer {
    std::map<std::string, std::vector<TableStep>> table;
    bool all = false;
    int calls = 0;
    size_t largest_batch = 0;
    std::set<std::thread::id> threads;

    void count(size_t batch) {
        ++calls;
        largest_batch = std::max(largest_batch, batch);
        threads.insert(std::this_thread::get_id());
    }
    const TableStep* draw(const Path& path, float temperature, Random random) const {
        const auto row = table.find(path.steps.empty() ? path.problem : path.steps.back());
        if (row == table.end()) return nullptr;
        const auto likelier = [](const TableStep& a, const TableStep& b) {
            return a.probability < b.probability;
        };
        if (temperature <= 0)
            return &*std::max_element(row->second.begin(), row->second.end(), likelier);
        double u = random.uniform();
        for (const TableStep& step : row->second)
            if ((u -= step.probability) < 0) return &step;
        return &row->second.back();
    }
    static Random random_of(const ProposeRequest& request, int sample, size_t step) {
        return Random(
            7, derive_stream(derive_stream(request.stream, static_cast<uint64_t>(sample)), step));
    }
    static std::vector<TableStep> likeliest(std::vector<TableStep> steps,
                                            const ProposeRequest& request) {
        std::erase_if(steps, [&](const TableStep& step) {
            return std::ranges::any_of(request.known, [&](const Proposal& known) {
                return known.text == step.text && known.final == step.final;
            });
        });
        std::stable_sort(steps.begin(), steps.end(), [](const TableStep& a, const TableStep& b) {
            return a.probability > b.probability;
        });
        steps.resize(std::min(steps.size(), static_cast<size_t>(request.samples)));
        return steps;
    }
    std::vector<Proposals> propose(std::span<const ProposeRequest> requests) override {
        count(requests.size());
        std::vector<Proposals> results;
        for (const ProposeRequest& request : requests) {
            if (request.path.problem.empty()) fail("the problem is empty");
            Proposals out;
            const int64_t prefix = prefix_tokens(request.path);
            out.tokens = std::min(prefix, request.limit);
            const auto add = [&](const TableStep& step) {
                if (out.tokens >= request.limit) return;
                ++out.generated;
                ++out.tokens;
                for (Proposal& known : out.steps)
                    if (known.text == step.text && known.final == step.final) {
                        ++known.count;
                        return;
                    }
                out.steps.push_back(
                    {step.text, step.final, static_cast<float>(std::log(step.probability)), 1});
            };
            const auto row = table.find(request.path.steps.empty() ? request.path.problem
                                                                   : request.path.steps.back());
            if (all && row != table.end())
                for (const TableStep& step : row->second) add(step);
            const bool listed = request.n_best && row != table.end() && !all;
            if (listed)
                for (const TableStep& step : likeliest(row->second, request)) add(step);
            for (int s = 0; !all && !listed && s < request.samples; ++s)
                if (const TableStep* step = draw(request.path, request.temperature,
                                                 random_of(request, s, request.path.steps.size())))
                    add(*step);
            results.push_back(std::move(out));
        }
        return results;
    }
    int64_t prefix_tokens(const Path& path) const override {
        return static_cast<int64_t>(path.steps.size()) + 1;
    }
    std::vector<std::vector<Solution>> complete(std::span<const ProposeRequest> requests) override {
        count(requests.size());
        std::vector<std::vector<Solution>> results;
        for (const ProposeRequest& request : requests) {
            if (request.path.problem.empty()) fail("the problem is empty");
            std::vector<Solution> solutions;
            int64_t left = request.limit;
            for (int s = 0; s < request.samples && left > 0; ++s) {
                Solution solution{request.path, {}, s == 0 ? 1 : 0};
                while (!solution.path.finished) {
                    const size_t at = solution.path.steps.size();
                    const TableStep* step =
                        draw(solution.path, request.temperature, random_of(request, s, at));
                    if (step == nullptr) break;
                    solution.path.steps.push_back(step->text);
                    solution.path.finished = step->final;
                    solution.log_probs.push_back(static_cast<float>(std::log(step->probability)));
                    ++solution.tokens;
                }
                if (solution.tokens > left) solution = {request.path, {}, left};
                left -= solution.tokens;
                solutions.push_back(std::move(solution));
            }
            results.push_back(std::move(solutions));
        }
        return results;
    }
};

// Every step's score from the path up to it; one token a step.
struct FunctionScorer : Scorer {
    std::function<float(const Path&)> score_of;
    int64_t scored = 0;

    int64_t score_tokens(const Path& path) const override {
        return static_cast<int64_t>(path.steps.size());
    }
    explicit FunctionScorer(std::function<float(const Path&)> f) : score_of(std::move(f)) {}
    std::vector<Scores> score(std::span<const Path> paths) override {
        std::vector<Scores> results;
        for (const Path& path : paths) {
            ++scored;
            Scores out;
            Path part{path.problem, {}, false};
            for (const std::string& step : path.steps) {
                part.steps.push_back(step);
                part.finished = path.finished && part.steps.size() == path.steps.size();
                out.steps.push_back(score_of(part));
                ++out.tokens;
            }
            results.push_back(std::move(out));
        }
        return results;
    }
};

// The verifier of tables whose right answer is "yes".
inline bool says_yes(const Path& path) { return path.steps.back() == "yes"; }

// A random graph of lines: from each, steps to later lines or to answers.
inline TableProposer random_graph(Random& random, int lines) {
    TableProposer p;
    p.all = true;
    for (int i = 0; i < lines; ++i) {
        std::vector<TableStep> row;
        const int steps = 1 + static_cast<int>(random.below(4));
        double sum = 0;
        for (int s = 0; s < steps; ++s) {
            const int to = i + 1 + static_cast<int>(random.below(static_cast<uint64_t>(lines)));
            const std::string text =
                to < lines ? "n" + std::to_string(to) : "a" + std::to_string(to % 3);
            const bool known = std::any_of(row.begin(), row.end(),
                                           [&](const TableStep& t) { return t.text == text; });
            if (known) continue;
            row.push_back({text, to >= lines, 0.05 + random.uniform()});
            sum += row.back().probability;
        }
        for (TableStep& step : row) step.probability /= sum;
        p.table["n" + std::to_string(i)] = row;
    }
    return p;
}

inline float line_score(const std::string& line) {
    return 0.05f + 0.9f * static_cast<float>(hash_name(line) % 1000) / 1000.0f;
}

} // namespace qstar::search
