#include "eval/bench/learning.h"

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/nn/next_token.h"
#include "engine/optim/schedule.h"
#include "eval/bench/turns.h"
#include "train/data/packed_sequences.h"
#include "train/run/run.h"

#include <algorithm>
#include <array>

namespace qstar::eval {

namespace {

constexpr int64_t kValidationRows = 512;

void append(std::vector<int>& to, std::span<const int> row) {
    to.insert(to.end(), row.begin(), row.end());
}

// Rows of T + 1 tokens as next-token prediction takes them.
struct Asked {
    std::vector<int> inputs, targets;
    std::vector<float> ones;
    int64_t rows = 0;
};

Asked asked_of(std::span<const int> rows, int64_t time) {
    Asked asked;
    const auto length = static_cast<size_t>(time) + 1;
    for (size_t at = 0; at + length <= rows.size(); at += length) {
        append(asked.inputs, rows.subspan(at, length - 1));
        append(asked.targets, rows.subspan(at + 1, length - 1));
        ++asked.rows;
    }
    asked.ones.assign(asked.targets.size(), 1.0f);
    return asked;
}

} // namespace

int64_t Lesson::count() const { return std::ssize(rows) / (config.context + 1); }

Lesson lesson_of_text(const std::string& text, engine::GptConfig config, int64_t batch,
                      int64_t steps) {
    std::array<int, 256> token{};
    for (const char c : text) token[static_cast<unsigned char>(c)] = 1;
    int used = 0;
    for (int& t : token) t = t == 1 ? used++ : -1;
    std::vector<int> tokens;
    for (const char c : text) tokens.push_back(token[static_cast<unsigned char>(c)]);

    const int64_t length = config.context + 1, all = static_cast<int64_t>(tokens.size());
    const int64_t trained = all * 9 / 10;
    if (trained <= length || all - trained < length)
        fail("a text of {} characters is too short for windows of {}", all, length);
    const auto window = [&](int64_t begin) {
        return std::span<const int>(tokens).subspan(static_cast<size_t>(begin),
                                                    static_cast<size_t>(length));
    };
    config.vocab = used;
    Lesson lesson{"", config, batch, {}, {}, 0};
    Random random(1, "bench/windows");
    for (int64_t i = 0; i < steps * batch; ++i)
        append(lesson.rows,
               window(static_cast<int64_t>(random.below(static_cast<uint64_t>(trained - length)))));
    const int64_t there = (all - trained) / length, rows = std::min(there, kValidationRows);
    for (int64_t i = 0; i < rows; ++i)
        append(lesson.validation, window(trained + there * i / rows * length));
    return lesson;
}

Lesson lesson_of_run(const std::string& run, engine::GptConfig config, int64_t batch,
                     int64_t steps) {
    const std::string path = train::stage_file(run, "corpus", "worksheets.jsonl");
    train::require(run, "corpus", path);
    const auto tokenizer = train::load_tokenizer(run);
    const train::Rows rows =
        train::pack_sequences(train::read_worksheets(path), tokenizer, config.context);
    config.vocab = tokenizer.size();
    Lesson lesson{"", config, batch, {}, {}, 0};
    for (int64_t epoch = 0; lesson.count() < steps * batch; ++epoch) {
        const auto order = train::row_order(rows, 1, epoch);
        if (order.empty()) fail("{}: holds no rows of {} tokens", path, config.context + 1);
        for (const int64_t i : order)
            if (lesson.count() < steps * batch) append(lesson.rows, rows.row(i));
    }
    int64_t left = kValidationRows / 2; // as many as pre-training looks at
    for (int64_t i = 0; i < rows.count() && left > 0; ++i) {
        if (!train::validation_row(rows, i)) continue;
        append(lesson.validation, rows.row(i));
        --left;
    }
    if (lesson.validation.empty()) fail("{}: holds no rows for validation", path);
    return lesson;
}

Learning::Learning(const Lesson& lesson, const Recipe& recipe, engine::Gpt model)
    : lesson_(lesson), recipe_(recipe), model_(std::move(model)),
      optimiser_(model_.parameters, recipe.optimiser) {}

Progressed Learning::learn(int64_t steps) {
    const int64_t most = std::min(lesson_.count() / recipe_.batch, recipe_.steps);
    if (step_ + steps > most)
        fail("{}: there are {} steps, found {} asked for", recipe_.name, most, step_ + steps);
    const int64_t time = lesson_.config.context;
    const auto size = static_cast<size_t>(recipe_.batch * (time + 1));
    const double share = recipe_.floor / recipe_.lr;
    const auto rate = [&](double peak) {
        return engine::cosine_schedule(step_, recipe_.steps, recipe_.warmup,
                                       static_cast<float>(peak), static_cast<float>(peak * share));
    };
    Progressed progressed;
    const double start = clock_seconds(engine::threads());
    for (int64_t i = 0; i < steps; ++i, ++step_) {
        const Asked b = asked_of(
            std::span(lesson_.rows).subspan(static_cast<size_t>(step_) * size, size), time);
        model_.zero_grad();
        engine::next_token_gradient(tape_, model_, b.inputs, b.targets, b.ones, b.rows, time);
        optimiser_.update(model_.parameters, rate(recipe_.lr), rate(recipe_.muon_lr));
    }
    progressed.seconds = clock_seconds(engine::threads()) - start;
    progressed.loss = validation_loss();
    return progressed;
}

double Learning::validation_loss() {
    const engine::NoGrad look(tape_);
    const Asked all = asked_of(lesson_.validation, lesson_.config.context);
    return engine::next_token_loss(tape_, model_, all.inputs, all.targets, all.ones, all.rows,
                                   lesson_.config.context);
}

} // namespace qstar::eval
