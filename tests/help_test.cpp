// `qstar help`: the manual and the completions have every command with every flag, and the programs
// that read them have nothing to say against them.

#include "engine/run/command_list.h"
#include "eval/program.h"
#include "tests/program.h"

#include <doctest/doctest.h>
#include <fmt/core.h>
#include <string>
#include <vector>

using namespace qstar;
using namespace qstar::tests;

namespace {

bool have_tool(const std::string& tool) {
    return std::system(("command -v " + tool + " >/dev/null").c_str()) == 0;
}

// The text from `start` on, to the next `end`; empty if it is nowhere.
std::string part_of(const std::string& text, const std::string& start, const std::string& end) {
    const size_t at = text.find(start);
    if (at == text.npos) return "";
    return text.substr(at, text.find(end, at + start.size()) - at);
}

std::string dashed(std::string text) {
    for (size_t at = text.find('-'); at != text.npos; at = text.find('-', at + 2))
        text.insert(at, "\\");
    return text;
}

} // namespace

TEST_CASE("every flag of every command is in the manual and in the completions") {
    const Temporary folder;
    const std::string man = run_program(folder, "help --format man").out,
                      bash = run_program(folder, "help --format bash").out,
                      zsh = run_program(folder, "help --format zsh").out;
    eval::ProgramOptions options;
    const Command program = eval::program(options);
    size_t seen = 0;
    for (const ListedCommand& command : list_commands(program)) {
        if (command.words.empty() || !command.inner.empty()) continue;
        CAPTURE(command.words);
        const std::string section =
            part_of(man, ".SS \"qstar " + dashed(command.words) + "\"\n", "\n.S");
        CHECK(section != "");
        const std::string words = part_of(bash, "\n    '" + command.words + "')\n", "esac ;;");
        std::string name = "_qstar_" + command.words;
        for (char& c : name) c = c == ' ' ? '_' : c;
        const std::string function = part_of(zsh, "\n" + name + "() {\n", "\n}\n");
        for (const ListedFlag& one : command.flags) {
            CAPTURE(one.flag.name);
            CHECK(one.flag.help != "");
            ++seen;
            if (one.flag.form == Flag::Form::text) {
                CHECK(contains(section, "\\fI" + dashed(one.flag.name) + "\\fR\n"));
                continue;
            }
            CHECK(contains(section, "\\fB" + dashed("--" + one.flag.name) + "\\fR"));
            CHECK(contains(words, "--" + one.flag.name));
            CHECK(contains(function, "--" + one.flag.name));
            for (const std::string& word : offered_words(one.flag))
                CHECK(contains(words, "'" + word + "'"));
        }
    }
    CHECK(seen > 400);
    for (const char* flag : {"--seed", "--threads", "--device"}) {
        CHECK(contains(man, "\\fB" + dashed(flag) + "\\fR"));
        CHECK(contains(bash, flag));
        CHECK(contains(zsh, flag));
    }
}

TEST_CASE("what reads the manual and the completions reads them without a word") {
    const Temporary folder;
    const auto silent = [&](const std::string& tool, const std::string& format) {
        if (!have_tool(tool.substr(0, tool.find(' ')))) return std::string();
        const std::string file =
            folder.file(format, run_program(folder, "help --format " + format).out);
        const std::string said = folder / "said";
        const int status =
            std::system(fmt::format("{} '{}' >/dev/null 2>'{}'", tool, file, said).c_str());
        return status == 0 ? read_file(said) : "it failed: " + read_file(said);
    };
    CHECK(silent("groff -man -Tutf8 -ww", "man") == "");
    CHECK(silent("bash -n", "bash") == "");
    CHECK(silent("zsh -n", "zsh") == "");
}

TEST_CASE("bash completes the program's commands and worlds") {
    if (!have_tool("bash")) return;
    const Temporary folder;
    const std::string file = folder.file("bash", run_program(folder, "help --format bash").out);
    const auto offered = [&](const std::string& words) {
        const std::string out = folder / "out";
        const std::string script =
            folder.file("script", fmt::format("source '{}'\nCOMP_WORDS=({})\n"
                                              "COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n_qstar\n"
                                              "echo \"${{COMPREPLY[@]}}\"\n",
                                              file, words));
        CHECK(std::system(fmt::format("bash '{}' >'{}'", script, out).c_str()) == 0);
        return read_file(out);
    };
    CHECK(offered("qstar train pr") == "pretrain prm\n");
    CHECK(offered("qstar train corpus --world ''") ==
          "arithmetic equations countdown powers words\n");
    CHECK(contains(offered("qstar search --world ''"), "gsm8k: sliding lights-out cube2 cube3\n"));
    CHECK(offered("qstar search --method b") == "best-of-n beam\n");
    CHECK(offered("qstar train pretrain --precision ''") == "fp32 bf16\n");
    CHECK(contains(offered("qstar train corpus --w"), "--warm-exponent"));
}

TEST_CASE("the commands are listed, and the version says what can be computed") {
    const Temporary folder;
    const std::string list = run_program(folder, "help").out;
    CHECK(contains(list, "\nqstar train prm "));
    CHECK(contains(list, "\nqstar help "));
    const std::string version = run_program(folder, "--version").out;
    CHECK(contains(version, "\nfamilies gpt2, llama, qwen2, qwen3\ndevices cpu (scalar"));
    CHECK(run_program(folder, "help --format html").status == 2);
}
