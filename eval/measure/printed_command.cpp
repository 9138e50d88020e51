#include "eval/measure/printed_command.h"

#include "engine/run/record.h"
#include "search/command.h"
#include "train/command.h"
#include "train/data/corpus.h"
#include "train/run/old_record.h"

#include <variant>

namespace qstar::eval {

std::string printed_command(const std::string& words, const std::string& run, uint64_t run_seed,
                            const Json& record, const Flags& flags, const Flags& standard) {
    read_record(flags, Json{{"seed", run_seed}});
    read_record(flags, record);
    read_record(flags, Json{{"run", run}});
    return command_line(words, flags, standard, run_seed);
}

std::string printed_search(const std::string& run, uint64_t run_seed, const Json& record) {
    return printed_command("search", run, run_seed, record, search::command().flags,
                           search::command().flags);
}

std::string printed_stage(const std::string& folder, const std::string& run, uint64_t run_seed,
                          const Json& record) {
    // The stage of "ppo-prm" is ppo; of two that fit, "q" and "q-...", the longer one.
    const Command train = train::command(), untouched = train::command();
    std::string stage = folder;
    while (find_command(train.commands, stage) == nullptr) {
        const size_t dash = stage.rfind('-');
        if (dash == std::string::npos) return "";
        stage.resize(dash);
    }
    const auto flags_of_stage = [&](const Command& of) {
        const Command& command = *find_command(of.commands, stage);
        return record.contains(command.decider)
                   ? command.flags_for(record.at(command.decider).get<std::string>())
                   : command.flags;
    };
    const Flags flags = flags_of_stage(train);
    if (stage != folder && flags.find("name") == nullptr) return "";
    Json options = train::by_flags(record);
    if (options.value("annotator", std::string()) == "me") return ""; // a person does it once
    if (stage != folder) options["name"] = folder;
    if (stage == "corpus") options.update(train::class_flags(record));
    // The flags of the record's world, but with the world that a line without one has.
    const std::string& decider = find_command(untouched.commands, stage)->decider;
    std::string usual;
    if (!decider.empty())
        usual = texts_of(*find_command(untouched.commands, stage)->flags.find(decider)).at(0);
    Flags standard = flags_of_stage(untouched);
    if (!decider.empty()) *std::get<std::string*>(standard[decider].value) = usual;
    return printed_command("train " + stage, run, run_seed, options, flags, standard) + " --force";
}

} // namespace qstar::eval
