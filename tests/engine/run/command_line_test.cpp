// What begins with a minus and is no flag.

#include "engine/run/command_line.h"

#include <CLI/CLI.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <string>
#include <vector>

using namespace qstar::engine;

namespace {

struct SmallProgram {
    CLI::App app;
    std::string problem;
    double bias = 0;
    int width = 4;
    bool trace = false;

    SmallProgram() {
        app.fallthrough();
        app.add_option("--bias", bias);
        CLI::App* search = app.add_subcommand("search");
        search->add_option("problem", problem);
        search->add_option("--width", width);
        search->add_flag("--trace", trace);
        read_strictly(app);
    }

    // What is wrong with the line; empty: nothing.
    std::string read(std::vector<const char*> words) {
        words.insert(words.begin(), "program");
        try {
            app.parse(words_of(static_cast<int>(words.size()), words.data(), app));
        } catch (const CLI::ParseError& error) {
            return sentence_of(error, app);
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
            CHECK(program.read(before ? std::vector<const char*>{"search", text, "--width", "5"}
                                      : std::vector<const char*>{"search", "--width", "5",
                                                                 "--trace", text}) == "");
            CHECK(program.problem == text);
            CHECK(program.width == 5);
        }
    }
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
    SmallProgram program;
    CHECK(program.read({"search", "--trace", "--", "-w"}) == "");
    CHECK(program.problem == "-w");
}

TEST_CASE("numbers are read wholly or refused") {
    const auto width = [](const char* text) {
        SmallProgram program;
        return program.read({"search", "--width", text});
    };
    CHECK(width("12abc").starts_with("--width: expected a whole number from "));
    CHECK(width("1e3").ends_with("found \"1e3\""));
    CHECK(width("010").ends_with("found \"010\"")); // ten, or eight?
    CHECK(width("99999999999") ==
          "--width: expected a whole number from -2147483648 to 2147483647, "
          "found \"99999999999\"");
    const auto bias = [](const char* text) {
        SmallProgram program;
        return program.read({"search", "--bias", text});
    };
    for (const char* text : {"nan", "inf", "-inf", "1e999", "0x10", "1,5", "1.5x", ""}) {
        CAPTURE(text);
        CHECK(bias(text) == fmt::format("--bias: expected a finite number, found \"{}\"", text));
    }
    CHECK(bias("1e-400") == "");
}
