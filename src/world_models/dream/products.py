"""A matrix product with weights that never change."""

import torch
from torch import Tensor


class Product:
    """Computes x @ weight.T + bias for x of shape (rows, columns of weight).

    On a CPU the weights are laid out once as the kernel wants them (oneDNN), which at a dream's
    shapes is a fifth faster than the plain product; where PyTorch lacks that, it is the plain one.

    Args:
        weight: (outputs, inputs), float32; copied. bias: (outputs,); copied.
        rows: how many rows x will have.
    """

    def __init__(self, weight: Tensor, bias: Tensor, rows: int) -> None:
        self.transposed = weight.detach().t().contiguous()
        self.bias = bias.detach().clone()
        self.packed: Tensor | None = None
        if weight.device.type == "cpu" and torch.backends.mkldnn.is_available():
            order = torch.ops.mkldnn._reorder_linear_weight
            self.packed = order(weight.detach().contiguous(), rows)

    def __call__(self, x: Tensor) -> Tensor:
        """Return the product, (rows, outputs), in new memory."""
        if self.packed is None:
            return torch.addmm(self.bias, x, self.transposed)
        whole: Tensor = torch.ops.mkldnn._linear_pointwise(
            x, self.packed, self.bias, "none", [], ""
        )
        return whole
