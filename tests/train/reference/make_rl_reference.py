#!/usr/bin/env python3
"""Makes rl.safetensors: the objectives of PPO and GRPO as PyTorch computes them, in float64.

    python3 tests/train/reference/make_rl_reference.py

needs PyTorch (Debian: python3-torch) and writes beside itself. Stored, as F32, for N tokens:
  log_prob, old, reference, advantages, values, old_values, returns (N)
  surrogate (): mean of PPO's clipped objective, surrogate_grad (N): by log_prob
  value_loss (), value_grad (N): mean of the clipped value loss, by values
  k3 (), k3_grad (N): mean of the estimator of the KL to the reference, by log_prob
  rewards, gae_values (T), advantages_of_rewards (T): GAE by the sum of its definition
"""

import json
import os
import struct

import torch

N, T, EPSILON, GAMMA, LAMBDA = 64, 12, 0.2, 0.97, 0.9


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


def normal(n, scale=1.0):
    # What the file holds: numbers of 32 bits.
    return (scale * torch.randn(n, dtype=torch.float64)).float().double()


def main():
    torch.manual_seed(1)
    old = -normal(N).abs()
    out = {"old": old, "reference": (old + normal(N, 0.5)).float().double()}
    out["advantages"] = normal(N)
    log_prob = (old + normal(N, 0.3)).float().double().requires_grad_()
    ratio = torch.exp(log_prob - old)
    gain = torch.min(
        ratio * out["advantages"],
        torch.clamp(ratio, 1 - EPSILON, 1 + EPSILON) * out["advantages"],
    ).mean()
    gain.backward()
    out |= {"log_prob": log_prob, "surrogate": gain, "surrogate_grad": log_prob.grad.clone()}

    log_prob.grad = None
    log_r = out["reference"] - log_prob
    k3 = (torch.exp(log_r) - log_r - 1).mean()
    k3.backward()
    out |= {"k3": k3, "k3_grad": log_prob.grad.clone()}

    out |= {"old_values": normal(N), "returns": normal(N)}
    values = (out["old_values"] + normal(N, 0.3)).float().double().requires_grad_()
    clipped = out["old_values"] + torch.clamp(values - out["old_values"], -EPSILON, EPSILON)
    loss = torch.max((values - out["returns"]) ** 2, (clipped - out["returns"]) ** 2).mean() / 2
    loss.backward()
    out |= {"values": values, "value_loss": loss, "value_grad": values.grad.clone()}

    out |= {"rewards": normal(T), "gae_values": normal(T)}
    after = torch.cat([out["gae_values"][1:], torch.zeros(1, dtype=torch.float64)])
    delta = out["rewards"] + GAMMA * after - out["gae_values"]
    out["advantages_of_rewards"] = torch.stack(
        [sum((GAMMA * LAMBDA) ** l * delta[t + l] for l in range(T - t)) for t in range(T)]
    )

    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "rl.safetensors")
    metadata = {"epsilon": EPSILON, "gamma": GAMMA, "lambda": LAMBDA, "torch": torch.__version__}
    write_safetensors(path, out, {key: str(value) for key, value in metadata.items()})
    print(f"{path}: {os.path.getsize(path)} bytes")


if __name__ == "__main__":
    main()
