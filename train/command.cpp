#include "train/command.h"

#include "engine/base/range.h"
#include "train/annotation/label.h"
#include "train/commands/flags.h"
#include "train/commands/puzzle_commands.h"
#include "train/commands/rank_commands.h"
#include "train/commands/rl_commands.h"
#include "train/commands/step_commands.h"
#include "train/data/class_info.h"
#include "train/data/corpus.h"
#include "train/data/sample.h"
#include "train/supervised/orm.h"
#include "train/supervised/pretrain.h"
#include "train/supervised/prm.h"
#include "train/supervised/sft.h"

#include <memory>

namespace qstar::train {

namespace {

void add_corpus(CLI::App& root, const Common& common, CLI::App& group) {
    const auto o = std::make_shared<CorpusOptions>();
    const auto info = std::make_shared<bool>(false);
    const auto info_problems = std::make_shared<int64_t>(2000);
    CLI::App* app = add_stage(root, common, group, "corpus", "write the class's worksheets", o,
                              [=](const CorpusOptions& options) {
                                  check_range("info-problems", *info_problems, 1);
                                  if (*info)
                                      print_class(options, *info_problems);
                                  else
                                      corpus(options);
                              });
    flag(app, "--world", o->world, "of the run: arithmetic, countdown, equations or words");
    flag(app, "--tokens", o->tokens, "tokens of the worksheets");
    flag(app, "--curated", o->curated, "items of the curated set");
    flag(app, "--curate", o->curate,
         "who is in it: answers (any work with the right answer) or experts");
    flag(app, "--items", o->items, "items a worksheet");
    flag(app, "--experts", o->experts, "share of the worksheets by experts, 0 to 1");
    app->add_option("--pupil", o->pupils,
                    "change a pupil: NAME=SHARE or NAME=SHARE:RATE; may be repeated");
    flag(app, "--warm", o->warm, "share of the tokens, first, with short problems");
    flag(app, "--warm-operands", o->warm_operands, "operands of those, at most");
    flag(app, "--low", o->problems.low, "smallest operand");
    flag(app, "--high", o->problems.high, "largest operand");
    flag(app, "--min-operands", o->problems.min_operands, "fewest operands");
    flag(app, "--max-operands", o->problems.max_operands, "most operands");
    flag(app, "--weights", o->problems.weights, "weights of 2, 3, 4, ... operands");
    flag(app, "--operators", o->problems.operators, "some of + - *");
    flag(app, "--brackets", o->problems.brackets, "probability of a pair of brackets");
    flag(app, "--bound", o->problems.bound, "largest value on a right derivation's lines");
    flag(app, "--form", o->problems.form,
         "arithmetic: plain, or DeepMind Mathematics' add_sub_multiple, mul_div_multiple, mixed, "
         "or deepmind for all three; countdown: plain, or search, texts that contain their search");
    flag(app, "--hunch", o->texts.hunch, "form search: rate of first moves that lead on, 0 to 1");
    flag(app, "--longest", o->texts.longest, "form search: characters of a text, at most");
    flag(app, "--numbers", o->countdown.count, "countdown: numbers of a problem");
    flag(app, "--largest", o->countdown.high, "countdown: largest number");
    flag(app, "--target-from", o->countdown.from, "countdown: smallest target");
    flag(app, "--target-to", o->countdown.to, "countdown: largest target; 24 is never one");
    flag(app, "--terms", o->equations.max_terms, "equations: most terms");
    flag(app, "--coefficient", o->equations.coefficient, "equations: largest coefficient");
    flag(app, "--constant", o->equations.bound, "equations: largest number alone");
    flag(app, "--changes", o->stories.changes, "words: sentences in which something happens");
    flag(app, "--quantity", o->stories.largest, "words: largest quantity");
    app->add_flag("--info", *info, "only print the class and how often each pupil is right");
    flag(app, "--info-problems", *info_problems, "problems that --info tries");
}

void add_pretrain(CLI::App& root, const Common& common, CLI::App& group) {
    const auto o = std::make_shared<PretrainOptions>();
    CLI::App* app = add_stage(root, common, group, "pretrain",
                              "next-token prediction on the worksheets, or on a text", o, pretrain);
    add_loop(app, *o);
    flag(app, "--layers", o->layers, "of the GPT");
    flag(app, "--width", o->width, "of the GPT, a multiple of the heads");
    flag(app, "--heads", o->heads, "of the GPT's attention");
    flag(app, "--context", o->context, "tokens of the longest sequence");
    flag(app, "--positions", o->positions, "how their table begins: random or sinusoid");
    flag(app, "--epochs", o->epochs, "passes over the corpus");
    flag(app, "--steps", o->steps, "steps, instead of passes; 0: by --epochs");
    flag(app, "--val-every", o->val_every, "steps between two validations; 0: only at the end");
    flag(app, "--val-rows", o->val_rows, "rows of a validation, at most");
    flag(app, "--text", o->text, "a text file, or JSONL with --field, instead of the worksheets");
    app->add_option("--field", o->fields, "field of the JSONL's objects; may be repeated");
    flag(app, "--sample", o->sample, "print so many tokens of the model's at the end");
    flag(app, "--temperature", o->temperature, "of that sample");
}

void add_sft(CLI::App& root, const Common& common, CLI::App& group) {
    const auto o = std::make_shared<SftOptions>();
    CLI::App* app = add_stage(root, common, group, "sft", "fine-tune on the curated set", o, sft);
    add_loop(app, *o);
    flag(app, "--epochs", o->epochs, "passes over the curated set");
    flag(app, "--items", o->items, "use only the first so many items; 0: all");
    flag(app, "--file", o->file, "of items, instead of the curated set: its form, or GSM8K's");
    add_skip_bad(app, *o);
}

void add_sample(CLI::App& root, const Common& common, CLI::App& group) {
    const auto o = std::make_shared<SampleOptions>();
    CLI::App* app = add_stage(root, common, group, "sample",
                              "let the tuned model solve training problems", o, sample);
    flag(app, "--problems", o->problems, "different problems");
    flag(app, "--samples", o->samples, "solutions of each");
    flag(app, "--temperature", o->temperature, "of the draws");
    flag(app, "--min-operands", o->min_operands, "of the problems; 0: as in the corpus");
    flag(app, "--from", o->from, "stage whose model solves: sft, pretrain, ...");
    flag(app, "--distinct", o->distinct, "keep equal solutions of a problem only once");
    flag(app, "--file", o->file, "of problems, instead of drawing them");
    app->add_option("--target", o->form.target, "of all problems of a countdown file");
    app->add_flag("--skip-bad", o->form.skip_bad, "leave bad lines of the file out");
    flag(app, "--world", o->world, "world of the problems in the file: gsm8k:FILE");
    flag(app, "--step-tokens", o->step_tokens, "of a step at most");
}

void add_label(CLI::App& root, const Common& common, CLI::App& group) {
    const auto o = std::make_shared<LabelOptions>();
    CLI::App* app = add_stage(root, common, group, "label", "label the sampled solutions", o,
                              [](const LabelOptions& options) { label(options); });
    flag(app, "--judge", o->judge, "who labels: verifier, simulated (a person), or me");
    flag(app, "--format", o->format, "form of the step labels: prm800k or trl");
    flag(app, "--error", o->error, "rate of wrong labels of the simulated person");
    flag(app, "--each", o->each, "label so many solutions of a problem at most; 0: all");
    flag(app, "--limit", o->limit, "label only the first so many; 0: all");
    add_skip_bad(app, *o);
    flag(app, "--solutions", o->solutions, "a file of solutions, instead of DIR/samples");
    flag(app, "--name", o->name, "folder in the run, for labels by several judges");
    flag(app, "--world", o->world, "world of the problems");
}

void add_orm(CLI::App& root, const Common& common, CLI::App& group) {
    const auto o = std::make_shared<OrmOptions>();
    CLI::App* app =
        add_stage(root, common, group, "orm", "outcome reward model, from final answers", o, orm);
    add_reward(app, *o);
    flag(app, "--every-token", o->every_token, "ask at every token, not at the answer's only");
}

void add_prm(CLI::App& root, const Common& common, CLI::App& group) {
    const auto o = std::make_shared<PrmOptions>();
    CLI::App* app =
        add_stage(root, common, group, "prm", "process reward model, from labels of steps", o, prm);
    add_reward(app, *o);
    flag(app, "--neutral", o->neutral, "what a neutral step counts as: right, wrong or skip");
    flag(app, "--every-token", o->every_token, "ask at every token, not at the step's end only");
    app->add_flag("--soft", o->soft, "learn the soft labels of roll-outs, not the hard ones");
    flag(app, "--name", o->name, "folder in the run, for PRMs of several sources");
}

} // namespace

void add_command(CLI::App& app, const Common& common) {
    CLI::App* group =
        app.add_subcommand("train", "make a corpus and train the models, stage by stage");
    group->require_subcommand(1);
    add_corpus(app, common, *group);
    add_pretrain(app, common, *group);
    add_sft(app, common, *group);
    add_sample(app, common, *group);
    add_label(app, common, *group);
    add_orm(app, common, *group);
    add_prm(app, common, *group);
    add_rank_commands(app, common, *group); // rank, reward, dpo
    add_rl(app, common, *group);
    add_step_commands(app, common, *group);   // rollout, q, star, self-play, distil
    add_puzzle_commands(app, common, *group); // davi, deep-q
}

} // namespace qstar::train
