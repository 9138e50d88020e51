#!/usr/bin/env python3
"""Makes tiny_FAMILY.safetensors: tiny GPTs as PyTorch computes them, in float64.

    python3 tests/engine/reference/make_reference.py

needs PyTorch (Debian: python3-torch) and writes beside itself. Stored, as F32:
  start.NAME  the weights, by the family's names: gpt2's linear weights are (in, out),
              those of the others (out, in)
  tokens, targets, weights (B, T): the batch and how much each target counts
  logits (B*T, V), loss ()
  grad.NAME   d loss / d weight
  losses (10), norms (10): before each optimiser step, norms before clipping
  after.NAME  the weights after ten steps of AdamW
"""

import json
import math
import os
import struct

import torch

LAYERS, HEADS, WIDTH, CONTEXT, VOCAB, BATCH = 2, 2, 16, 12, 23, 3
STEPS, RATE, BETAS, EPS, DECAY, CLIP = 10, 1e-3, (0.9, 0.95), 1e-8, 0.1, 1.0


HIDDEN = 48  # of SwiGLU: 8/3 of the width, in whole sixteens


# What a model of the families with rotary positions may have otherwise than ours.
class Other:
    def __init__(self, normalised=False, biased=False, tied=True, heads=HEADS, kv_heads=None,
                 head_size=None, norm_epsilon=1e-6, rope_base=10000.0):
        self.normalised, self.biased, self.tied = normalised, biased, tied
        self.heads, self.kv_heads = heads, kv_heads or heads
        self.size = head_size or WIDTH // heads
        self.epsilon, self.base = norm_epsilon, rope_base
        # The keys of the metadata, where it is not as we have it.
        self.metadata = {}
        if kv_heads:
            self.metadata["kv_heads"] = kv_heads
        if head_size:
            self.metadata["head_size"] = head_size
        if norm_epsilon != 1e-6:
            self.metadata["norm_epsilon"] = norm_epsilon
        if rope_base != 10000.0:
            self.metadata["rope_base"] = rope_base
        if not tied:
            self.metadata["tied"] = 0


def normal(*shape, scale):
    return scale * torch.randn(*shape, dtype=torch.float64)


# The program starts from what the file holds: numbers of 32 bits.
def as_stored(weights):
    return {name: w.float().double().requires_grad_() for name, w in weights.items()}


def gpt2_weights():
    weights = {
        "wte.weight": normal(VOCAB, WIDTH, scale=0.3),
        "wpe.weight": normal(CONTEXT, WIDTH, scale=0.3),
    }
    for n in range(LAYERS):
        for name, rows, columns in [
            ("attn.c_attn", WIDTH, 3 * WIDTH),
            ("attn.c_proj", WIDTH, WIDTH),
            ("mlp.c_fc", WIDTH, 4 * WIDTH),
            ("mlp.c_proj", 4 * WIDTH, WIDTH),
        ]:
            weights[f"h.{n}.{name}.weight"] = normal(rows, columns, scale=0.3)
            weights[f"h.{n}.{name}.bias"] = normal(columns, scale=0.1)
    for name in [f"h.{n}.ln_{k}" for n in range(LAYERS) for k in (1, 2)] + ["ln_f"]:
        weights[f"{name}.weight"] = 1 + normal(WIDTH, scale=0.1)
        weights[f"{name}.bias"] = normal(WIDTH, scale=0.1)
    return as_stored(weights)


def llama_weights(o):
    queries, keys = o.heads * o.size, o.kv_heads * o.size
    weights = {"model.embed_tokens.weight": normal(VOCAB, WIDTH, scale=0.3)}
    for n in range(LAYERS):
        block = f"model.layers.{n}"
        for name, out, into in [
            ("self_attn.q_proj", queries, WIDTH),
            ("self_attn.k_proj", keys, WIDTH),
            ("self_attn.v_proj", keys, WIDTH),
            ("self_attn.o_proj", WIDTH, queries),
            ("mlp.gate_proj", HIDDEN, WIDTH),
            ("mlp.up_proj", HIDDEN, WIDTH),
            ("mlp.down_proj", WIDTH, HIDDEN),
        ]:
            weights[f"{block}.{name}.weight"] = normal(out, into, scale=0.3)
        for name in ("input_layernorm", "post_attention_layernorm"):
            weights[f"{block}.{name}.weight"] = 1 + normal(WIDTH, scale=0.1)
        for name in ("q_norm", "k_norm") if o.normalised else ():
            weights[f"{block}.self_attn.{name}.weight"] = 1 + normal(o.size, scale=0.1)
        for name, out in (("q", queries), ("k", keys), ("v", keys)) if o.biased else ():
            weights[f"{block}.self_attn.{name}_proj.bias"] = normal(out, scale=0.3)
    weights["model.norm.weight"] = 1 + normal(WIDTH, scale=0.1)
    if not o.tied:
        weights["lm_head.weight"] = normal(VOCAB, WIDTH, scale=0.3)
    return as_stored(weights)


def layer_norm(x, w, name):
    centred = x - x.mean(-1, keepdim=True)
    deviation = torch.sqrt((centred ** 2).mean(-1, keepdim=True) + 1e-5)
    return centred / deviation * w[f"{name}.weight"] + w[f"{name}.bias"]


def linear(x, w, name):
    return x @ w[f"{name}.weight"] + w[f"{name}.bias"]


# Heads of queries in groups, each with the keys and values of one head.
def attention(q, k, v, size=WIDTH // HEADS):
    time = q.shape[1]
    group = q.shape[-1] // k.shape[-1]
    future = torch.ones(time, time, dtype=torch.bool).triu(1)
    heads = []
    for h in range(q.shape[-1] // size):
        part, shared = (slice(n * size, (n + 1) * size) for n in (h, h // group))
        score = q[..., part] @ k[..., shared].transpose(1, 2) / math.sqrt(size)
        heads.append(score.masked_fill(future, -math.inf).softmax(-1) @ v[..., shared])
    return torch.cat(heads, -1)


def gelu(x):
    return x / 2 * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))


def gpt2(tokens, w):
    x = w["wte.weight"][tokens] + w["wpe.weight"][: tokens.shape[1]]
    for n in range(LAYERS):
        qkv = linear(layer_norm(x, w, f"h.{n}.ln_1"), w, f"h.{n}.attn.c_attn")
        x = x + linear(attention(*qkv.split(WIDTH, dim=-1)), w, f"h.{n}.attn.c_proj")
        inner = gelu(linear(layer_norm(x, w, f"h.{n}.ln_2"), w, f"h.{n}.mlp.c_fc"))
        x = x + linear(inner, w, f"h.{n}.mlp.c_proj")
    return layer_norm(x, w, "ln_f") @ w["wte.weight"].T


def rms_norm(x, gain, o):
    return x / torch.sqrt((x ** 2).mean(-1, keepdim=True) + o.epsilon) * gain


# Each pair of numbers (i, i + half) of a head as one complex number, multiplied by e^(i angle).
def turned(x, gain, o):
    batch, time, width = x.shape
    heads = x.reshape(batch, time, width // o.size, o.size)
    if gain is not None:
        heads = rms_norm(heads, gain, o)
    half = heads.shape[-1] // 2
    frequency = o.base ** (-torch.arange(half, dtype=torch.float64) / half)
    angle = torch.arange(time, dtype=torch.float64)[:, None] * frequency
    pairs = torch.complex(heads[..., :half], heads[..., half:])
    pairs = pairs * torch.polar(torch.ones_like(angle), angle)[:, None, :]
    return torch.cat([pairs.real, pairs.imag], -1).reshape(batch, time, width)


def llama(tokens, w, o):
    x = w["model.embed_tokens.weight"][tokens]
    for n in range(LAYERS):
        block = f"model.layers.{n}"
        into = rms_norm(x, w[f"{block}.input_layernorm.weight"], o)
        q, k, v = (into @ w[f"{block}.self_attn.{part}_proj.weight"].T for part in "qkv")
        if o.biased:
            q, k, v = (x + w[f"{block}.self_attn.{part}_proj.bias"] for x, part in ((q, "q"), (k, "k"), (v, "v")))
        q = turned(q, w.get(f"{block}.self_attn.q_norm.weight"), o)
        k = turned(k, w.get(f"{block}.self_attn.k_norm.weight"), o)
        x = x + attention(q, k, v, o.size) @ w[f"{block}.self_attn.o_proj.weight"].T
        into = rms_norm(x, w[f"{block}.post_attention_layernorm.weight"], o)
        gate = torch.nn.functional.silu(into @ w[f"{block}.mlp.gate_proj.weight"].T)
        inner = gate * (into @ w[f"{block}.mlp.up_proj.weight"].T)
        x = x + inner @ w[f"{block}.mlp.down_proj.weight"].T
    head = w["model.embed_tokens.weight" if o.tied else "lm_head.weight"]
    return rms_norm(x, w["model.norm.weight"], o) @ head.T


def loss_of(logits, targets, counts):
    nll = -logits.log_softmax(-1).gather(-1, targets[..., None])[..., 0]
    return (nll * counts).sum() / counts.sum()


def write_safetensors(path, tensors, metadata):
    header, data = {"__metadata__": metadata}, b""
    for name in sorted(tensors):
        values = tensors[name].detach().reshape(-1).tolist()
        packed = struct.pack(f"<{len(values)}f", *values)
        header[name] = {
            "dtype": "F32",
            "shape": list(tensors[name].shape),
            "data_offsets": [len(data), len(data) + len(packed)],
        }
        data += packed
    text = json.dumps(header, separators=(",", ":"), sort_keys=True).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def make(family, make_weights, gpt, file_name, heads=HEADS, more={}):
    torch.manual_seed(1)
    w = make_weights()
    text = torch.randint(0, VOCAB, (BATCH, CONTEXT + 1))
    tokens, targets = text[:, :-1], text[:, 1:]
    counts = torch.ones(BATCH, CONTEXT, dtype=torch.float64)
    counts[0, :3] = 0  # a prompt that is not learned
    counts[1, 5] = 0.5

    out = {f"start.{name}": value.clone() for name, value in w.items()}
    out |= {"tokens": tokens, "targets": targets, "weights": counts}
    optimizer = torch.optim.AdamW(
        [
            {"params": [v for v in w.values() if v.dim() == 2], "weight_decay": DECAY},
            {"params": [v for v in w.values() if v.dim() < 2], "weight_decay": 0.0},
        ],
        lr=RATE,
        betas=BETAS,
        eps=EPS,
    )
    losses, norms = [], []
    for step in range(STEPS):
        optimizer.zero_grad()
        logits = gpt(tokens, w)
        loss = loss_of(logits, targets, counts)
        loss.backward()
        if step == 0:
            out["logits"] = logits.reshape(-1, VOCAB)
            out["loss"] = loss
            out |= {f"grad.{name}": value.grad.clone() for name, value in w.items()}
        losses.append(loss.item())
        norms.append(torch.nn.utils.clip_grad_norm_(list(w.values()), CLIP).item())
        optimizer.step()
    out["losses"] = torch.tensor(losses, dtype=torch.float64)
    out["norms"] = torch.tensor(norms, dtype=torch.float64)
    out |= {f"after.{name}": value for name, value in w.items()}

    metadata = {
        "family": family, "layers": LAYERS, "heads": heads, "width": WIDTH, "context": CONTEXT, "vocab": VOCAB,
        "batch": BATCH, "rate": RATE, "torch": torch.__version__,
    }
    metadata |= more
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), file_name)
    write_safetensors(path, out, {key: str(value) for key, value in metadata.items()})
    print(f"{path}: {os.path.getsize(path)} bytes, losses {losses}, norms {norms}")


def main():
    make("gpt2", gpt2_weights, gpt2, "tiny_gpt.safetensors")
    for name, o in [
        ("llama", Other()),
        ("qwen2", Other(biased=True, heads=4, kv_heads=2)),
        ("qwen3", Other(normalised=True)),
        ("llama_grouped", Other(tied=False, heads=6, kv_heads=2, head_size=4, norm_epsilon=1e-5, rope_base=1e6)),
    ]:
        make(
            name.split("_")[0], lambda: llama_weights(o), lambda tokens, w: llama(tokens, w, o),
            f"tiny_{name}.safetensors", o.heads, o.metadata,
        )


if __name__ == "__main__":
    main()
