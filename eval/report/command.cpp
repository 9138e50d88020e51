#include "eval/report/command.h"

#include "engine/run/run_folder.h"
#include "eval/claims/claims.h"
#include "eval/report/report.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <memory>

namespace qstar::eval {

namespace {

void add_claims(CLI::App& eval, const Common& common) {
    CLI::App* app = eval.add_subcommand("claims", "the talk's claims, each as an experiment");
    struct ClaimFlags {
        ClaimsOptions claims;
        bool list = false;
    };
    const auto flags = std::make_shared<ClaimFlags>();
    app->add_option("--run", flags->claims.run, "the run's folder")->capture_default_str();
    app->add_flag("--quick", flags->claims.quick, "fewer problems, wider intervals");
    app->add_option("--problems", flags->claims.most, "of an experiment, at most");
    app->add_option("--only", flags->claims.only, "numbers of claims: 4,7")->delimiter(',');
    app->add_flag("--list", flags->list, "print the claims and their rules, measure nothing");
    app->callback([flags, &common] {
        flags->claims.seed = seed_for(common, flags->claims.run);
        if (flags->list)
            list_claims();
        else
            claims(flags->claims);
    });
}

struct Flags {
    ReportOptions report;
    bool verify = false;
};

void add_report(CLI::App& eval, const Common& common) {
    CLI::App* app = eval.add_subcommand("report", "one HTML file that shows a run");
    const auto flags = std::make_shared<Flags>();
    const auto option = [&](const char* name, auto& value, const char* help) {
        app->add_option(name, value, help)->capture_default_str();
    };
    option("--run", flags->report.run, "the run's folder");
    option("--problems", flags->report.problems, "held-out problems, for the calibration");
    option("--samples", flags->report.samples, "solutions of each");
    option("--looked-at", flags->report.looked_at, "held-out problems to choose the shown from");
    option("--shown", flags->report.shown, "problems that are shown with their trees");
    option("--budget", flags->report.budget, "of their searches, tokens a problem");
    app->add_flag("--verify", flags->verify,
                  "measure a sample of the numbers of DIR/report.html again, and compare");
    app->callback([flags, &common] {
        flags->report.seed = seed_for(common, flags->report.run);
        if (flags->verify)
            verify_report(flags->report.run);
        else
            fmt::print("The report is in {}\n", report(flags->report));
    });
}

} // namespace

void add_report_commands(CLI::App& eval, const Common& common) {
    add_claims(eval, common);
    add_report(eval, common);
}

} // namespace qstar::eval
