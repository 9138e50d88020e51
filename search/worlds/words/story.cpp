#include "search/worlds/words/story.h"

#include "engine/base/error.h"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <utility>

namespace qstar::search {

namespace {

constexpr size_t kMaxSentences = 20;

// "#": a number, "@": a word.
enum class Form {
    has,
    times,
    more,
    fewer,
    half,
    buys,
    loses,
    gives,
    boxes,
    shares,
    now,
    together,
    each
};
constexpr std::array<std::pair<std::string_view, Form>, 13> kForms = {{
    {"@ has # @", Form::has},
    {"@ has # times as many @ as @", Form::times},
    {"@ has # more @ than @", Form::more},
    {"@ has # fewer @ than @", Form::fewer},
    {"@ has half as many @ as @", Form::half},
    {"@ buys # more @", Form::buys},
    {"@ loses # @", Form::loses},
    {"@ gives away # @", Form::gives},
    {"@ buys # boxes with # @ each", Form::boxes},
    {"@ shares the @ equally among # friends", Form::shares},
    {"How many @ does @ have now", Form::now},
    {"How many @ do they have together", Form::together},
    {"How many @ does each friend get", Form::each},
}};

std::vector<std::string_view> split(std::string_view text, std::string_view at) {
    std::vector<std::string_view> parts;
    for (size_t begin = 0; begin < text.size();) {
        const size_t end = std::min(text.find_first_of(at, begin), text.size());
        if (end > begin) parts.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

std::optional<int64_t> whole_number(std::string_view word) {
    if (word.empty() || word.size() > 9) return {};
    int64_t value = 0;
    for (const char c : word) {
        if (c < '0' || c > '9') return {};
        value = value * 10 + (c - '0');
    }
    return value;
}

struct Sentence {
    Form form = Form::has;
    std::vector<std::string> words;
    std::vector<Rational> numbers;
};

std::optional<Sentence> read_sentence_as(const std::vector<std::string_view>& words,
                                         const std::vector<std::string_view>& asked, Form form) {
    if (words.size() != asked.size()) return {};
    Sentence sentence{form, {}, {}};
    for (size_t i = 0; i < words.size(); ++i) {
        const std::optional<int64_t> number = whole_number(words[i]);
        if (asked[i] == "#") {
            if (!number) return {};
            sentence.numbers.push_back(rational(*number));
        } else if (asked[i] == "@") {
            if (number) return {};
            sentence.words.emplace_back(words[i]);
        } else if (asked[i] != words[i]) {
            return {};
        }
    }
    return sentence;
}

Sentence read_form(std::string_view text) {
    static const auto patterns = [] {
        std::array<std::vector<std::string_view>, kForms.size()> all;
        for (size_t i = 0; i < kForms.size(); ++i) all[i] = split(kForms[i].first, " ");
        return all;
    }();
    const std::vector<std::string_view> words = split(text, " ");
    for (size_t i = 0; i < kForms.size(); ++i)
        if (const auto sentence = read_sentence_as(words, patterns[i], kForms[i].second))
            return *sentence;
    fail("expected a sentence of the forms of the world words, found \"{}\"", text.substr(0, 100));
}

// Who has how many, as the story goes on.
struct Telling {
    Story story;
    std::vector<std::pair<std::string, Rational>> people;
    std::string what;
    std::optional<Rational> share;

    Rational& of(const std::string& name) {
        for (auto& [known, quantity] : people)
            if (known == name) return quantity;
        fail("expected somebody of whom was said what he has, found \"{}\"", name);
    }
    Rational operate(Rational left, char symbol, Rational right) {
        const Rational value = symbol == '+'   ? left + right
                               : symbol == '-' ? left - right
                               : symbol == '*' ? left * right
                                               : left / right;
        story.operations.push_back({left, symbol, right, value});
        return value;
    }
    void begin(const std::string& name, Rational quantity) {
        for (const auto& [known, other] : people)
            if (known == name) fail("expected \"{}\" to be introduced once, found twice", name);
        people.emplace_back(name, quantity);
    }
    void same(const std::string& thing) {
        if (what.empty()) what = thing;
        if (what != thing) fail("expected a story of {}, found {}", what, thing);
    }
    // True if it was the question.
    bool tell(const Sentence& s);
};

bool Telling::tell(const Sentence& s) {
    for (const Rational number : s.numbers) story.given.push_back(number);
    const auto n = [&](size_t i) { return s.numbers.at(i); };
    if (people.empty() && s.form != Form::has)
        fail("expected a story that begins with who has how many");
    switch (s.form) {
    case Form::has:
        same(s.words[1]);
        begin(s.words[0], n(0));
        return false;
    case Form::times:
    case Form::more:
    case Form::fewer:
        same(s.words[1]);
        begin(s.words[0], operate(of(s.words[2]),
                                  s.form == Form::times  ? '*'
                                  : s.form == Form::more ? '+'
                                                         : '-',
                                  n(0)));
        return false;
    case Form::half:
        same(s.words[1]);
        story.given.push_back(rational(2));
        begin(s.words[0], operate(of(s.words[2]), '/', rational(2)));
        return false;
    case Form::buys:
        same(s.words[1]);
        of(s.words[0]) = operate(of(s.words[0]), '+', n(0));
        return false;
    case Form::loses:
    case Form::gives:
        same(s.words[1]);
        of(s.words[0]) = operate(of(s.words[0]), '-', n(0));
        return false;
    case Form::boxes: {
        same(s.words[1]);
        const Rational bought = operate(n(0), '*', n(1));
        of(s.words[0]) = operate(of(s.words[0]), '+', bought);
        return false;
    }
    case Form::shares:
        same(s.words[1]);
        share = operate(of(s.words[0]), '/', n(0));
        return false;
    case Form::now:
        same(s.words[0]);
        if (share) fail("expected the question what each friend gets, found another");
        story.answer = of(s.words[1]);
        return true;
    case Form::together: {
        same(s.words[0]);
        Rational sum = people.front().second;
        if (people.size() < 2) fail("expected two people or more to have them together");
        for (size_t i = 1; i < people.size(); ++i) sum = operate(sum, '+', people[i].second);
        story.answer = sum;
        return true;
    }
    case Form::each:
        same(s.words[0]);
        if (!share) fail("expected somebody who shares, found no such sentence");
        story.answer = *share;
        return true;
    }
    return false;
}

} // namespace

Story read_story(std::string_view question) {
    const std::vector<std::string_view> sentences = split(question, ".?");
    if (sentences.size() > kMaxSentences)
        fail("expected at most {} sentences, found {}", kMaxSentences, sentences.size());
    Telling telling;
    for (size_t i = 0; i < sentences.size(); ++i) {
        if (sentences[i].find_first_not_of(" \t\r\n") == std::string_view::npos) continue;
        if (!telling.tell(read_form(sentences[i]))) continue;
        if (i + 1 < sentences.size() &&
            sentences[i + 1].find_first_not_of(" \t\r\n") != std::string_view::npos)
            fail("expected the story to end with its question, found \"{}\"",
                 sentences[i + 1].substr(0, 100));
        return telling.story;
    }
    fail("expected a story with a question, \"How many ...?\", found \"{}\"",
         question.substr(0, 100));
}

std::string draw_story(const StoryConfig& config, Random& random) {
    constexpr std::array<std::string_view, 8> kNames = {"Anna", "Ben",   "Carla", "David",
                                                        "Emma", "Felix", "Greta", "Hugo"};
    constexpr std::array<std::string_view, 8> kThings = {"apples", "marbles", "books", "coins",
                                                         "stamps", "pencils", "cards", "shells"};
    if (config.largest < 4 || config.largest > 1'000'000 || config.changes < 0 ||
        config.changes > 8)
        fail("expected quantities up to 4 or more and 0 to 8 changes");
    const auto within = [&](int64_t low, int64_t high) {
        return low + static_cast<int64_t>(random.below(static_cast<uint64_t>(high - low + 1)));
    };
    const auto small = [&] { return within(1, std::min<int64_t>(config.largest, 20)); };
    for (int tries = 0; tries < 100'000; ++tries) {
        const std::string_view what = kThings[random.below(kThings.size())];
        const size_t first = random.below(kNames.size());
        const int64_t people = within(1, 2);
        const auto name = [&](int64_t i) {
            return kNames[(first + static_cast<size_t>(i)) % kNames.size()];
        };
        std::string text = fmt::format("{} has {} {}.", name(0), small(), what);
        if (people == 2) {
            switch (random.below(5)) {
            case 0:
                text += fmt::format(" {} has {} {}.", name(1), small(), what);
                break;
            case 1:
                text += fmt::format(" {} has {} times as many {} as {}.", name(1), within(2, 5),
                                    what, name(0));
                break;
            case 2:
                text += fmt::format(" {} has {} more {} than {}.", name(1), small(), what, name(0));
                break;
            case 3:
                text +=
                    fmt::format(" {} has {} fewer {} than {}.", name(1), small(), what, name(0));
                break;
            default:
                text += fmt::format(" {} has half as many {} as {}.", name(1), what, name(0));
            }
        }
        for (int64_t i = within(0, config.changes); i > 0; --i) {
            const std::string_view who = name(within(0, people - 1));
            switch (random.below(4)) {
            case 0:
                text += fmt::format(" {} buys {} more {}.", who, small(), what);
                break;
            case 1:
                text += fmt::format(" {} loses {} {}.", who, small(), what);
                break;
            case 2:
                text += fmt::format(" {} gives away {} {}.", who, small(), what);
                break;
            default:
                text += fmt::format(" {} buys {} boxes with {} {} each.", who, within(2, 6),
                                    within(2, 9), what);
            }
        }
        const std::string_view asked = name(within(0, people - 1));
        if (people == 2 && random.below(2) == 0)
            text += fmt::format(" How many {} do they have together?", what);
        else if (random.below(3) == 0)
            text += fmt::format(" {0} shares the {1} equally among {2} friends. How many {1} does "
                                "each friend get?",
                                asked, what, within(2, 6));
        else
            text += fmt::format(" How many {} does {} have now?", what, asked);
        const Story story = read_story(text);
        if (story.operations.size() < 2) continue;
        const bool fits =
            std::all_of(story.operations.begin(), story.operations.end(), [&](const Operation& o) {
                return o.value.is_integer() && o.value.num >= 1 && o.value.num <= config.largest;
            });
        // What the question does not ask for has no place in the derivation.
        if (fits && story.operations.back().value == story.answer) return text;
    }
    fail("no story keeps all quantities within 1 to {}", config.largest);
}

} // namespace qstar::search
