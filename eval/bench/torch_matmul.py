"""Matrix products of PyTorch on a GPU: a peer of `qstar eval bench vulkan`.

Writes a line of JSON that says who it is, {"name": ...}, or {"none": why}. Then each line
"m k n trans_a trans_b times" on the standard input is answered by {"seconds": ...}, of so
many products of (m, k) by (k, n) in fp32, of which a transposed one is stored the other way
round. PyTorch's own default holds: sums and products in fp32, no TF32.
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
        m, k, n, trans_a, trans_b, times = (int(word) for word in line.split())
        a = torch.rand((k, m) if trans_a else (m, k), device="cuda")
        b = torch.rand((n, k) if trans_b else (k, n), device="cuda")
        a, b = a.t() if trans_a else a, b.t() if trans_b else b
        c = torch.empty((m, n), device="cuda")
        for _ in range(3):
            torch.mm(a, b, out=c)
        torch.cuda.synchronize()
        start = time.perf_counter()
        for _ in range(times):
            torch.mm(a, b, out=c)
        torch.cuda.synchronize()
        say(seconds=time.perf_counter() - start)


main()
