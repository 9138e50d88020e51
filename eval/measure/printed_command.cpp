#include "eval/measure/printed_command.h"

#include "engine/text/json.h"
#include "engine/text/jsonl.h"
#include "search/command.h"
#include "train/command.h"
#include "train/data/classroom.h"
#include "train/data/corpus.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <memory>
#include <optional>
#include <vector>

namespace qstar::eval {

namespace {

void (*eval_commands)(CLI::App&, const Common&) = nullptr;

std::unique_ptr<CLI::App> made; // the program's commands, never parsed: their flags are asked for

const CLI::App& program() {
    static const Common common;
    if (made == nullptr) {
        made = std::make_unique<CLI::App>();
        made->add_option("--seed");
        made->add_subcommand("engine");
        train::add_command(*made, common);
        search::add_command(*made, common);
        if (eval_commands != nullptr) eval_commands(*made, common);
    }
    return *made;
}

// "eval ladder"; null if there is none.
const CLI::App* find_command(const std::string& words) {
    const CLI::App* app = &program();
    for (size_t at = 0; at < words.size() && app != nullptr;) {
        const size_t end = std::min(words.find(' ', at), words.size());
        const std::string word = words.substr(at, end - at);
        const auto found =
            app->get_subcommands([&](const CLI::App* a) { return a->get_name() == word; });
        app = found.empty() ? nullptr : found[0];
        at = end + 1;
    }
    return app;
}

std::string shell_word(const std::string& text) {
    if (!text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWX"
                                                "YZ0123456789_./:,=+-@%") == text.npos)
        return text;
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

std::vector<std::string> texts_of(const Json& value) {
    std::vector<std::string> texts;
    if (value.is_array())
        for (const Json& item : value) texts.push_back(texts_of(item).at(0));
    else if (value.is_string())
        texts.push_back(value.get<std::string>());
    else if (value.is_number_float())
        texts.push_back(fmt::format("{}", value.get<double>()));
    else
        texts.push_back(value.dump());
    return texts;
}

// "[300,600]" as CLI11 writes the default of several.
std::vector<std::string> defaults_of(const CLI::Option& flag) {
    std::string text = flag.get_default_str();
    if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
    std::vector<std::string> texts;
    for (size_t at = 0; at < text.size();) {
        const size_t end = std::min(text.find(',', at), text.size());
        texts.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return texts;
}

// Equal, or equal in the six digits that CLI11 keeps of a default.
bool same(const std::string& given, const std::string& known) {
    if (given == known || (given == "true" && known == "1") || (given == "false" && known == "0"))
        return true;
    char *end = nullptr, *known_end = nullptr;
    const double value = std::strtod(given.c_str(), &end);
    const double other = std::strtod(known.c_str(), &known_end);
    if (given.empty() || known.empty() || *end != '\0' || *known_end != '\0') return false;
    return fmt::format("{:.6g}", value) == fmt::format("{:.6g}", other) &&
           given.find_first_of(".e") != given.npos;
}

// " --budgets 300,600", or nothing.
std::string flag_text(const CLI::App& command, std::string name, const Json& value) {
    std::replace(name.begin(), name.end(), '_', '-');
    const CLI::Option* flag = command.get_option_no_throw("--" + name);
    if (flag == nullptr || value.is_null() || value.is_object() || name == "run") return "";
    if (flag->get_expected_max() == 0) return value == true ? " --" + name : "";
    const std::vector<std::string> texts = texts_of(value), known = defaults_of(*flag);
    if (std::equal(texts.begin(), texts.end(), known.begin(), known.end(), same)) return "";
    if (texts.size() == 1 && texts[0].empty()) return known.empty() ? "" : " --" + name + " ''";
    std::string out, joined;
    const bool one = flag->get_delimiter() != '\0' || texts.size() == 1;
    for (const std::string& text : texts) {
        out += " --" + name + " " + shell_word(text);
        joined += (joined.empty() ? "" : ",") + text;
    }
    return one ? " --" + name + " " + shell_word(joined) : out;
}

// The pupils that differ from those of a class with so many experts.
std::string pupils_text(const Json& flags) {
    const Json& pupils = flags.at("pupils");
    train::CorpusOptions options;
    options.world = flags.value("world", "arithmetic");
    options.problems.form = flags.value("form", "plain");
    options.experts = pupils.at("expert").at(0);
    std::string out = flag_text(*find_command("train corpus"), "experts", options.experts);
    for (const train::Pupil& pupil : train::classroom_of(options).pupils) {
        const Json& found = pupils.at(pupil.name);
        if (found.at(0) != pupil.share || found.at(1) != pupil.rate)
            out += fmt::format(" --pupil {}={}:{}", pupil.name, found.at(0).get<double>(),
                               found.at(1).get<double>());
    }
    return out;
}

// The record of a stage, with the names that its flags have.
Json by_flag(const CLI::App& command, const Json& record) {
    Json out = Json::object();
    for (const auto& [name, value] : record.items()) {
        if (name == "text" && command.get_option_no_throw("--text") == nullptr) {
            out["text-weight"] = value;
        } else if (name == "fields") {
            out["field"] = value;
        } else if (name == "search" && value.is_object()) {
            out.update(value);
        } else if (name == "explore" && value.is_object()) {
            out["samples"] = value.at("samples");
            out["next"] = value.at("proposals");
            out["explore"] = value.at("temperature");
        } else if (name == "q" && value.is_object()) {
            for (const auto& [inner, of_q] : value.items())
                if (inner != "explore") out["q-" + inner] = of_q;
            out.update(by_flag(command, Json{{"explore", value.at("explore")}}));
        } else if (name == "taste" && value.is_array() && value.size() == 4) {
            const char* names[] = {"correct", "work", "brief", "tidy"};
            for (size_t i = 0; i < 4; ++i) out[names[i]] = value[i];
        } else {
            out[name] = value;
        }
    }
    return out;
}

} // namespace

void know_commands(void (*add)(CLI::App&, const Common&)) {
    if (eval_commands == add) return; // also where they are added to `made`
    eval_commands = add;
    made.reset();
}

std::string printed_command(const std::string& command, const std::string& run, uint64_t run_seed,
                            const Json& options, const std::string& argument) {
    std::string out = "qstar " + command;
    if (!argument.empty()) out += " " + shell_word(argument);
    out += " --run " + shell_word(run);
    if (const CLI::App* app = find_command(command))
        for (const auto& [name, value] : options.items())
            if (name != "seed") out += flag_text(*app, name, value);
    if (options.contains("seed") && options.at("seed") != run_seed)
        out += fmt::format(" --seed {}", options.at("seed").get<uint64_t>());
    return out;
}

std::string printed_stage(const std::string& folder, const std::string& run, uint64_t run_seed,
                          const Json& flags) {
    if (flags.value("judge", std::string()) == "me") return ""; // a person does it once
    // The stage of "ppo-prm" is ppo; of two that fit, "q" and "q-...", the longer one.
    std::string stage = folder;
    while (find_command("train " + stage) == nullptr) {
        const size_t dash = stage.rfind('-');
        if (dash == std::string::npos) return "";
        stage.resize(dash);
    }
    const CLI::App* command = find_command("train " + stage);
    if (stage != folder && command->get_option_no_throw("--name") == nullptr) return "";
    Json options = by_flag(*command, flags);
    if (stage != folder) options["name"] = folder;
    std::string out = printed_command("train " + stage, run, run_seed, options);
    if (flags.contains("pupils")) out += pupils_text(flags);
    return out + " --force";
}

} // namespace qstar::eval
