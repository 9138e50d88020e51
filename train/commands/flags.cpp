#include "train/commands/flags.h"

namespace qstar::train {

void add_skip_bad(CLI::App* app, StageOptions& o) {
    app->add_flag("--skip-bad", o.skip_bad, "leave out the file's bad lines, and say how many");
}

void add_loop(CLI::App* app, LoopOptions& o) {
    flag(app, "--batch", o.batch, "sequences a step");
    flag(app, "--lr", o.lr, "learning rate at its peak");
    flag(app, "--lr-floor", o.lr_floor, "share of the peak at the end of the cosine");
    flag(app, "--warmup", o.warmup, "steps of the linear warm-up");
    flag(app, "--weight-decay", o.weight_decay, "of AdamW, on matrices");
    flag(app, "--beta1", o.beta1, "of AdamW");
    flag(app, "--beta2", o.beta2, "of AdamW");
    flag(app, "--clip", o.clip, "bound of the gradient's norm; 0: none");
    flag(app, "--precision", o.precision, "of the products: fp32, or bf16 with sums in fp32");
    flag(app, "--save-every", o.save_every, "steps between two saved states");
    flag(app, "--stop-after", o.stop_after, "leave off after so many steps of this call; 0: never");
}

void add_reward(CLI::App* app, RewardOptions& o) {
    add_loop(app, o);
    flag(app, "--from", o.from, "stage whose weights it starts from: sft, pretrain, ...");
    flag(app, "--labels", o.labels, "a file of labels, instead of DIR/labels");
    flag(app, "--epochs", o.epochs, "passes over the labels");
    flag(app, "--extra-layers", o.extra_layers, "layers more than the policy has");
    flag(app, "--text-weight", o.text, "weight of the next-token loss on right work");
    flag(app, "--limit", o.limit, "use only the first so many labelled solutions; 0: all");
    add_skip_bad(app, o);
}

} // namespace qstar::train
