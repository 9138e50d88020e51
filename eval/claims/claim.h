#pragma once
// A claim of the talk as an experiment.
//
// Each claim is a file of its own: one sentence, an experiment, a measure, and the rule that
// turns the numbers into a verdict. The rules were written before any number was seen, and
// are printed beside the verdict; those of claims 2 and 12 got their margin later (eval/LOG.md):
// without one, no number of problems can say that there is no difference. Claims 4, 6 and 12 got
// more problems: too few had left 4 and 12 undecided. Read imitation.cpp first.

#include "engine/run/flags.h"
#include "engine/text/json.h"
#include "eval/measure/interval.h"

#include <cstdint>
#include <string>
#include <vector>

namespace qstar::eval {

class ClaimContext; // claim_context.h

enum class Verdict { holds, fails, undecided };
std::string name_of(Verdict verdict); // "holds", "does not hold", "undecided"

// A number of an experiment: a share with its 95 % interval (Wilson), or, without n, a value.
struct Number {
    std::string name;
    int64_t solved = 0, n = 0;
    double value = 0;
    std::string unit = {}; // of the value
    int decimals = 1;      // of it that are worth reading

    Interval interval() const { return wilson(solved, n); }
};
Number share(std::string name, int64_t solved, int64_t n);
Number value(std::string name, double value, std::string unit, int decimals = 1);

struct Findings {
    Verdict verdict = Verdict::undecided;
    std::string why; // one sentence
    std::vector<Number> numbers = {};
    std::string command = {}; // that makes what is missing; empty: this claim's own
};

struct Claim {
    int number = 0;
    const char* statement;
    const char* experiment;
    const char* measure;
    const char* rule;
    Findings (*examine)(ClaimContext& shared);
};

// The twelve, in order.
extern const Claim imitation, context, ranks_and_preference, supervision, step_token, stopping,
    staircase, deployment, domain, calculator, pathway, success_signal;
const std::vector<Claim>& all_claims();

// Two methods on the same problems, compared by those that exactly one of them solves: of
// these, the share that the first one solves. More often than not, beyond doubt, if the whole
// interval is above one half.
struct Duel {
    int64_t wins = 0, losses = 0;
    Interval interval() const { return wilson(wins, wins + losses); }
    bool won() const { return interval().low > 0.5; }
    bool lost() const { return interval().high < 0.5; }
    // What the first solves more than the second, as a share of all `n` problems.
    Interval difference(int64_t n) const;
};
inline constexpr double kMargin = 0.05; // of the problems: a smaller difference is none
Duel duel(const std::vector<bool>& first, const std::vector<bool>& second);
Number share(std::string name, const Duel& duel);

// How the claims of a run are examined.
struct ClaimsOptions {
    std::string run = "runs/demo";
    uint64_t seed = 1;
    bool quick = false;    // the demo's size: fewer problems, wider intervals
    std::vector<int> only; // numbers of claims; empty: all
    bool brief = false;    // print the verdicts only
    bool quiet = false;
    int64_t most = 0;  // problems of an experiment at most; 0: as the size says
    bool list = false; // print the claims and their rules, measure nothing
};
void describe(Flags& f, ClaimsOptions& o);

} // namespace qstar::eval
