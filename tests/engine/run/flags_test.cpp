// An option is described once: checks, records and the printed command follow.

#include "engine/run/flags.h"

#include "engine/base/error.h"
#include "engine/run/record.h"

#include <doctest/doctest.h>
#include <string>

using namespace qstar;

namespace {

struct SmallOptions {
    std::string run = "runs/demo", loss = "dpo", labels, bound;
    uint64_t seed = 1;
    int64_t batch = 16, save_every = 10;
    double rate = 0.5, beta = 1;
    bool soft = false, distinct = true;
    std::optional<int64_t> target;
    std::vector<int64_t> sizes{1, 2};
    std::vector<std::string> pupils;
};

void describe(Flags& f, SmallOptions& o) {
    f.text("run", o.run, "");
    f.seed(o.seed);
    f.choice("loss", o.loss, {"dpo", "ipo"}, "");
    f.choice("bound", o.bound, {"none", "best"}, "").or_empty();
    f.text("labels", o.labels, "").content();
    f.number("batch", o.batch, 1, 1000, "");
    f.number("save-every", o.save_every, 1, kMost, "").quiet();
    f.number("rate", o.rate, 0, 1, "");
    f.number_above("beta", o.beta, 0, 1000, "").only_if(o.loss == "dpo");
    f.mark("soft", o.soft, "");
    f.truth("distinct", o.distinct, "");
    f.number("target", o.target, -kUnbounded, kUnbounded, "");
    f.list("sizes", o.sizes, 1, static_cast<double>(o.batch), "");
    f.repeated("pupil", o.pupils, "");
}

SmallOptions far_from_default() {
    SmallOptions o;
    o.run = "a run";
    o.loss = "ipo";
    o.labels = "it's.jsonl";
    o.seed = 7;
    o.batch = 20;
    o.rate = 0.1;
    o.soft = true;
    o.distinct = false;
    o.target = -24;
    o.sizes = {3, 4};
    o.pupils = {"a=1", "b=2"};
    return o;
}

} // namespace

TEST_CASE("a flag's sentence names what it may be") {
    const auto said = [](auto change) {
        SmallOptions o;
        change(o);
        try {
            check(flags_of(o));
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    CHECK(said([](SmallOptions&) {}) == "");
    CHECK(said([](SmallOptions& o) { o.batch = 0; }) ==
          "--batch must be within 1 to 1000, found 0");
    CHECK(said([](SmallOptions& o) { o.save_every = 0; }) ==
          "--save-every must be 1 or more, found 0");
    CHECK(said([](SmallOptions& o) { o.rate = 1.5; }) == "--rate must be within 0 to 1, found 1.5");
    CHECK(said([](SmallOptions& o) { o.beta = 0; }) ==
          "--beta must be above 0 and at most 1000, found 0");
    CHECK(said([](SmallOptions& o) { o.loss = "mse"; }) ==
          "--loss must be dpo or ipo, found \"mse\"");
    CHECK(said([](SmallOptions& o) { o.bound = "low"; }) ==
          "--bound must be none or best, found \"low\"");
    CHECK(said([](SmallOptions& o) {
              o.sizes = {4, 17};
          }) == "--sizes must be within 1 to 16, found 17");
}

TEST_CASE("a record has what decides, by the flags' names") {
    CHECK(record(flags_of(SmallOptions())) == Json{{"seed", 1},
                                                   {"loss", "dpo"},
                                                   {"bound", ""},
                                                   {"batch", 16},
                                                   {"rate", 0.5},
                                                   {"beta", 1.0},
                                                   {"soft", false},
                                                   {"distinct", true},
                                                   {"sizes", {1, 2}},
                                                   {"pupil", Json::array()}});
    const SmallOptions far = far_from_default();
    const Json written = record(flags_of(far));
    CHECK(written.at("files") == Json{{"labels", "it's.jsonl"}});
    CHECK_FALSE(written.contains("beta"));
    CHECK_FALSE(written.contains("run"));
    SmallOptions back;
    read_record(flags_of(back), written);
    CHECK(record(flags_of(back)) == written);
    CHECK(back.target == -24);
    CHECK(back.labels == far.labels);
    // Of files that were written before: _ for -, one value for a list.
    read_record(flags_of(back), Json{{"save_every", 3}, {"sizes", 9}});
    CHECK(back.save_every == 3);
    CHECK(back.sizes == std::vector<int64_t>{9});
}

TEST_CASE("a command line has what differs from the default, as a shell reads it") {
    const SmallOptions standard;
    const auto line = [&](const SmallOptions& o, uint64_t run_seed = 1) {
        return command_line("eval x", flags_of(o), flags_of(standard), run_seed);
    };
    CHECK(line(standard) == "qstar eval x --run runs/demo");
    CHECK(line(standard, 2) == "qstar eval x --run runs/demo --seed 1");
    CHECK(line(far_from_default()) ==
          "qstar eval x --run 'a run' --loss ipo --labels 'it'\\''s.jsonl' --batch 20 --rate 0.1 "
          "--soft --distinct false --target -24 --sizes 3,4 --pupil a=1 --pupil b=2 --seed 7");
}
