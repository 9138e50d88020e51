// Duels by hand, rules on numbers that are given, and the claims of a tiny pipeline.

#include "eval/claims/claims.h"

#include "engine/base/error.h"
#include "engine/io/files.h"
#include "engine/text/jsonl.h"
#include "eval/claims/written.h"
#include "search/models/encode.h"
#include "search/models/gpt_proposer.h"
#include "tests/eval/tiny_pipeline.h"
#include "tests/temporary.h"
#include "tests/train/quiet.h"
#include "train/data/searched.h"

#include <doctest/doctest.h>
#include <set>

using namespace qstar;
using namespace qstar::eval;

namespace {

ClaimsOptions options_for(const std::string& run, std::vector<int> only) {
    ClaimsOptions options;
    options.run = run;
    options.quiet = true;
    options.quick = true;
    options.most = 12;
    options.only = std::move(only);
    return options;
}

Findings examine(const std::string& run, int number) {
    return examine_claims(options_for(run, {number}))[0].findings;
}

Json preference_row(const char* policy, const char* from, double wins, int right) {
    return {{"policy", policy},
            {"learned_from", from},
            {"wins", wins},
            {"greedy_right", right},
            {"n", 500}};
}

} // namespace

TEST_CASE("a duel is decided by the problems that exactly one of both solves") {
    const Duel d = duel({true, true, false, false, true}, {true, false, true, false, false});
    CHECK(d.wins == 2);
    CHECK(d.losses == 1);
    CHECK_FALSE(d.won());
    CHECK_FALSE(d.lost());
    CHECK(Duel{20, 3}.won());
    CHECK(Duel{3, 20}.lost());
    CHECK_FALSE(Duel{0, 0}.won()); // nothing is known
    CHECK_FALSE(Duel{0, 0}.lost());
    CHECK_FALSE(Duel{12, 8}.won());
    // Of 1000 problems 63 and 34: 64.9 % of 97 (55.0 to 73.7), 10.0 to 47.4 % of 9.7 points.
    const Interval more = Duel{63, 34}.difference(1000);
    CHECK(more.low == doctest::Approx(0.0097).epsilon(0.01));
    CHECK(more.high == doctest::Approx(0.0460).epsilon(0.01));
    CHECK(Duel{0, 0}.difference(1000).high == 0.0); // both solve the same
}

TEST_CASE("the twelve claims are numbered, and none stands twice") {
    const auto& all = all_claims();
    REQUIRE(all.size() == 12);
    std::set<std::string> statements;
    for (size_t i = 0; i < all.size(); ++i) {
        CHECK(all[i].number == static_cast<int>(i) + 1);
        CHECK(statements.insert(all[i].statement).second);
    }
}

TEST_CASE("claims of a tiny pipeline") {
    Temporary folder;
    const std::string run = folder.path;
    tiny_pipeline(run);

    SUBCASE("ranks and preference: the rule, on numbers that are given") {
        const auto verdict = [&](double wins, int right) {
            Json rows = Json::array();
            rows.push_back(preference_row("sft", "-", 0.5, 250));
            rows.push_back(preference_row("dpo", "ranks", wins, right));
            write_json(run + "/preference-win-rate.json", Json{{"tuned", "sft"}, {"rows", rows}});
            return examine(run, 3).verdict;
        };
        CHECK(verdict(0.7, 250) == Verdict::holds);
        CHECK(verdict(0.7, 350) == Verdict::fails); // mathematics moved, too
        CHECK(verdict(0.5, 350) == Verdict::fails);
        CHECK(verdict(0.5, 250) == Verdict::undecided);
        CHECK(verdict(0.53, 260) == Verdict::undecided);
    }
    SUBCASE("what a run does not have is said with the command that makes it") {
        CHECK(examine(run, 3).verdict == Verdict::undecided);
        CHECK(examine(run, 3).command.starts_with("qstar eval preference-win-rate"));
        CHECK(examine(run, 7).verdict == Verdict::undecided);
        CHECK(examine(run, 7).command.starts_with("qstar train self-play"));
        CHECK(examine(run, 8).command.starts_with("qstar train distil"));
        CHECK_THROWS_WITH_AS(examine(run, 13), doctest::Contains("1 to 12"), Error);
    }
    SUBCASE("all of them, twice, with the same numbers; files keep what is not asked again") {
        claims(options_for(run, {}));
        const Json first = read_json(run + "/claims.json").value;
        REQUIRE(first["claims"].size() == 12);
        for (const Json& claim : first["claims"])
            for (const Json& row : claim["numbers"])
                if (row.contains("n")) {
                    CAPTURE(row.dump());
                    // Wilson's interval by the roots of (p - x)^2 = z^2 x (1 - x) / n.
                    const double n = row["n"].get<double>(), p = row["solved"].get<double>() / n;
                    for (const char* end : {"low", "high"}) {
                        const double x = row[end].get<double>();
                        CHECK((p - x) * (p - x) ==
                              doctest::Approx(1.959964 * 1.959964 * x * (1 - x) / n));
                    }
                    CHECK(row["low"].get<double>() < row["high"].get<double>());
                }
        claims(options_for(run, {2, 5, 11}));
        CHECK(read_json(run + "/claims.json").value == first);
        CHECK(read_file(run + "/claims.md").find("## 12. ") != std::string::npos);
    }
    SUBCASE("greedy writing is the proposer's own") {
        auto sft = quiet<train::SftOptions>(run); // until it comes to answers
        sft.stage.force = true;
        sft.epochs = 80;
        sft.loop.lr = 1e-2;
        train::sft(sft);
        const auto tokenizer = train::load_tokenizer(run);
        const engine::Gpt model = train::load_model(run, "sft");
        const auto problems = train::problems_for(run, train::Split::test, 20, 1);
        std::vector<std::vector<int>> prompts;
        std::vector<search::ProposeRequest> requests;
        for (const std::string& problem : problems) {
            prompts.push_back(search::encode(tokenizer, {problem, {}, false}).tokens);
            requests.push_back({{problem, {}, false}, 1, 0, 0});
        }
        search::GptProposer proposer(model, tokenizer, 1);
        const auto expected = proposer.complete(requests);
        const auto written = write_greedily(model, tokenizer, prompts, problems);
        int finished = 0;
        for (size_t i = 0; i < problems.size(); ++i) {
            if (!expected[i][0].path.finished) continue;
            ++finished;
            CHECK(written[i] == expected[i][0].path);
        }
        CHECK(finished > 0);
    }
}
