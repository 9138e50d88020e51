"""A GPT-2 in PyTorch: the peer of `qstar eval bench train`, `learn` and `decode`.

Started with one argument, a JSON object:
  work      "train", "learn" or "decode"
  model     a safetensors file of ours: the weights, and the configuration as metadata
  tokens    a file of int32: for "train" the inputs and then the targets, (batch, time)
            each; for "learn" rows of time + 1, `batch` for each of `steps` steps and then
            those of validation; for "decode" one first token a sequence
  batch, time, threads, and for "train" and "learn" lr
  steps, warmup, floor, beta2: for "learn", a cosine of lr to floor, and AdamW's
  settings  stands in the name: how its environment was set
  device    "cpu" or "cuda": with the latter it only trains
  precision "fp32", or "bf16" as torch.autocast has it
It writes lines of JSON to the standard output. The first says who it is; then each line
"N" on the standard input asks for N training steps, or N generated texts, and is
answered by the seconds that they took; "learn" adds the loss of validation, unclocked.
"""

import ctypes
import json
import math
import re
import struct
import sys
import time

import torch
import torch.nn.functional as F


def read_safetensors(path):
    with open(path, "rb") as file:
        data = bytearray(file.read())
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    config = {name: int(text) for name, text in header.pop("__metadata__").items() if text.isdigit()}
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        flat = torch.frombuffer(data, dtype=torch.float32, count=(end - begin) // 4, offset=8 + length + begin)
        tensors[name] = flat.reshape(entry["shape"]).clone()
    return config, tensors


def read_tokens(path):
    with open(path, "rb") as file:
        return torch.frombuffer(bytearray(file.read()), dtype=torch.int32).long()


class Gpt(torch.nn.Module):
    """Pre-norm blocks, fused qkv, GELU in its tanh form, a head tied to the embedding."""

    def __init__(self, config, tensors):
        super().__init__()
        self.layers, self.heads = config["layers"], config["heads"]
        self.width, self.context = config["width"], config["context"]
        # A module's names must not hold dots. Matrices of the linear layers are stored
        # (in, out); PyTorch's own layers have (out, in).
        for name, tensor in tensors.items():
            linear = tensor.dim() == 2 and not name.startswith(("wte", "wpe"))
            value = tensor.t().contiguous() if linear else tensor
            self.register_parameter(name.replace(".", "_"), torch.nn.Parameter(value))
        mask = torch.ones(self.context, self.context).tril().bool()
        self.register_buffer("future", ~mask, persistent=False)
        self.scale = 1.0 / math.sqrt(self.width // self.heads)

    def weight(self, name):
        return self._parameters[name.replace(".", "_")]

    def norm(self, name, x):
        return F.layer_norm(x, (self.width,), self.weight(name + ".weight"), self.weight(name + ".bias"))

    def linear(self, name, x):
        return F.linear(x, self.weight(name + ".weight"), self.weight(name + ".bias"))

    def split_heads(self, x):  # (B, T, C) -> (B, heads, T, C / heads)
        return x.view(x.shape[0], x.shape[1], self.heads, -1).transpose(1, 2)

    def forward(self, tokens):
        batch, length = tokens.shape
        future = self.future[:length, :length]
        x = F.embedding(tokens, self.weight("wte.weight")) + self.weight("wpe.weight")[:length]
        for layer in range(self.layers):
            h = f"h.{layer}."
            q, k, v = self.linear(h + "attn.c_attn", self.norm(h + "ln_1", x)).split(self.width, dim=2)
            q, k, v = self.split_heads(q), self.split_heads(k), self.split_heads(v)
            if x.is_cuda and hasattr(F, "scaled_dot_product_attention"):  # its fused kernels
                y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            else:
                scores = (q * self.scale) @ k.transpose(-2, -1)
                y = F.softmax(scores.masked_fill(future, float("-inf")), dim=-1) @ v
            y = y.transpose(1, 2).reshape(batch, length, self.width)
            x = x + self.linear(h + "attn.c_proj", y)
            y = F.gelu(self.linear(h + "mlp.c_fc", self.norm(h + "ln_2", x)), approximate="tanh")
            x = x + self.linear(h + "mlp.c_proj", y)
        return F.linear(self.norm("ln_f", x), self.weight("wte.weight"))

    def next_logits(self, tokens, position, cache):
        """The logits after one more token of every sequence; cache: (keys, values) a layer,
        each (B, heads, context, C / heads)."""
        batch = tokens.shape[0]
        x = F.embedding(tokens, self.weight("wte.weight")) + self.weight("wpe.weight")[position]
        for layer in range(self.layers):
            h = f"h.{layer}."
            keys, values = cache[layer]
            qkv = self.linear(h + "attn.c_attn", self.norm(h + "ln_1", x))
            q, k, v = qkv.view(batch, 3, self.heads, 1, -1).unbind(1)
            keys[:, :, position : position + 1] = k
            values[:, :, position : position + 1] = v
            scores = (q * self.scale) @ keys[:, :, : position + 1].transpose(-2, -1)
            y = F.softmax(scores, dim=-1) @ values[:, :, : position + 1]
            x = x + self.linear(h + "attn.c_proj", y.view(batch, self.width))
            y = F.gelu(self.linear(h + "mlp.c_fc", self.norm(h + "ln_2", x)), approximate="tanh")
            x = x + self.linear(h + "mlp.c_proj", y)
        return F.linear(self.norm("ln_f", x), self.weight("wte.weight"))


class Training:
    beta2 = 0.95

    def __init__(self, model, work):
        self.take(read_tokens(work["tokens"]).to(work["device"]), work)
        self.model = model
        self.autocast = torch.autocast(
            device_type=work["device"], dtype=torch.bfloat16, enabled=work["precision"] == "bf16"
        )
        matrices = [p for p in model.parameters() if p.dim() >= 2]
        others = [p for p in model.parameters() if p.dim() < 2]
        groups = [
            {"params": matrices, "weight_decay": 0.1},
            {"params": others, "weight_decay": 0.0},
        ]
        self.optimiser = torch.optim.AdamW(groups, lr=work["lr"], betas=(0.9, self.beta2), eps=1e-8, foreach=True)

    def take(self, tokens, work):
        tokens = tokens.view(2, work["batch"], work["time"])
        self.inputs, self.targets = tokens[0].contiguous(), tokens[1].reshape(-1)

    def once(self):
        with self.autocast:
            logits = self.model(self.inputs)
            loss = F.cross_entropy(logits.view(-1, logits.shape[-1]), self.targets)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        return loss.item()


class Learning(Training):
    """A batch of its own for each step, and a learning rate."""

    def take(self, tokens, work):
        rows = tokens.view(-1, work["time"] + 1)
        trained = work["steps"] * work["batch"]
        self.batches = rows[:trained].view(work["steps"], work["batch"], -1)
        self.validation = rows[trained:].split(work["batch"])
        self.work, self.beta2, self.step = work, work["beta2"], 0

    def rate(self):
        peak, floor, warmup = self.work["lr"], self.work["floor"], self.work["warmup"]
        if self.step < warmup:
            return peak * (self.step + 1) / warmup
        through = (self.step - warmup) / max(1, self.work["steps"] - warmup)
        return floor + 0.5 * (peak - floor) * (1 + math.cos(math.pi * through))

    def once(self):
        rows = self.batches[self.step]
        self.inputs, self.targets = rows[:, :-1].contiguous(), rows[:, 1:].reshape(-1)
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate()
        self.step += 1
        super().once()

    @torch.inference_mode()
    def look(self):
        total = 0.0
        for rows in self.validation:
            logits = self.model(rows[:, :-1])
            loss = F.cross_entropy(logits.reshape(-1, logits.shape[-1]), rows[:, 1:].reshape(-1))
            total += loss.item() * len(rows)
        return total / sum(len(rows) for rows in self.validation)


class Decoding:
    """Texts of `time` tokens: the first is given, the others are drawn; or, to compare
    with ours, the most likely ones (greedy)."""

    def __init__(self, model, work):
        self.model, self.time = model, work["time"]
        self.first = read_tokens(work["tokens"])
        shape = (work["batch"], model.heads, model.context, model.width // model.heads)
        self.cache = [(torch.zeros(shape), torch.zeros(shape)) for _ in range(model.layers)]

    @torch.inference_mode()
    def once(self, greedy=False):
        tokens, text = self.first, [self.first]
        for position in range(self.time - 1):
            logits = self.model.next_logits(tokens, position, self.cache)
            if greedy:
                tokens = logits.argmax(dim=1)
            else:
                tokens = torch.multinomial(F.softmax(logits, dim=1), 1)[:, 0]
            text.append(tokens)
        return torch.stack(text, dim=1).tolist() if greedy else None


def blas_name():
    """Whose matrix products PyTorch calls; of OpenBLAS, which kernels it has chosen."""
    built = re.search(r"BLAS_INFO=(\w+)", torch.__config__.show())
    if built and built.group(1) == "mkl":
        return " (MKL)"
    try:
        library = ctypes.CDLL("libblas.so.3")
        library.openblas_get_corename.restype = ctypes.c_char_p
        return f" (OpenBLAS, {library.openblas_get_corename().decode()} kernels)"
    except (OSError, AttributeError):
        return ""


def say(**values):
    print(json.dumps(values), flush=True)


def main():
    work = json.loads(sys.argv[1])
    torch.set_num_threads(work["threads"])
    torch.manual_seed(1)
    config, tensors = read_safetensors(work["model"])
    on_gpu = work["device"] == "cuda"
    if on_gpu and not torch.cuda.is_available():
        say(none=f"none: PyTorch {torch.__version__} finds no CUDA")
        return
    model = Gpt(config, tensors).to(work["device"])
    name = f"PyTorch {torch.__version__}{work['settings']}{blas_name()}"
    if on_gpu:
        name = f"PyTorch {torch.__version__} on {torch.cuda.get_device_name()}"
    # One thread by its processor time, several by the clock, as ours.
    clock = time.process_time if work["threads"] == 1 and not on_gpu else time.perf_counter
    if work["work"] in ("train", "learn"):
        body = Training(model, work) if work["work"] == "train" else Learning(model, work)
        say(name=name)
    else:
        body = Decoding(model, work)
        say(name=name, greedy=body.once(greedy=True))
    for line in sys.stdin:
        start = clock()
        for _ in range(int(line)):
            result = body.once()
        seconds = clock() - start
        if work["work"] == "learn":
            result = body.look()
        say(seconds=seconds, loss=result)


main()
