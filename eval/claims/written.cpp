#include "eval/claims/written.h"

#include "engine/base/error.h"
#include "engine/decode/decoder.h"
#include "search/models/encode.h"

#include <algorithm>
#include <fmt/core.h>
#include <utility>

namespace qstar::eval {

namespace {

constexpr size_t kAtOnce = 128;
constexpr size_t kRoomToWrite = 40; // tokens, for the solution
// Of an item, and of each in the mean where there are many: a hand of countdown is solved in
// milliseconds.
constexpr int64_t kTries = 2000, kTriesInTheMean = 50;

struct Writer {
    search::Path path;
    std::string line;
    std::vector<int> feed; // what goes into the model next
    bool writing = true;
};

WorksheetItem item(const search::World& world, const train::ProblemSource& source,
                   const tokenizer::Tokenizer& tokenizer, bool right, size_t longest,
                   Random& random, int64_t& all_tries) {
    for (int64_t tries = 0; tries < kTries && all_tries-- > 0; ++tries) {
        const std::string problem = source.draw(train::Split::train, random);
        const train::Pupil& pupil = train::draw_pupil(source.pupils, random);
        auto lines = source.solve(pupil, problem, random);
        if (world.solved({problem, lines, true}) != right) continue;
        auto tokens = tokenizer.encode(train::text_of_item(problem, lines));
        if (tokens.size() <= longest) return {problem, std::move(lines), std::move(tokens)};
    }
    fail("of {} worksheet items {} ends in a {} answer within {} tokens, which is what a context "
         "has room for: it must hold {} items, the problem and its solution",
         all_tries > 0 ? kTries : kTriesInTheMean, all_tries > 0 ? "none" : "less than one",
         right ? "right" : "wrong", longest, kMostItems);
}

std::vector<WorksheetItem> items_before(const search::World& world,
                                        const train::ProblemSource& source,
                                        const tokenizer::Tokenizer& tokenizer,
                                        const std::string& problem, int items, bool right,
                                        int64_t context, uint64_t seed, int64_t& tries) {
    Random random(seed, fmt::format("claims/context/{}/{}", right ? "right" : "wrong", problem));
    const size_t taken =
        search::encode(tokenizer, {problem, {}, false}).tokens.size() + kRoomToWrite;
    const auto room = static_cast<size_t>(context);
    const size_t each = room > taken ? (room - taken) / kMostItems : 0;
    std::vector<WorksheetItem> all;
    for (int i = 0; i < items; ++i)
        all.push_back(item(world, source, tokenizer, right, each, random, tries));
    return all;
}

} // namespace

std::vector<WorksheetItem> items_before(const search::World& world,
                                        const train::ProblemSource& source,
                                        const tokenizer::Tokenizer& tokenizer,
                                        const std::string& problem, int items, bool right,
                                        int64_t context, uint64_t seed) {
    int64_t tries = items * kTries;
    return items_before(world, source, tokenizer, problem, items, right, context, seed, tries);
}

BegunSheets begun_sheets(const search::World& world, const train::ProblemSource& source,
                         const tokenizer::Tokenizer& tokenizer,
                         std::span<const std::string> problems, bool right, int64_t context,
                         uint64_t seed) {
    BegunSheets sheets;
    int64_t tries = kTries + kTriesInTheMean * kMostItems * std::ssize(problems);
    for (const std::string& problem : problems)
        sheets.push_back(items_before(world, source, tokenizer, problem, kMostItems, right, context,
                                      seed, tries));
    return sheets;
}

std::vector<int> worksheet_prompt(const tokenizer::Tokenizer& tokenizer,
                                  std::span<const WorksheetItem> items,
                                  const std::string& problem) {
    const std::vector<int> end = search::encode(tokenizer, {problem, {}, false}).tokens;
    std::vector<int> prompt{end.front()}; // <|endoftext|>
    for (const WorksheetItem& one : items)
        prompt.insert(prompt.end(), one.tokens.begin(), one.tokens.end());
    prompt.insert(prompt.end(), end.begin() + 1, end.end());
    return prompt;
}

std::vector<std::vector<int>> worksheet_prompts(const tokenizer::Tokenizer& tokenizer,
                                                const BegunSheets& sheets, int items,
                                                std::span<const std::string> problems) {
    std::vector<std::vector<int>> prompts;
    for (size_t i = 0; i < problems.size(); ++i)
        prompts.push_back(worksheet_prompt(
            tokenizer, std::span(sheets[i]).first(static_cast<size_t>(items)), problems[i]));
    return prompts;
}

std::vector<search::Path> write_greedily(const engine::Gpt& model,
                                         const tokenizer::Tokenizer& tokenizer,
                                         std::span<const std::vector<int>> prompts,
                                         std::span<const std::string> problems, int max_tokens,
                                         int step_as) {
    const int step = tokenizer.special(tokenizer::kStep);
    const int answer = tokenizer.special(tokenizer::kAnswer);
    engine::Decoder decoder(model, static_cast<int>(std::min(kAtOnce, prompts.size())));
    const auto context = static_cast<size_t>(model.config.context);
    std::vector<search::Path> out;
    for (size_t first = 0; first < prompts.size(); first += kAtOnce) {
        const size_t n = std::min(kAtOnce, prompts.size() - first);
        std::vector<Writer> writers(n);
        std::vector<size_t> length(n);
        for (size_t i = 0; i < n; ++i) {
            decoder.clear(static_cast<int>(i));
            writers[i].path.problem = problems[first + i];
            writers[i].feed = prompts[first + i];
        }
        for (int written = 0; written < max_tokens; ++written) {
            std::vector<engine::Decoder::Feed> feeds;
            std::vector<engine::TokenDraw> likeliest;
            std::vector<size_t> who;
            for (size_t i = 0; i < n; ++i) {
                Writer& writer = writers[i];
                if (length[i] + writer.feed.size() > context) writer.writing = false;
                if (!writer.writing) continue;
                likeliest.push_back({.row = static_cast<int>(feeds.size()), .temperature = 0});
                feeds.push_back({static_cast<int>(i), writer.feed});
                who.push_back(i);
                length[i] += writer.feed.size();
            }
            if (feeds.empty()) break;
            decoder.feed_and_draw(feeds, likeliest, tokenizer.size());
            for (size_t row = 0; row < who.size(); ++row) {
                Writer& writer = writers[who[row]];
                const int token = likeliest[row].token;
                writer.feed = {token == step && step_as >= 0 ? step_as : token};
                if (!tokenizer.is_special(token)) {
                    writer.line += tokenizer.token(token);
                    continue;
                }
                if (token == step || token == answer) writer.path.steps.push_back(writer.line);
                writer.line.clear();
                writer.path.finished = token == answer;
                writer.writing = token == step;
            }
        }
        for (Writer& writer : writers) out.push_back(std::move(writer.path));
    }
    return out;
}

} // namespace qstar::eval
