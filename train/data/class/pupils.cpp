#include "train/data/class/pupils.h"

#include "engine/base/error.h"
#include "engine/text/joined.h"
#include "tokenizer/special.h"

#include <algorithm>

namespace qstar::train {

int64_t off_by(Random& random) {
    const int64_t side = random.below(2) == 0 ? 1 : -1;
    return side * (random.below(3) == 0 ? 2 : 1);
}

std::vector<Pupil> class_of(double experts, std::span<const Pupil> others) {
    if (!(experts >= 0 && experts <= 1)) fail("--experts must be within 0 to 1, found {}", experts);
    std::vector<Pupil> pupils = {{"expert", 0, experts, 0}};
    double total = 0;
    for (const Pupil& pupil : others) total += pupil.share;
    for (Pupil pupil : others) {
        pupil.share *= (1 - experts) / total;
        pupils.push_back(std::move(pupil));
    }
    return pupils;
}

void change(std::vector<Pupil>& pupils, std::string_view change) {
    const size_t equals = change.find('=');
    const std::string name(change.substr(0, equals));
    const auto pupil =
        std::find_if(pupils.begin(), pupils.end(), [&](const Pupil& p) { return p.name == name; });
    if (pupil == pupils.end())
        fail("there is no pupil \"{}\"; the class has {}", name,
             joined(pupils, ", ", &Pupil::name));
    const auto number = [&](const std::string& text) {
        try {
            size_t used = 0;
            const double value = std::stod(text, &used);
            if (used == text.size() && value >= 0) return value;
        } catch (const std::exception&) {
        }
        fail("expected PUPIL=SHARE or PUPIL=SHARE:RATE with numbers from 0 on, found \"{}\"",
             change);
    };
    const std::string values(equals == change.npos ? "" : change.substr(equals + 1));
    const size_t colon = values.find(':');
    pupil->share = number(values.substr(0, colon));
    if (colon != values.npos) pupil->rate = number(values.substr(colon + 1));
}

const Pupil& draw_pupil(std::span<const Pupil> pupils, Random& random) {
    double total = 0;
    for (const Pupil& pupil : pupils) total += pupil.share;
    if (total <= 0) fail("the class is empty: all shares are zero");
    double left = random.uniform() * total;
    const Pupil* last = nullptr;
    for (const Pupil& pupil : pupils) {
        if (pupil.share <= 0) continue;
        last = &pupil;
        left -= pupil.share;
        if (left < 0) break;
    }
    return *last;
}

std::string text_of_item(const std::string& problem, std::span<const std::string> lines) {
    std::string text(tokenizer::kProblem);
    text += problem;
    for (const std::string& line : lines) {
        text += tokenizer::kStep;
        text += line;
    }
    text += tokenizer::kAnswer;
    return text;
}

} // namespace qstar::train
