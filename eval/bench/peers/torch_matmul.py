"""Matrix products of PyTorch on a GPU: a peer of `qstar eval bench vulkan`.

Writes a line of JSON that says who it is, {"name": ...}, or {"none": why}. Then each line
"m k n trans_a trans_b times precision" on the standard input is answered by {"seconds": ...}, of
so many products of (m, k) by (k, n), of which a transposed one is stored the other way round.
"fp32": sums and products in fp32, no TF32, as PyTorch's own default is. "bf16": both factors and
the result lie in memory in bf16.
"""

import json
import sys
import time


def say(**values):
    print(json.dumps(values), flush=True)


def main():
    import torch

    if not torch.cuda.is_available():
        say(none=f"none: PyTorch {torch.__version__} finds no CUDA")
        return
    say(name=f"PyTorch {torch.__version__} on {torch.cuda.get_device_name()}")
    for line in sys.stdin:
        *numbers, precision = line.split()
        m, k, n, trans_a, trans_b, times = (int(word) for word in numbers)
        how = {"device": "cuda", "dtype": torch.bfloat16 if precision == "bf16" else torch.float32}
        a = torch.rand((k, m) if trans_a else (m, k), **how)
        b = torch.rand((n, k) if trans_b else (k, n), **how)
        a, b = a.t() if trans_a else a, b.t() if trans_b else b
        c = torch.empty((m, n), **how)
        for _ in range(3):
            torch.mm(a, b, out=c)
        torch.cuda.synchronize()
        start = time.perf_counter()
        for _ in range(times):
            torch.mm(a, b, out=c)
        torch.cuda.synchronize()
        say(seconds=time.perf_counter() - start)


main()
