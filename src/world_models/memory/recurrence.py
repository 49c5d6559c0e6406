"""The LSTM's arithmetic over a whole window, forward and backward.

PyTorch's own LSTM has two bias vectors where the paper's has one, and can't zero its state in the
middle of a sequence. A plain loop under autograd would add to the weights' gradient at each of a
thousand steps. Here the loop does only what must be done step by step; the rest is one large matrix
product.

The gates' order is input, forget, output, candidate, so that the three sigmoids are adjacent.
"""

import torch
from torch import Tensor


def tanh_(x: Tensor) -> Tensor:
    """Replace x by its hyperbolic tangent, to within 2e-7.

    On a CPU it is computed from the sigmoid, which is three times as fast as PyTorch's tanh.
    """
    if x.is_cuda:  # on CUDA each of the four operations below would be a separate kernel
        return x.tanh_()
    return x.mul_(2).sigmoid_().mul_(2).sub_(1)


def cell(gates: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    """Complete one step from the gates' pre-activations.

    Args:
        gates: (N, 4H), the gates' pre-activations; overwritten with their activations.
        c: (N, H), the cell state before the step.

    Returns:
        h and c after the step, each (N, H).
    """
    size = c.shape[-1]
    torch.sigmoid_(gates[:, : 3 * size])
    tanh_(gates[:, 3 * size :])
    i, f, o, g = gates.chunk(4, dim=1)
    c = torch.addcmul(f * c, i, g)
    return o * tanh_(c.clone()), c


class Recurrence(torch.autograd.Function):
    """An LSTM over T steps of N streams, with its state zeroed where an episode begins.

    Use `Recurrence.apply(x, keep, weight_ih, weight_hh, bias, h, c)`:
        x: (T, N, I), the inputs; they are data and get no gradient.
        keep: (T, N, 1), 0 where the state is zeroed before the step, else 1.
        weight_ih (4H, I), weight_hh (4H, H), bias (4H): the weights.
        h, c: (N, H), the state before the first step.

    Returns:
        h after each step (T, N, H), and c after the last (N, H).
    """

    @staticmethod
    def forward(  # type: ignore[override]
        ctx: torch.autograd.function.FunctionCtx,
        x: Tensor,
        keep: Tensor,
        weight_ih: Tensor,
        weight_hh: Tensor,
        bias: Tensor,
        h: Tensor,
        c: Tensor,
    ) -> tuple[Tensor, Tensor]:
        steps, streams, size = *x.shape[:2], h.shape[1]
        gates = torch.addmm(bias, x.flatten(0, 1), weight_ih.t()).view(steps, streams, -1)
        before_h, before_c = (x.new_empty(steps, streams, size) for _ in range(2))
        hs = x.new_empty(steps, streams, size)
        hh = weight_hh.t()
        for t in range(steps):
            torch.mul(h, keep[t], out=before_h[t])
            torch.mul(c, keep[t], out=before_c[t])
            gates[t].addmm_(before_h[t], hh)
            h, c = cell(gates[t], before_c[t])
            hs[t] = h
        ctx.save_for_backward(x, keep, weight_hh, gates, before_h, before_c, c)
        return hs, c

    @staticmethod
    def backward(  # type: ignore[override]
        ctx: torch.autograd.function.FunctionCtx, d_hs: Tensor, d_c: Tensor
    ) -> tuple[Tensor | None, ...]:
        x, keep, weight_hh, gates, before_h, before_c, c = ctx.saved_tensors  # type: ignore[attr-defined]
        steps, size = gates.shape[0], c.shape[1]
        d_gates = torch.empty_like(gates)
        d_h = torch.zeros_like(c)
        for t in reversed(range(steps)):
            i, f, o, g = gates[t].chunk(4, dim=1)
            tanh_c = torch.tanh(torch.addcmul(f * before_c[t], i, g))
            d_h = d_h + d_hs[t]
            d_c = d_c + torch.ops.aten.tanh_backward(d_h * o, tanh_c)
            d = d_gates[t]
            d_i, d_f, d_o, d_g = d.chunk(4, dim=1)
            torch.mul(d_c, g, out=d_i)
            torch.mul(d_c, before_c[t], out=d_f)
            torch.mul(d_h, tanh_c, out=d_o)
            torch.mul(d_c, i, out=d_g)
            d[:, : 3 * size] = torch.ops.aten.sigmoid_backward(
                d[:, : 3 * size], gates[t][:, : 3 * size]
            )
            d[:, 3 * size :] = torch.ops.aten.tanh_backward(d_g, g)
            d_h = (d @ weight_hh) * keep[t]
            d_c = d_c * f * keep[t]
        flat = d_gates.flatten(0, 1).t()
        d_ih, d_hh = flat @ x.flatten(0, 1), flat @ before_h.flatten(0, 1)
        return None, None, d_ih, d_hh, flat.sum(1), d_h, d_c
