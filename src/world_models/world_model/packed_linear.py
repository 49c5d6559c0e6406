"""A matrix product with weights that never change."""

import torch
from torch import Tensor


def fast_type() -> torch.dtype:
    """Return bfloat16 if the processor multiplies it natively, twice as fast, else float32."""
    has = torch.cpu.get_capabilities()
    return torch.bfloat16 if has.get("avx512_bf16") or has.get("amx_bf16") else torch.float32


class PackedLinear:
    """Computes x @ weight.T + bias for float32 x of shape (rows, columns of weight).

    On a CPU the weights are laid out once for oneDNN's kernel, which at a dream's shapes is a fifth
    faster than the plain product. If PyTorch lacks oneDNN, the plain product is used.

    Args:
        weight: (outputs, inputs), float32; copied. bias: (outputs,); copied.
        rows: the number of rows that x will have.
        kind: the type of the arithmetic; x and the weights are converted to it, the result back to
            float32.
    """

    def __init__(
        self, weight: Tensor, bias: Tensor, rows: int, kind: torch.dtype = torch.float32
    ) -> None:
        weight, self.kind = weight.detach().to(kind), kind
        self.transposed = weight.t().contiguous()
        self.bias = bias.detach().to(kind, copy=True)
        self.packed: Tensor | None = None
        if weight.device.type == "cpu" and torch.backends.mkldnn.is_available():
            order = torch.ops.mkldnn._reorder_linear_weight
            self.packed = order(weight.contiguous(), rows)

    def __call__(self, x: Tensor) -> Tensor:
        """Return the product, float32 (rows, outputs), as a new tensor."""
        x = x.to(self.kind)
        if self.packed is None:
            return torch.addmm(self.bias, x, self.transposed).float()
        whole: Tensor = torch.ops.mkldnn._linear_pointwise(
            x, self.packed, self.bias, "none", [], ""
        )
        return whole.float()
