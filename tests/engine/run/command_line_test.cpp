// What a line says to the program's commands, and what begins with a minus and is no flag.

#include "engine/run/command_line.h"

#include "tests/temporary.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <string>
#include <vector>

using namespace qstar;

namespace {

struct SmallProgram {
    Command program{"program", "a small one"};
    std::string problem;
    double bias = 0;
    int width = 4, level = 1;
    bool trace = false;
    std::vector<int64_t> sizes;
    Call call;

    SmallProgram() {
        program.flags.number("bias", bias, -kUnbounded, kUnbounded, "of all");
        Command search{"search", "look"};
        search.flags.argument("problem", problem, "what to look for");
        search.flags.number("width", width, 1, 100, "of the beam");
        search.flags.mark("trace", trace, "say it");
        search.flags.list("sizes", sizes, "N: 1,2");
        search.run = [this](const Call& line) { call = line; };
        program.commands = {search};
    }

    // What is wrong with the line; empty: nothing.
    std::string read(const std::vector<std::string>& words) {
        try {
            run_line(program, words);
        } catch (const WrongLine& error) {
            return error.what();
        }
        return "";
    }
};

} // namespace

TEST_CASE("a problem may begin with a minus") {
    for (const char* text : {"-(3+4)*2", "-3+4", "- 3 + 4", "-.5*2", "-x = 4", "-2*x=4", "-(3)"}) {
        CAPTURE(text);
        for (const bool before : {false, true}) {
            SmallProgram program;
            CHECK(program.read(before ? std::vector<std::string>{"search", text, "--width", "5"}
                                      : std::vector<std::string>{"search", "--width", "5",
                                                                 "--trace", text}) == "");
            CHECK(program.problem == text);
            CHECK(program.width == 5);
            CHECK(program.trace == !before);
        }
    }
}

TEST_CASE("a line with a name of an earlier version is refused with the name of now") {
    SmallProgram program;
    program.program.renamed = {{"look", "search"}, {"--beam", "--width"}};
    CHECK(program.read({"look", "1+2"}) == "look has another name now: search");
    CHECK(program.read({"search", "1+2", "--beam", "3"}) == "--beam has another name now: --width");
    CHECK(program.read({"search", "1+2", "--beam=3"}) == "--beam has another name now: --width");
    CHECK(program.read({"search", "look"}) == ""); // which may be a value
}

TEST_CASE("a number below zero is a flag's value") {
    for (const char* text : {"-3", "-.5", "-3e-2"}) {
        CAPTURE(text);
        SmallProgram program;
        CHECK(program.read({"search", "--bias", text, "-(1+2)"}) == "");
        CHECK(program.bias == std::stod(text));
        CHECK(program.problem == "-(1+2)");
    }
}

TEST_CASE("what may be a flag is one, and -- ends them") {
    CHECK(SmallProgram().read({"search", "-w"}) != "");
    CHECK(SmallProgram().read({"search", "--widht", "3"}) != "");
    CHECK(SmallProgram().read({"look"}) == "unknown command \"look\"");
    SmallProgram program;
    CHECK(program.read({"search", "--trace", "--", "-w"}) == "");
    CHECK(program.problem == "-w");
}

TEST_CASE("what is wrong with a line is said in our words, the first thing first") {
    const auto said = [](const std::vector<std::string>& words) {
        return SmallProgram().read(words);
    };
    CHECK(said({}) == "expected a command, one of search");
    CHECK(said({"search", "--nosuch", "3", "1+2"}) == "unknown flag \"--nosuch\"");
    CHECK(said({"search", "--widht=3"}) == "unknown flag \"--widht\"");
    CHECK(said({"search", "1+2", "3", "4"}) ==
          "expected a flag or the end of the line, found \"3\"");
    CHECK(said({"search", "--width"}) == "--width: expected a value, found none");
    for (const char* next : {"3", "1+2", "--trace"})
        CHECK(said({"search", "--width=", next}) == "--width: expected a value, found none");
    CHECK(said({"search", "--", "--width="}).empty());
    CHECK(said({"search", "--width", "3", "--width", "4"}) ==
          "--width: expected once, found more often");
}

TEST_CASE("what is true or false is said so, of a mark too") {
    for (const auto& [text, value] : {std::pair{"true", true},
                                      {"1", true},
                                      {"yes", true},
                                      {"on", true},
                                      {"false", false},
                                      {"0", false},
                                      {"no", false},
                                      {"off", false}}) {
        CAPTURE(text);
        SmallProgram program;
        CHECK(program.read({"search", fmt::format("--trace={}", text)}) == "");
        CHECK(program.trace == value);
    }
    for (const char* text : {"3", "-1", "2", "maybe", "tru", "0.5", "10", "+", "t", "enable"}) {
        CAPTURE(text);
        SmallProgram program;
        CHECK(program.read({"search", fmt::format("--trace={}", text)}) ==
              fmt::format("--trace: expected true or false, found \"{}\"", text));
    }
}

TEST_CASE("numbers are read wholly or refused") {
    const auto width = [](const char* text) {
        return SmallProgram().read({"search", "--width", text});
    };
    CHECK(width("12abc").starts_with("--width: expected a whole number from "));
    CHECK(width("1e3").ends_with("found \"1e3\""));
    CHECK(width("010").ends_with("found \"010\"")); // ten, or eight?
    CHECK(width("99999999999") ==
          "--width: expected a whole number from -2147483648 to 2147483647, "
          "found \"99999999999\"");
    const auto bias = [](const char* text) {
        return SmallProgram().read({"search", "--bias", text});
    };
    for (const char* text : {"nan", "inf", "-inf", "1e999", "0x10", "1,5", "1.5x", ""}) {
        CAPTURE(text);
        CHECK(bias(text) == fmt::format("--bias: expected a finite number, found \"{}\"", text));
    }
    CHECK(bias("1e-400") == "");
}

TEST_CASE("a command is told what was given, and the line may ask for help") {
    SmallProgram program;
    CHECK(program.read({"search", "--sizes", "1,20", "--width", "4"}) == "");
    CHECK(program.sizes == std::vector<int64_t>{1, 20});
    CHECK(program.call.has("width"));
    CHECK_FALSE(program.call.has("trace"));
    SmallProgram asked;
    const std::string help = run_line(asked.program, {"search", "--help"});
    CHECK(help.find("--width INT=4") != help.npos);
    SmallProgram versioned;
    CHECK(run_line(versioned.program, {"--version"}, "program 1") == "program 1\n");
    CHECK(find_command(versioned.program.commands, "search")->name == "search");
    CHECK(find_command(versioned.program.commands, "search deep") == nullptr);
}

TEST_CASE("flags may depend on the value of one: the line that gives it has them") {
    const auto read = [](const std::vector<std::string>& words) {
        SmallProgram program;
        std::string kind = "small";
        int height = 1;
        Command& search = program.program.commands[0];
        search.flags.text("kind", kind, "small or tall");
        search.decider = "kind";
        search.flags_for = [&](const std::string& value) {
            Flags flags;
            flags.text("kind", kind, "small or tall");
            if (value == "tall") flags.number("height", height, 1, 9, "of the tall ones");
            return flags;
        };
        try {
            const std::string text = run_line(program.program, words);
            return text + kind + std::to_string(height);
        } catch (const WrongLine& error) {
            return std::string(error.what());
        }
    };
    CHECK(read({"search"}) == "small1");
    CHECK(read({"search", "--kind", "tall", "--height", "3"}) == "tall3");
    CHECK(read({"search", "--height=3", "--kind=tall"}) == "tall3");
    CHECK(read({"search", "--kind", "small", "--height", "3"}).find("--height") !=
          std::string::npos);
    CHECK(read({"search", "--kind", "tall", "--help"}).find("--height INT") != std::string::npos);
    CHECK(read({"search", "--help"}).find("--height") == std::string::npos);
}

TEST_CASE("what is written is no other file of the line") {
    const Temporary folder;
    const std::string in = folder.file("in", "1+2\n"), link = folder / "link";
    std::filesystem::create_symlink(in, link);
    const auto read = [&](const std::vector<std::string>& words) {
        Command program{"program", "a small one"};
        std::string problems, out, trace, run;
        Command search{"search", "look"};
        search.flags.text("problems", problems, "read").file();
        search.flags.text("out", out, "written").output();
        search.flags.text("trace", trace, "written").output();
        search.flags.text("at", run, "a folder").folder();
        search.run = [](const Call&) {};
        program.commands = {search};
        std::vector<std::string> line{"search"};
        line.insert(line.end(), words.begin(), words.end());
        try {
            return run_line(program, line);
        } catch (const WrongLine& error) {
            return std::string(error.what());
        }
    };
    const std::string other = folder / "other";
    CHECK(read({"--problems", in, "--out", other}) == "");
    CHECK(read({"--problems", in, "--out", in}) ==
          fmt::format("--out: expected another file than that of --problems, found \"{}\" for both",
                      in));
    for (const std::string& same : {link, folder / "./in"})
        CHECK(read({"--problems", in, "--out", same}).starts_with("--out: expected another file"));
    CHECK(read({"--out", other, "--trace", other}).starts_with("--out: expected another file"));
    for (const char* device : {"-", "/dev/null"}) // nothing is lost there
        CHECK(read({"--problems", device, "--out", device, "--trace", device}) == "");
    CHECK(read({"--out", ""}) == "--out: expected the name of a file, found none");
    CHECK(read({"--at", ""}) == "--at: expected the name of a folder, found none");
    CHECK(read({"more"}) == "expected a flag or the end of the line, found \"more\"");
}
