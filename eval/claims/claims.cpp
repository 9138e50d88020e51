#include "eval/claims/claims.h"

#include "engine/base/error.h"
#include "engine/base/range.h"
#include "engine/io/files.h"
#include "engine/io/progress.h"
#include "engine/run/run_folder.h"
#include "engine/text/jsonl.h"
#include "engine/text/sentence.h"
#include "eval/claims/claim_context.h"
#include "eval/measure/table.h"

#include <algorithm>
#include <fmt/core.h>
#include <string>
#include <vector>

namespace qstar::eval {

std::string name_of(Verdict verdict) {
    return verdict == Verdict::holds   ? "holds"
           : verdict == Verdict::fails ? "does not hold"
                                       : "undecided";
}

Number share(std::string name, int64_t solved, int64_t n) {
    return {std::move(name), solved, n, 0};
}
Number share(std::string name, const Duel& duel) {
    return share(std::move(name), duel.wins, duel.wins + duel.losses);
}
Number value(std::string name, double value, std::string unit, int decimals) {
    return {std::move(name), 0, 0, value, std::move(unit), decimals};
}

Duel duel(const std::vector<bool>& first, const std::vector<bool>& second) {
    Duel out;
    for (size_t i = 0; i < first.size(); ++i) {
        out.wins += first[i] && !second[i];
        out.losses += !first[i] && second[i];
    }
    return out;
}

Interval Duel::difference(int64_t n) const {
    const double decided = static_cast<double>(wins + losses) / static_cast<double>(n);
    const Interval share = interval();
    return {(2 * share.low - 1) * decided, (2 * share.high - 1) * decided};
}

const std::vector<Claim>& all_claims() {
    static const std::vector<Claim> all = {
        imitation,  context, ranks_and_preference, supervision, step_token,    stopping, staircase,
        deployment, domain,  calculator,           pathway,     success_signal};
    return all;
}

void describe(Flags& f, ClaimsOptions& o) {
    f.text("run", o.run, "the run's folder");
    f.seed(o.seed);
    f.mark("quick", o.quick, "fewer problems, wider intervals");
    f.number("problems", o.most, 0, kMost, "of an experiment, at most");
    f.list("only", o.only, "numbers of claims: 4,7");
    f.mark("list", o.list, "print the claims and their rules, measure nothing").quiet();
}

std::vector<Examined> examine_claims(const ClaimsOptions& options) {
    const std::vector<Claim>& all = all_claims();
    check(flags_of(options));
    for (const int number : options.only)
        if (number < 1 || number > static_cast<int>(all.size()))
            fail("--only: expected a claim's number, 1 to {}, found {}", all.size(), number);
    const auto wanted = [&](const Claim& claim) {
        return options.only.empty() || std::find(options.only.begin(), options.only.end(),
                                                 claim.number) != options.only.end();
    };
    require_run(options.run);
    ClaimContext shared(options);
    std::vector<Examined> out;
    const auto total = std::count_if(all.begin(), all.end(), wanted);
    Progress progress("claims", total, "claims", 0, options.quiet);
    for (const Claim& claim : all) {
        if (!wanted(claim)) continue;
        try {
            out.push_back({&claim, claim.examine(shared)});
        } catch (const JsonError& e) {
            fail("claim {}: a JSON file of {} is not what its command writes: {}", claim.number,
                 options.run, sentence_of(e));
        }
        progress.update(std::ssize(out),
                        fmt::format("{}: {}", claim.number, name_of(out.back().findings.verdict)));
    }
    progress.finish();
    return out;
}

Json json_of(const Examined& examined, const ClaimsOptions& options) {
    Table numbers({{"name", ""}, {"", ""}, {"value", ""}, {"unit", ""}, {"decimals", ""}});
    for (const Number& number : examined.findings.numbers) {
        if (number.n > 0)
            numbers.add({number.name, Share{number.solved, number.n}, {}, {}, {}});
        else
            numbers.add({number.name, {}, number.value, number.unit, int64_t{number.decimals}});
    }
    const Claim& claim = *examined.claim;
    ClaimsOptions alone = options;
    alone.only = {claim.number};
    const std::string own = command_line("eval claims", flags_of(alone), flags_of(ClaimsOptions()),
                                         run_seed(options.run));
    return {{"number", claim.number},
            {"statement", claim.statement},
            {"experiment", claim.experiment},
            {"measure", claim.measure},
            {"rule", claim.rule},
            {"verdict", name_of(examined.findings.verdict)},
            {"why", examined.findings.why},
            {"quick", options.quick},
            {"most", options.most},
            {"seed", options.seed},
            {"command", examined.findings.command.empty() ? own : examined.findings.command},
            {"numbers", numbers.json()}};
}

namespace {

std::string markdown(const Json& claim) {
    std::string out =
        fmt::format("## {}. {}\n\n**{}**: {}\n\n- Experiment: {}\n- Measure: {}\n- Rule: {}\n",
                    claim.at("number").get<int>(), claim.at("statement").get<std::string>(),
                    claim.at("verdict").get<std::string>(), claim.at("why").get<std::string>(),
                    claim.at("experiment").get<std::string>(),
                    claim.at("measure").get<std::string>(), claim.at("rule").get<std::string>());
    out += fmt::format("- Seed {}{}: `{}`\n", claim.at("seed").get<uint64_t>(),
                       claim.at("quick").get<bool>() ? ", quick size" : "",
                       claim.at("command").get<std::string>());
    if (claim.at("numbers").empty()) return out + "\n";
    out += "\n| | share or value | 95 % interval | counts |\n|---|---:|---:|---:|\n";
    for (const Json& row : claim.at("numbers")) {
        const std::string name = row.at("name");
        if (row.contains("n"))
            out +=
                fmt::format("| {} | {:.1f} % | {:.1f} - {:.1f} | {} / {} |\n", name,
                            100 * row.at("solved").get<double>() / row.at("n").get<double>(),
                            100 * row.at("low").get<double>(), 100 * row.at("high").get<double>(),
                            row.at("solved").get<int64_t>(), row.at("n").get<int64_t>());
        else
            out += fmt::format("| {} | {:.{}f} {} | | |\n", name, row.at("value").get<double>(),
                               row.at("decimals").get<int>(), row.at("unit").get<std::string>());
    }
    return out + "\n";
}

// Error, with its place, if it is no claim.
std::string markdown_of(const JsonLine& line) {
    try {
        return markdown(line.value);
    } catch (const JsonError& e) {
        fail("{}: expected a claim: {}", line.where, sentence_of(e));
    }
}

} // namespace

void claims(const ClaimsOptions& options) {
    const std::string path = join_path(options.run, "claims.json");
    std::vector<Json> rows(all_claims().size()); // by number
    if (!options.only.empty() && exists(path))
        for (const JsonLine& line : array_field(read_json(path), "claims"))
            if (const int64_t n = int_field(line, "number"); n >= 1 && n <= std::ssize(rows)) {
                markdown_of(line);
                rows[static_cast<size_t>(n - 1)] = line.value;
            }
    std::string printed;
    for (const Examined& examined : examine_claims(options)) {
        Json row = json_of(examined, options);
        printed += options.brief
                       ? fmt::format("{:2}. {:<14}{}\n", examined.claim->number,
                                     name_of(examined.findings.verdict), examined.claim->statement)
                       : markdown(row);
        rows[static_cast<size_t>(examined.claim->number - 1)] = std::move(row);
    }
    Json list = Json::array();
    std::string text = "# The talk's claims\n\nHeld-out problems only; 95 % intervals after "
                       "Wilson; the rules were written before the numbers.\n\n";
    for (Json& row : rows) {
        if (row.is_null()) continue;
        text += markdown(row);
        list.push_back(std::move(row));
    }
    bool quick = false;
    for (const Json& row : list) quick = quick || row.value("quick", false);
    write_json(path, Json{{"seed", options.seed}, {"quick", quick}, {"claims", list}});
    write_file_atomic(join_path(options.run, "claims.md"), text);
    if (!options.quiet) fmt::print("\n{}", printed);
}

void list_claims() {
    for (const Claim& claim : all_claims())
        fmt::print("{:2}. {}\n    Rule: {}\n", claim.number, claim.statement, claim.rule);
}

} // namespace qstar::eval
