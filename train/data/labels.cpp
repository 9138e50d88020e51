#include "train/data/labels.h"

#include "engine/base/error.h"
#include "engine/base/random.h"
#include "engine/text/joined.h"
#include "engine/text/jsonl.h"
#include "train/data/texts.h"

#include <algorithm>
#include <unordered_map>

namespace qstar::train {

namespace {

using search::Label;

// How many keys come with both truths.
class BothWays {
  public:
    void add(const std::string& key, bool right) {
        unsigned& seen = seen_[hash_name(key)];
        const unsigned before = seen;
        seen |= right ? 1u : 2u;
        count_ += before != 3 && seen == 3;
    }
    int64_t count() const { return count_; }

  private:
    std::unordered_map<uint64_t, unsigned> seen_;
    int64_t count_ = 0;
};

SampledSolution solution_of(const JsonLine& line) {
    return {string_field(line, "problem"), strings_field(line, "steps"),
            bool_field(line, "finished")};
}

} // namespace

Json json_of(const SampledSolution& solution) {
    return {
        {"problem", solution.problem}, {"steps", solution.steps}, {"finished", solution.finished}};
}

std::vector<SampledSolution> read_solutions(const std::string& path, BadLines& bad) {
    std::vector<SampledSolution> solutions;
    read_jsonl(path, bad, [&](const JsonLine& line) { solutions.push_back(solution_of(line)); });
    return solutions;
}

std::vector<SampledSolution> read_solutions(const std::string& path, BadLines& bad,
                                            const search::World& world) {
    std::vector<SampledSolution> solutions;
    read_jsonl(path, bad, [&](const JsonLine& line) {
        SampledSolution solution = solution_of(line);
        if (solutions.empty() || solution.problem != solutions.back().problem) {
            try {
                world.answer(solution.problem);
            } catch (const Error& why) {
                fail("{}: field \"problem\": {}", line.where, why.what());
            }
        }
        solutions.push_back(std::move(solution));
    });
    return solutions;
}

std::vector<SampledSolution> read_solutions(const std::string& path) {
    return read_strictly<std::vector<SampledSolution>>(path, read_solutions);
}

Json json_of(const OutcomeLabel& label) {
    const std::string completion = joined(label.steps, "\n");
    Json json{{"prompt", label.problem}, {"completion", completion}, {"label", label.right}};
    if (!reads_back(label.steps)) json["completion_steps"] = label.steps;
    return json;
}

std::vector<OutcomeLabel> read_outcomes(const std::string& path, BadLines& bad) {
    std::vector<OutcomeLabel> labels;
    read_jsonl(path, bad, [&](const JsonLine& line) {
        OutcomeLabel label{
            problem_field(line, "prompt"), {}, truth_field(line, "label"), line.where};
        label.steps = has_field(line, "completion_steps")
                          ? strings_field(line, "completion_steps")
                          : lines_of(answered_field(line, "completion").solution);
        labels.push_back(std::move(label));
    });
    return labels;
}

std::vector<OutcomeLabel> read_outcomes(const std::string& path) {
    return read_strictly<std::vector<OutcomeLabel>>(path, read_outcomes);
}

int64_t contradictions(std::span<const OutcomeLabel> labels) {
    BothWays both;
    for (const OutcomeLabel& label : labels)
        both.add(label.problem + "\n\n" + joined(label.steps, "\n"), label.right);
    return both.count();
}

int64_t contradictions(std::span<const StepLabels> labels) {
    BothWays both;
    for (const StepLabels& judged : labels) {
        std::string path = judged.problem + "\n";
        const size_t first = judged.steps.size() - judged.labels.size();
        for (size_t i = 0; i < judged.steps.size(); ++i) {
            path += "\n" + judged.steps[i];
            if (i >= first) both.add(path, judged.labels[i - first] != Label::wrong);
        }
    }
    return both.count();
}

} // namespace qstar::train
