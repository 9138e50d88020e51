#pragma once
// An option described once: its name, what it may be, its sentence, and whether it decides about
// the result. The flags of the command line (command_line.h), the checks, the record of what was
// made (record.h) and the command that makes it again all follow from that description.
//
//   void describe(Flags& f, PpoOptions& o) {
//       describe(f, o.rl); // what it shares with others, which it contains
//       f.number("value-lr", o.value_lr, 0, 10, "learning rate of the value function at its peak");
//       f.choice("reward", o.reward, {"verifier", "orm"}, "who pays");
//       f.number("save-every", o.save_every, 1, kMost, "steps between two saves").quiet();
//   }
//
// A flag points into the options: it is of use while these stay where they are.

#include "engine/base/range.h"

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

namespace qstar {

inline constexpr double kUnbounded = std::numeric_limits<double>::infinity();

struct Flag {
    using Value =
        std::variant<bool*, int*, int64_t*, uint64_t*, float*, double*, std::string*,
                     std::optional<int64_t>*, std::optional<uint64_t>*, std::vector<int>*,
                     std::vector<int64_t>*, std::vector<double>*, std::vector<std::string>*>;
    // --x 3; --x; --x 1,2,3; --x 1 --x 2; the value alone
    enum class Form { value, mark, joined, repeated, text };
    // `content`: what a file holds decides, and stands on record as a checksum; its name is kept
    // there only so that the command can be written down again.
    enum class Weight { decides, content, quiet };
    enum class Names { text, file, folder };

    std::string name; // "value-lr"
    Value value;
    std::string help;
    Form form = Form::value;
    double low = -kUnbounded, high = kUnbounded;
    bool above = false;                    // low itself is none of them
    bool maybe_empty = false;              // beside the choices
    std::vector<std::string_view> choices; // empty: any text
    std::vector<std::string> words;        // likely ones, which a shell offers beside the choices
    Names names = Names::text;             // what a text is the name of, for the shell, too
    bool written = false;                  // the file is written, not read
    Weight weight = Weight::decides;
    bool needed = false;     // it must be given
    std::string also;        // another name of it
    std::string environment; // the variable that gives it where the line does not
    std::string group;       // of the help text

    Flag& or_empty();
    Flag& quiet();
    Flag& only_if(bool decides); // else quiet
    Flag& content();             // a file's name, too
    Flag& offers(std::vector<std::string> likely);
    Flag& file();
    Flag& output(); // a file that is written
    Flag& folder();
    Flag& required();
    Flag& or_name(std::string other);
    Flag& or_environment(std::string variable);
    Flag& in_group(std::string title);
};

// The variable that a flag fills.
struct Place {
    template <class T>
    requires std::is_constructible_v<Flag::Value, T*> Place(T& variable) : value(&variable) {}
    Flag::Value value;
};

struct Flags {
    std::vector<Flag> all;

    // Of a range with both its ends, or above `low`. Of a list: each of them.
    Flag& number(std::string_view name, Place place, double low, double high,
                 std::string_view help);
    Flag& number_above(std::string_view name, Place place, double low, double high,
                       std::string_view help);
    Flag& text(std::string_view name, std::string& place, std::string_view help);
    Flag& choice(std::string_view name, std::string& place,
                 std::initializer_list<std::string_view> choices, std::string_view help);
    Flag& truth(std::string_view name, bool& place, std::string_view help); // --x true, --x false
    Flag& mark(std::string_view name, bool& place, std::string_view help);  // --x
    Flag& list(std::string_view name, Place place, std::string_view help);  // --x a,b
    Flag& list(std::string_view name, Place place, double low, double high, std::string_view help);
    Flag& repeated(std::string_view name, std::vector<std::string>& place, std::string_view help);
    Flag& argument(std::string_view name, Place place, std::string_view help); // no --x before it
    // The seed of all random numbers. The program's --seed sets it, or else the run's own does.
    Flag& seed(Place place);

    const Flag* find(std::string_view name) const; // null if there is none
    Flag& operator[](std::string_view name);       // one that is there
};

// The description of options as they are now, to be read alone.
template <class Options>
Flags flags_of(const Options& options) {
    Flags flags;
    describe(flags, const_cast<Options&>(options));
    return flags;
}

// Error naming the first flag whose value lies outside its range or choices.
void check(const Flags& flags);

// A value as the command line has it; none of an empty list or of what is not given.
std::vector<std::string> texts_of(const Flag& flag);

// "qstar eval ladder --run runs/x --budgets 300,600 --seed 5", as a shell reads it: the run, and
// of the others what differs from `standard`, the same flags of options that nobody touched. The
// seed stands there if it is not `run_seed`.
std::string command_line(const std::string& words, const Flags& flags, const Flags& standard,
                         uint64_t run_seed);

} // namespace qstar
