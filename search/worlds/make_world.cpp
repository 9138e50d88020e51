#include "search/worlds/make_world.h"

#include "engine/base/error.h"
#include "search/worlds/arithmetic/arithmetic.h"
#include "search/worlds/countdown/countdown.h"
#include "search/worlds/equations/equations.h"
#include "search/worlds/words/gsm8k.h"
#include "search/worlds/words/words.h"

#include <memory>
#include <string>

namespace qstar::search {

std::unique_ptr<World> make_world(std::string_view name) {
    if (name == "arithmetic") return std::make_unique<Arithmetic>();
    if (name == "equations") return std::make_unique<Equations>();
    if (constexpr std::string_view gsm8k = "gsm8k:"; name.starts_with(gsm8k)) {
        const std::string file(name.substr(gsm8k.size()));
        return std::make_unique<Gsm8k>(read_word_problems(file), file);
    }
    if (name == "countdown") return std::make_unique<Countdown>();
    if (name == "words") return std::make_unique<Words>();
    fail("unknown world \"{}\": expected arithmetic, equations, countdown, words or gsm8k:FILE",
         name);
}

} // namespace qstar::search
