"""Cuts GPT-2's vocabulary (OpenAI, MIT licence) down to what the texts of the tests can need.

    python3 make.py FOLDER    (of vocab.json, merges.txt and reference.jsonl, all of GPT-2)

Kept are the bytes and every token, with its merges and its own id, whose bytes occur in one of the
texts: however a text is split, it is encoded as with the whole vocabulary. `edges.jsonl` holds more
texts and their ids by the few lines below, which have nothing in common with the program: the
pattern is GPT-2's own, run by Python's re, its classes written out from unicodedata. They are held
against reference.jsonl first.
"""

import json
import random
import re
import sys
import unicodedata
from pathlib import Path

EDGES = [
    "  12", "   12  34   ", " 12 ", "\n12", "\n\n 12", "\t 12", "12\n34", "12 \n 34", "1 2  3   4",
    "a12", "a 12", "12a", "12 a", "$12", "$ 12", "12$", "-12", " -12", "- 12", "12-", "12 -", "12.",
    "12.5", "12. 5", "12 .5", "1,000", "1 000", "1_000", "1e9", "0x1F", "7'8", "7's", "7 's", "'7",
    " '7", "'s7", "it's7", "2nd 3rd", "x2y 3z", "3*(4+5)-2=25", "\u00bd", " \u00bd", "1\u00bd", "1 \u00bd",
    "\u00b2", "x\u00b2", "10\u00b2 m\u00b3", "\u2163", " \u2163", "1\u2163", "\u2163x", "\u0663\u0664 \u06f5",
    "\u0967\u0968\u0969", " \u3007\u4e00", "\u2460\u2461 \u2462", "\uff11\uff12 \uff13", "\U0001d7d8\U0001d7d9",
    "5\u20ac", "\u20ac5", "5\u00a0000", "5\u2009000", "5\u200b000", "\u00a012", "\u300012", "12\u3000", "\u200512",
    "\u202f7\u202f", "\u20287", "7\u0301 8", "\u0301", "a\u03017", "don't 'll7", "I'd've", "we'RE", "'LL",
    "''s", "'s's", "' s", " ' s", "x\u2019s", "l'\u00e9t\u00e9", "'t'was", "\r\n 1\r\n", "\x1c1\x1c", "\x0b\x0c2",
    "\x85 3", "\ufeff12", "\U0001f600 1", "\U0001f600\U0001f6002", "<|endoftext|> 12", "[PAD] 7",
    "     ", "\n\n\n", " \n", "\n ", "  \n  1", "1  ", "1 \t", "999999999999", " 1234567890 1234567890",
]
PIECES = [
    " ", "  ", "\n", "\t", "\u00a0", "\u3000", "1", "12", "2024", "\u00bd", "\u00b2", "\u2163", "\u0663",
    "a", "the", "\u00e9", "\u4f60", "'s", "'", "'ll", "-", "...", "$", "\u0301", "\u200b", "\U0001f600", "_",
]
WHITE_SPACE = r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"


def ranges(category):
    codes = [c for c in range(0x110000) if unicodedata.category(chr(c))[0] == category]
    runs = []
    for code in codes:
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in runs)


L, N, S = ranges("L"), ranges("N"), WHITE_SPACE
WORD = re.compile(
    f"'s|'t|'re|'ve|'m|'ll|'d| ?[{L}]+| ?[{N}]+| ?[^{S}{L}{N}]+|[{S}]+(?![^{S}])|[{S}]+"
)

ORDER = [b for b in range(256) if 33 <= b <= 126 or 161 <= b <= 172 or 174 <= b]
ORDER += [b for b in range(256) if b not in ORDER]
CHARACTER = {b: chr(b if i < 188 else 0x100 + i - 188) for i, b in enumerate(ORDER)}


def written(text):
    return "".join(CHARACTER[b] for b in text.encode())


def encode(text, vocabulary, ranks):
    ids = []
    for word in WORD.findall(text):
        parts = list(written(word))
        while True:
            pairs = [(ranks.get(pair, len(ranks)), i) for i, pair in enumerate(zip(parts, parts[1:]))]
            rank, i = min(pairs, default=(len(ranks), 0))
            if rank == len(ranks):
                break
            parts[i : i + 2] = [parts[i] + parts[i + 1]]
        ids += [vocabulary[part] for part in parts]
    return ids


def main():
    source, out = Path(sys.argv[1]), Path(__file__).parent
    vocabulary = json.loads((source / "vocab.json").read_text())
    lines = (source / "merges.txt").read_text().split("\n")[1:]
    merges = [tuple(line.split(" ")) for line in lines if line]
    ranks = {pair: rank for rank, pair in enumerate(merges)}
    reference = (source / "reference.jsonl").read_text()
    texts = []
    for line in filter(None, reference.split("\n")):
        item = json.loads(line)
        assert encode(item["text"], vocabulary, ranks) == item["ids"], item
        texts.append(item["text"])

    dice = random.Random(1)
    edges = EDGES + ["".join(dice.choices(PIECES, k=dice.randint(2, 12))) for _ in range(150)]
    texts += edges
    spelled = [written(text) for text in texts]
    kept = {
        token: i
        for token, i in vocabulary.items()
        if len(token) == 1 or any(token in text for text in spelled) or token == "<|endoftext|>"
    }
    with open(out / "edges.jsonl", "w") as file:
        for text in edges:
            ids = encode(text, vocabulary, ranks)
            file.write(json.dumps({"text": text, "ids": ids}, separators=(",", ":")) + "\n")
    (out / "reference.jsonl").write_text(reference)
    (out / "vocab.json").write_text(json.dumps(kept, ensure_ascii=False, separators=(",", ":")) + "\n")
    lines = ["#version: 0.2"] + [f"{a} {b}" for a, b in merges if a + b in kept]
    (out / "merges.txt").write_text("\n".join(lines) + "\n")


main()
