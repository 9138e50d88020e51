// The manual and the completions of a small program: every flag with what it may be, and no text
// that roff or a shell would take for something else.

#include "engine/run/command_list.h"
#include "engine/run/completion.h"
#include "engine/run/manual.h"
#include "tests/program.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <fmt/core.h>
#include <sstream>
#include <string>
#include <vector>

using namespace qstar;
using tests::contains;

namespace {

// One flag of each form, and texts with everything that has a meaning somewhere.
struct OddProgram {
    Command program{"odd", "odd: what's \"odd\""};
    std::string device = "cpu", kind = "small", method, out, labels, run = "runs/x", problem;
    std::vector<std::string> methods, fields;
    std::vector<int64_t> sizes{1, 20};
    int width = 4;
    double rate = 0.5;
    bool trace = false, distinct = true;

    Flags of(const std::string& value) {
        kind = value;
        Flags f;
        f.text("kind", kind, "which").offers({"small", "tall"});
        f.text("run", run, "the run's folder");
        f.number("width", width, 1, kMost, "of [the] \\beam: a");
        f.number_above("rate", rate, 0, 1, ".5 or 'more'\n.so on\n'and on");
        f.list("sizes", sizes, 1, 40, "N: 1,2");
        f.list("methods", methods, "some").offers({"A*", "best of N", "it's", "gsm8k:"});
        f.repeated("field", fields, "of the file");
        f.text("labels", labels, "what they said").content();
        f.mark("trace", trace, "say it").or_name("tell");
        f.truth("distinct", distinct, "each once");
        f.argument("problem", problem, "what to look for").file();
        if (value == "tall") f.number("height", width, 1, 9, "of the tall ones");
        return f;
    }

    OddProgram() {
        program.flags.text("device", device, "where to compute")
            .offers({"cpu", "vulkan"})
            .or_environment("ODD_DEVICE");
        Command look{"look", "look for it"}, train{"train", "make it"}, deep{"deep-q", "deeper"};
        look.flags = of("small");
        look.decider = "kind";
        look.flags_for = [this](const std::string& value) { return of(value); };
        look.run = deep.run = [](const Call&) {};
        deep.flags.text("out", out, "where").file();
        train.commands = {deep};
        program.commands = {look, train};
    }
};

// What bash would offer for the last of the words; "no bash" where there is none.
std::string offered_by_bash(const std::string& completion, const std::string& words) {
    const Temporary folder;
    const std::string file = folder.file("completion", completion);
    const std::string script = folder.file(
        "script", fmt::format("cd '{}' && mkdir inner && touch data.jsonl && source {} || exit 1\n"
                              "COMP_WORDS=({})\nCOMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n"
                              "_odd\nIFS=' '\necho \"${{COMPREPLY[*]}}\"\n",
                              folder.path, file, words));
    const std::string out = folder / "out", error = folder / "error";
    if (std::system("command -v bash >/dev/null") != 0) return "no bash";
    if (std::system(fmt::format("bash -u '{}' >'{}' 2>'{}'", script, out, error).c_str()) != 0)
        return read_file(error);
    CHECK(read_file(error) == "");
    std::string text = read_file(out);
    text.pop_back();
    return text;
}

} // namespace

TEST_CASE("roff prints a text as it stands") {
    CHECK(roff("--step-cost") == "\\-\\-step\\-cost");
    CHECK(roff(".5 is\n.so on") == "\\&.5 is\n\\&.so on");
    CHECK(roff("'a' \"b\" `c`") == "\\(aqa\\(aq \\(dqb\\(dq \\(gac\\(ga");
    CHECK(roff("a\\fBb^~") == "a\\(rsfBb\\(ha\\(ti");
    CHECK(roff("\xC3\xA4\xE2\x82\xAC\xF0\x9D\x84\x9E") == "\\[u00E4]\\[u20AC]\\[u1D11E]");
    CHECK(roff("") == "");
}

TEST_CASE("commands are listed with all flags that they can have") {
    OddProgram odd;
    const std::vector<ListedCommand> all = list_commands(odd.program);
    std::vector<std::string> words;
    for (const ListedCommand& command : all) words.push_back(command.words);
    CHECK(words == std::vector<std::string>{"", "look", "train", "train deep-q"});
    const ListedFlag& height = all[1].flags.back();
    CHECK(height.flag.name == "height");
    CHECK(height.only == std::vector<std::string>{"tall"});
    CHECK(all[1].flags[0].only.empty());
    CHECK(odd.kind == "small"); // as it was
    CHECK(all[1].flags[4].standard == "1,20");
    CHECK(value_name(all[1].flags[1].flag) == "FOLDER");
    CHECK(value_name(all[1].flags[4].flag) == "N,...");
    CHECK(limits_text(all[1].flags[2].flag) == "1 or more");
    CHECK(limits_text(all[1].flags[3].flag) == "above 0, at most 1");
    CHECK(limits_text(all[1].flags[4].flag) == "1 to 40");
}

TEST_CASE("the manual has every flag, and no line that is a request by accident") {
    OddProgram odd;
    const std::string page = manual_page(odd.program, "odd 1.0\nbuilt");
    CHECK(contains(page, ".TH ODD 1 \"\" \"odd 1.0\" "));
    CHECK(contains(page, "\nodd \\- what\\(aqs \\(dqodd\\(dq\n"));
    CHECK(contains(page, ".SS \"odd train deep\\-q\"\n"));
    CHECK(contains(page, "\\fB\\-\\-width\\fR \\fIN\\fR\nof [the] \\(rsbeam: a. 1 or more. "
                         "Default: 4.\n"));
    CHECK(contains(page, "\\fB\\-\\-trace\\fR, \\fB\\-\\-tell\\fR\n"));
    CHECK(contains(page, "Only with \\-\\-kind tall."));
    CHECK(contains(page, "\\fBODD_DEVICE\\fR\n"));
    CHECK(contains(page, "\n\\&.5 or \\(aqmore\\(aq\n\\&.so on\n\\(aqand on. above 0, at most 1."));
    std::istringstream lines(page);
    for (std::string line; std::getline(lines, line);) {
        CAPTURE(line);
        CHECK(!line.empty());
        if (!line.starts_with('.')) continue;
        const std::string request = line.substr(0, line.find(' '));
        const std::vector<std::string> known = {".\\\"", ".TH", ".SH", ".SS", ".TP", ".PP"};
        CHECK(std::find(known.begin(), known.end(), request) != known.end());
    }
}

TEST_CASE("bash offers commands, flags, words, files and folders") {
    OddProgram odd;
    const std::string completion = bash_completion(odd.program);
    const auto offered = [&](const std::string& words) {
        return offered_by_bash(completion, words);
    };
    if (offered("odd ''") == "no bash") return;
    CHECK(offered("odd ''") == "look train");
    CHECK(offered("odd t") == "train");
    CHECK(offered("odd --device vulkan train d") == "deep-q");
    CHECK(offered("odd look --wi") == "--width");
    CHECK(offered("odd look --h") == "--height --help");
    CHECK(offered("odd train deep-q --d") == "--device");
    CHECK(offered("odd look --kind ''") == "small tall");
    CHECK(offered("odd look --kind = t") == "tall"); // as bash cuts --kind=t
    CHECK(offered("odd look --kind =") == "small tall");
    CHECK(offered("odd look --device v") == "vulkan");
    CHECK(offered("odd look --methods ''") == "A\\* best\\ of\\ N it\\'s gsm8k:");
    CHECK(offered("odd look --methods 'A*,b'") == "A*,best\\ of\\ N");
    CHECK(offered("odd look --distinct t") == "true");
    CHECK(offered("odd look --width ''") == "");
    CHECK(offered("odd look --labels d") == "data.jsonl");
    CHECK(offered("odd look --labels x : d") == "data.jsonl");
    CHECK(offered("odd look --run ''") == "inner");
    CHECK(offered("odd look d") == "data.jsonl"); // the argument
    CHECK(offered("odd train deep-q ''") == "--out");
}

TEST_CASE("zsh is told the same") {
    OddProgram odd;
    const std::string completion = zsh_completion(odd.program);
    CHECK(completion.starts_with("#compdef odd\n"));
    CHECK(contains(completion, "'--width=[of \\[the\\] \\\\beam\\: a]:N:'"));
    CHECK(contains(completion, "'--kind=[which]:TEXT:(small tall)'"));
    CHECK(contains(completion, "'--methods=[some]:TEXT,...:_sequence compadd - A\\* best\\ of\\ N "
                               "it\\'\\''s gsm8k\\:'"));
    CHECK(contains(completion, "'*--field=[of the file]:TEXT:'"));
    CHECK(contains(completion, "'--run=[the run'\\''s folder]:FOLDER:_files -/'"));
    CHECK(contains(completion, "'*:problem:_files'"));
    CHECK(contains(completion, "train) _odd_train ;;"));
    CHECK(contains(completion, "deep-q) _odd_train_deep-q ;;"));
    CHECK(contains(completion, "'--tell[say it]'"));
    if (std::system("command -v zsh >/dev/null") != 0) return;
    const Temporary folder;
    CHECK(std::system(fmt::format("zsh -n '{}'", folder.file("_odd", completion)).c_str()) == 0);
}
