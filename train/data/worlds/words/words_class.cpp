#include "train/data/worlds/words/words_class.h"

#include "search/worlds/words/words.h"

namespace qstar::train {

using search::Operation;
using search::Rational;

namespace {

const std::vector<Pupil> others_of_words = {
    {"adder", adds_always, 0.1, 0},
    {"early-bird", stops_early, 0.1, 0},
    {"slipper", miscomputes, 0.12, 0.3},
    {"beginner", adds_always | stops_early, 0.68, 0},
};

Rational calculate(Rational left, char symbol, Rational right) {
    switch (symbol) {
    case '+':
        return left + right;
    case '-':
        return left - right;
    case '*':
        return left * right;
    default:
        return left / right;
    }
}

} // namespace

std::string question_key(std::string_view line) {
    return line.ends_with('?') ? std::string(line) : "";
}

std::vector<Pupil> words_class(double experts) { return class_of(experts, others_of_words); }

std::vector<std::string> solve_story(const Pupil& pupil, const std::string& problem,
                                     Random& random) {
    const search::Story story = search::read_story(problem);
    std::vector<std::string> lines;
    std::vector<std::pair<Rational, Rational>> found; // what it should be, what he has
    const auto own = [&](Rational value) {
        for (auto at = found.rbegin(); at != found.rend(); ++at)
            if (at->first == value) return at->second;
        return value;
    };
    Rational last = story.answer;
    for (const Operation& operation : story.operations) {
        Operation done{own(operation.left), operation.symbol, own(operation.right), {}};
        if (pupil.habits & adds_always) done.symbol = '+';
        if (done.symbol == '/' && done.right.num == 0) done.symbol = '+';
        done.value = calculate(done.left, done.symbol, done.right);
        if (pupil.habits & miscomputes && random.uniform() < pupil.rate)
            done.value = done.value + search::rational(off_by(random));
        found.emplace_back(operation.value, done.value);
        lines.push_back(annotated(done));
        last = done.value;
        if (pupil.habits & stops_early) break;
    }
    lines.push_back("#### " + text(last));
    return lines;
}

} // namespace qstar::train
