#!/usr/bin/env python3
"""Makes the tiny models of this folder: random weights in Hugging Face's form and in GGUF, and the
logits that they give, computed here in float64 by the papers' formulas. Knows nothing of qstar.

    python3 make.py

Weights are bfloat16 numbers, so that every file holds the same ones.
"""
import json
import math
import os
import random
import struct

HERE = os.path.dirname(os.path.abspath(__file__))


def bf16(x):
    bits = struct.unpack("<I", struct.pack("<f", x))[0]
    bits = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
    return struct.unpack("<f", struct.pack("<I", bits << 16))[0]


def pack_bf16(values):
    return b"".join(struct.pack("<f", v)[2:] for v in values)


def pack_f16(values):
    return b"".join(struct.pack("<e", v) for v in values)


def pack_f32(values):
    return struct.pack(f"<{len(values)}f", *values)


PACK = {"F32": pack_f32, "F16": pack_f16, "BF16": pack_bf16}


class Matrix:
    """Row-major numbers with a shape."""

    def __init__(self, shape, values):
        self.shape, self.values = tuple(shape), list(values)
        assert math.prod(self.shape) == len(self.values)

    def row(self, i):
        n = self.shape[-1]
        return self.values[i * n : (i + 1) * n]

    def transposed(self):
        rows, columns = self.shape
        return Matrix((columns, rows), [self.values[r * columns + c] for c in range(columns)
                                        for r in range(rows)])


def normal(rng, shape, deviation, mean=0.0):
    values = [bf16(rng.gauss(mean, deviation)) for _ in range(math.prod(shape))]
    return Matrix(shape, [v if abs(v) > 2 ** -10 else 0.0 for v in values])  # F16 holds them, too


# The files.

def write_safetensors(path, tensors, kind, extra=()):
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, tensor in list(tensors.items()) + list(extra):
        packed = PACK[kind](tensor.values)
        header[name] = {"dtype": kind, "shape": list(tensor.shape),
                        "data_offsets": [len(data), len(data) + len(packed)]}
        data += packed
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def gguf_text(text):
    return struct.pack("<Q", len(text.encode())) + text.encode()


def gguf_value(value):
    if isinstance(value, bool):
        return struct.pack("<IB", 7, value)
    if isinstance(value, int):
        return struct.pack("<II", 4, value)
    if isinstance(value, float):
        return struct.pack("<If", 6, value)
    if isinstance(value, str):
        return struct.pack("<I", 8) + gguf_text(value)
    element = {str: 8, float: 6, int: 5}[type(value[0])]
    out = struct.pack("<IIQ", 9, element, len(value))
    for one in value:
        out += gguf_text(one) if element == 8 else struct.pack("<f" if element == 6 else "<i", one)
    return out


def write_gguf(path, keys, tensors, version=3):
    """tensors: (name, shape, type, bytes)."""
    head = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(keys))
    for key, value in keys.items():
        head += gguf_text(key) + gguf_value(value)
    data = b""
    for name, shape, kind, packed in tensors:
        head += gguf_text(name) + struct.pack("<I", len(shape))
        head += b"".join(struct.pack("<Q", d) for d in reversed(shape))
        head += struct.pack("<IQ", kind, len(data))
        data += packed + b"\0" * (-len(packed) % 32)
    with open(path, "wb") as file:
        file.write(head + b"\0" * (-len(head) % 32) + data)


# The models, in plain Python.

def matvec(matrix, x, bias=None):  # (out, in)
    y = [sum(a * b for a, b in zip(matrix.row(o), x)) for o in range(matrix.shape[0])]
    return [a + b for a, b in zip(y, bias.values)] if bias else y


def layer_norm(x, weight, bias, epsilon):
    mean = sum(x) / len(x)
    scale = 1 / math.sqrt(sum((v - mean) ** 2 for v in x) / len(x) + epsilon)
    return [(v - mean) * scale * w + b for v, w, b in zip(x, weight.values, bias.values)]


def rms_norm(x, weight, epsilon):
    scale = 1 / math.sqrt(sum(v * v for v in x) / len(x) + epsilon)
    return [v * scale * w for v, w in zip(x, weight.values)]


def turned(head, position, base):
    """Rotary positions: the halves of a head are turned."""
    half, out = len(head) // 2, list(head)
    for i in range(half):
        angle = position * base ** (-i / half)
        c, s = math.cos(angle), math.sin(angle)
        out[i], out[half + i] = head[i] * c - head[half + i] * s, head[half + i] * c + head[i] * s
    return out


def attend(queries, keys, values, size, groups):
    """queries: [T][heads * size]; keys, values: [T][kv heads * size]."""
    out = []
    for t, q in enumerate(queries):
        mixed = []
        for h in range(len(q) // size):
            g = slice(h // groups * size, (h // groups + 1) * size)
            mine = q[h * size : (h + 1) * size]
            scores = [sum(a * b for a, b in zip(mine, keys[s][g])) / math.sqrt(size)
                      for s in range(t + 1)]
            top = max(scores)
            weights = [math.exp(s - top) for s in scores]
            total = sum(weights)
            mixed += [sum(w * values[s][g][i] for s, w in enumerate(weights)) / total
                      for i in range(size)]
        out.append(mixed)
    return out


def add(a, b):
    return [x + y for x, y in zip(a, b)]


def rotary_logits(w, c, tokens):
    size, heads, kv = c["head_dim"], c["num_attention_heads"], c["num_key_value_heads"]
    eps = c["rms_norm_eps"]
    states = [w["model.embed_tokens.weight"].row(t) for t in tokens]
    for n in range(c["num_hidden_layers"]):
        def p(name):
            return w.get(f"model.layers.{n}.{name}")
        q, k, v = [], [], []
        for position, x in enumerate(states):
            x = rms_norm(x, p("input_layernorm.weight"), eps)
            for name, count, out in (("q", heads, q), ("k", kv, k)):
                y = matvec(p(f"self_attn.{name}_proj.weight"), x, p(f"self_attn.{name}_proj.bias"))
                row = []
                for h in range(count):
                    head = y[h * size : (h + 1) * size]
                    if p(f"self_attn.{name}_norm.weight"):
                        head = rms_norm(head, p(f"self_attn.{name}_norm.weight"), eps)
                    row += turned(head, position, c["rope_theta"])
                out.append(row)
            v.append(matvec(p("self_attn.v_proj.weight"), x, p("self_attn.v_proj.bias")))
        mixed = attend(q, k, v, size, heads // kv)
        states = [add(x, matvec(p("self_attn.o_proj.weight"), m)) for x, m in zip(states, mixed)]
        for t, x in enumerate(states):
            y = rms_norm(x, p("post_attention_layernorm.weight"), eps)
            gate = matvec(p("mlp.gate_proj.weight"), y)
            up = matvec(p("mlp.up_proj.weight"), y)
            inner = [g / (1 + math.exp(-g)) * u for g, u in zip(gate, up)]
            states[t] = add(x, matvec(p("mlp.down_proj.weight"), inner))
    head = w.get("lm_head.weight") or w["model.embed_tokens.weight"]
    return [matvec(head, rms_norm(x, w["model.norm.weight"], eps)) for x in states]


def gpt2_logits(w, c, tokens):
    eps, heads = c["layer_norm_epsilon"], c["n_head"]
    size = c["n_embd"] // heads

    def linear(name, x):  # Conv1D: (in, out)
        return matvec(w[name + ".weight"].transposed(), x, w[name + ".bias"])

    def norm(name, x):
        return layer_norm(x, w[name + ".weight"], w[name + ".bias"], eps)

    states = [add(w["wte.weight"].row(t), w["wpe.weight"].row(i)) for i, t in enumerate(tokens)]
    for n in range(c["n_layer"]):
        qkv = [linear(f"h.{n}.attn.c_attn", norm(f"h.{n}.ln_1", x)) for x in states]
        q, k, v = ([row[i * heads * size : (i + 1) * heads * size] for row in qkv]
                   for i in range(3))
        mixed = attend(q, k, v, size, 1)
        states = [add(x, linear(f"h.{n}.attn.c_proj", m)) for x, m in zip(states, mixed)]
        for t, x in enumerate(states):
            y = linear(f"h.{n}.mlp.c_fc", norm(f"h.{n}.ln_2", x))
            y = [0.5 * g * (1 + math.tanh(math.sqrt(2 / math.pi) * (g + 0.044715 * g ** 3)))
                 for g in y]
            states[t] = add(x, linear(f"h.{n}.mlp.c_proj", y))
    return [matvec(w["wte.weight"], norm("ln_f", x)) for x in states]


# The cases.

def rotary_case(family, seed, tied, head_dim, theta, kind, gguf_kind, shards):
    rng = random.Random(seed)
    layers = 1 if family == "qwen2" else 2
    c = {"architectures": [{"llama": "Llama", "qwen2": "Qwen2", "qwen3": "Qwen3"}[family] +
                           "ForCausalLM"],
         "model_type": family, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": layers,
         "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": head_dim,
         "vocab_size": 29, "max_position_embeddings": 32, "rms_norm_eps": 1e-5,
         "rope_theta": theta, "rope_scaling": None, "hidden_act": "silu",
         "tie_word_embeddings": tied, "bos_token_id": 1, "eos_token_id": 2,
         "torch_dtype": "bfloat16", "use_cache": True}
    if family == "llama":
        c.update(attention_bias=False, mlp_bias=False)
    else:
        c.update(use_sliding_window=False, sliding_window=64, max_window_layers=2)
    d, h, q, k = 16, 24, 4 * head_dim, 2 * head_dim
    w = {"model.embed_tokens.weight": normal(rng, (29, d), 0.7)}
    for n in range(layers):
        p = f"model.layers.{n}."
        w[p + "input_layernorm.weight"] = normal(rng, (d,), 0.2, 1)
        for name, rows in (("q", q), ("k", k), ("v", k)):
            w[p + f"self_attn.{name}_proj.weight"] = normal(rng, (rows, d), 0.4)
            if family == "qwen2":
                w[p + f"self_attn.{name}_proj.bias"] = normal(rng, (rows,), 0.4)
            if family == "qwen3" and name != "v":
                w[p + f"self_attn.{name}_norm.weight"] = normal(rng, (head_dim,), 0.2, 1)
        w[p + "self_attn.o_proj.weight"] = normal(rng, (d, q), 0.3)
        w[p + "post_attention_layernorm.weight"] = normal(rng, (d,), 0.2, 1)
        w[p + "mlp.gate_proj.weight"] = normal(rng, (h, d), 0.4)
        w[p + "mlp.up_proj.weight"] = normal(rng, (h, d), 0.4)
        w[p + "mlp.down_proj.weight"] = normal(rng, (d, h), 0.3)
    w["model.norm.weight"] = normal(rng, (d,), 0.2, 1)
    if not tied:
        w["lm_head.weight"] = normal(rng, (29, d), 0.5)
    write_hf(family, c, w, kind, shards)
    names = {"input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q",
             "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
             "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm",
             "self_attn.k_norm": "attn_k_norm", "post_attention_layernorm": "ffn_norm",
             "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}
    tensors = []
    for name, tensor in w.items():
        stem, last = name.rsplit(".", 1)
        parts = stem.split(".")
        if parts[1:2] == ["layers"]:
            inner = ".".join(parts[3:])
            there = f"blk.{parts[2]}.{names[inner]}.{last}"
            heads = {"self_attn.q_proj": 4, "self_attn.k_proj": 2}.get(inner)
            if family == "llama" and heads:
                tensor = pairs(tensor, heads)
        else:
            there = {"model.embed_tokens": "token_embd", "model.norm": "output_norm",
                     "lm_head": "output"}[stem] + ".weight"
        tensors.append((there, tensor))
    keys = {"general.architecture": family, "general.name": "tiny", f"{family}.context_length": 32,
            f"{family}.embedding_length": 16, f"{family}.block_count": layers,
            f"{family}.feed_forward_length": 24, f"{family}.attention.head_count": 4,
            f"{family}.attention.head_count_kv": 2,
            f"{family}.attention.layer_norm_rms_epsilon": 1e-5,
            f"{family}.rope.dimension_count": head_dim, f"{family}.rope.freq_base": float(theta)}
    if head_dim != 4:
        keys[f"{family}.attention.key_length"] = head_dim
        keys[f"{family}.attention.value_length"] = head_dim
    write_model_gguf(family, keys, tensors, gguf_kind)
    write_reference(family, rotary_logits, w, c)


def pairs(tensor, heads):
    """Hugging Face's rows of queries and keys -> llama.cpp's: halves of a head become pairs."""
    rows, columns = tensor.shape
    size = rows // heads
    order = [h * size + part * size // 2 + i for h in range(heads) for i in range(size // 2)
             for part in range(2)]
    return Matrix(tensor.shape, [v for r in order for v in tensor.row(r)])


def gpt2_case():
    rng = random.Random(2)
    c = {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "n_layer": 2, "n_head": 2,
         "n_embd": 8, "n_positions": 12, "n_ctx": 12, "vocab_size": 23,
         "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5, "n_inner": None,
         "attn_pdrop": 0.1, "bos_token_id": 22, "eos_token_id": 22}
    w = {"wte.weight": normal(rng, (23, 8), 0.7), "wpe.weight": normal(rng, (12, 8), 0.3)}
    for n in range(2):
        p = f"h.{n}."
        for name, shape in (("attn.c_attn", (8, 24)), ("attn.c_proj", (8, 8)),
                            ("mlp.c_fc", (8, 32)), ("mlp.c_proj", (32, 8))):
            w[p + name + ".weight"] = normal(rng, shape, 0.4)
            w[p + name + ".bias"] = normal(rng, (shape[1],), 0.3)
        for name in ("ln_1", "ln_2"):
            w[p + name + ".weight"] = normal(rng, (8,), 0.2, 1)
            w[p + name + ".bias"] = normal(rng, (8,), 0.2)
    w["ln_f.weight"], w["ln_f.bias"] = normal(rng, (8,), 0.2, 1), normal(rng, (8,), 0.2)
    extra = []
    for n in range(2):  # buffers, as the released files have them
        extra.append((f"h.{n}.attn.bias", Matrix((1, 1, 12, 12), [float(i >= j) for i in range(12)
                                                                 for j in range(12)])))
        extra.append((f"h.{n}.attn.masked_bias", Matrix((), [-10000.0])))
    write_hf("gpt2", c, w, "F16", 1, extra)
    names = {"ln_1": "attn_norm", "attn.c_attn": "attn_qkv", "attn.c_proj": "attn_output",
             "ln_2": "ffn_norm", "mlp.c_fc": "ffn_up", "mlp.c_proj": "ffn_down"}
    tensors = []
    for name, tensor in w.items():
        stem, last = name.rsplit(".", 1)
        if stem.startswith("h."):
            inner = stem.split(".", 2)[2]
            if tensor.shape != tensor.shape[:1]:
                tensor = tensor.transposed()
            tensors.append((f"blk.{stem[2]}.{names[inner]}.{last}", tensor))
        else:
            there = {"wte": "token_embd", "wpe": "position_embd", "ln_f": "output_norm"}[stem]
            tensors.append((f"{there}.{last}", tensor))
    tensors.append(("output.weight", w["wte.weight"]))  # as older converters wrote it
    keys = {"general.architecture": "gpt2", "gpt2.context_length": 12, "gpt2.embedding_length": 8,
            "gpt2.block_count": 2, "gpt2.feed_forward_length": 32, "gpt2.attention.head_count": 2,
            "gpt2.attention.layer_norm_epsilon": 1e-5}
    write_model_gguf("gpt2", keys, tensors, "F16")
    write_reference("gpt2", gpt2_logits, w, c)


def write_hf(family, config, weights, kind, shards, extra=()):
    folder = os.path.join(HERE, family)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "config.json"), "w") as file:
        json.dump(config, file, indent=1)
    if shards == 1:
        write_safetensors(os.path.join(folder, "model.safetensors"), weights, kind, extra)
        return
    names, where = sorted(weights), {}
    for shard in range(shards):
        file = f"model-{shard + 1:05}-of-{shards:05}.safetensors"
        part = {n: weights[n] for n in names[shard::shards]}
        where.update({n: file for n in part})
        write_safetensors(os.path.join(folder, file), part, kind)
    with open(os.path.join(folder, "model.safetensors.index.json"), "w") as file:
        json.dump({"metadata": {"total_size": 0}, "weight_map": where}, file, indent=1)


def write_model_gguf(family, keys, tensors, kind):
    packed = []
    for name, tensor in tensors:
        of = kind if len(tensor.shape) > 1 else "F32"
        packed.append((name, tensor.shape, {"F32": 0, "F16": 1, "BF16": 30}[of],
                       PACK[of](tensor.values)))
    write_gguf(os.path.join(HERE, family + ".gguf"), keys, packed,
               version=2 if family == "qwen2" else 3)


def write_reference(family, logits, weights, config):
    rng = random.Random(7)
    tokens = [rng.randrange(config["vocab_size"]) for _ in range(7)]
    rows = [[round(x, 6) for x in row] for row in logits(weights, config, tokens)]
    with open(os.path.join(HERE, family, "reference.json"), "w") as file:
        json.dump({"tokens": tokens, "logits": rows}, file)


def numbers_case():
    """One tensor of each type of numbers, and what it means."""
    rng = random.Random(5)
    tensors, values = [], {}
    plain = [rng.gauss(0, 1) for _ in range(64)]
    odd = [0.0, -0.0, 2.0 ** -24, -(2.0 ** -14), 65504.0, 1.5 * 2.0 ** -20]
    for kind, number in (("F32", 0), ("F16", 1), ("BF16", 30)):
        packed = PACK[kind]([bf16(x) for x in plain + odd * 2] if kind == "BF16" else
                            plain + odd * 2)
        if kind == "F32":
            meant = struct.unpack("<76f", packed)
        elif kind == "F16":
            meant = struct.unpack("<76e", packed)
        else:
            meant = [bf16(x) for x in plain + odd * 2]
        tensors.append((kind, (2, 38), number, packed))
        values[kind] = list(meant)
    packed, meant = b"", []
    for _ in range(4):  # Q8_0
        scale = struct.unpack("<e", struct.pack("<e", rng.uniform(0.001, 0.1)))[0]
        quants = [rng.randrange(-128, 128) for _ in range(32)]
        packed += struct.pack("<e32b", scale, *quants)
        meant += [scale * q for q in quants]
    tensors.append(("Q8_0", (2, 64), 8, packed))
    values["Q8_0"] = meant
    packed, meant = b"", []
    for _ in range(4):  # Q4_0
        scale = struct.unpack("<e", struct.pack("<e", rng.uniform(-0.5, 0.5)))[0]
        quants = [rng.randrange(16) for _ in range(32)]
        packed += struct.pack("<e16B", scale, *[quants[i] | quants[16 + i] << 4 for i in range(16)])
        meant += [scale * (q - 8) for q in quants]
    tensors.append(("Q4_0", (2, 64), 2, packed))
    values["Q4_0"] = meant
    keys = {"a.whole": 7, "a.real": 1e-5, "a.truth": True, "a.text": "gr\u00fc\u00df dich",
            "a.texts": ["", "b"], "a.reals": [0.5, -1.0], "a.wholes": [1, -2]}
    write_gguf(os.path.join(HERE, "numbers.gguf"), keys, tensors)
    with open(os.path.join(HERE, "numbers.json"), "w") as file:
        json.dump(values, file)


if __name__ == "__main__":
    numbers_case()
    gpt2_case()
    rotary_case("llama", 3, True, 4, 10000.0, "BF16", "F16", 1)
    rotary_case("qwen2", 4, True, 4, 1000000.0, "F16", "F16", 1)
    rotary_case("qwen3", 6, False, 6, 5000.0, "BF16", "BF16", 2)
