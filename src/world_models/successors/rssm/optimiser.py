"""Optimisers: Adam with clipped norms (PlaNet, Dreamer 1, 2), and LaProp (Dreamer 3)."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from world_models.successors.rssm.settings import RssmSettings

SMALLEST_NORM = 1e-3  # of a weight, for adaptive clipping


class ClippedAdam(torch.optim.Adam):
    """Adam; the gradient of each group is clipped to a norm of at most `clip`.

    Weight decay is the authors': before each step, weights are multiplied by 1 - decay × step size.
    """

    def __init__(
        self, groups: Iterable[dict[str, Any]], epsilon: float, clip: float, decay: float
    ) -> None:
        super().__init__(groups, lr=1.0, eps=epsilon, fused=True)
        self.clip, self.decay = clip, decay

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Clip, decay, step."""
        for group in self.param_groups:
            nn.utils.clip_grad_norm_(group["params"], self.clip)
            if self.decay:
                torch._foreach_mul_(group["params"], 1 - self.decay * group["lr"])
        super().step()


class LaProp(torch.optim.Optimizer):
    """Momentum of normalised gradients, each clipped relative to its weight's norm (AGC).

    Args:
        groups: parameters and their step sizes, `lr`.
        epsilon: added to the root of the second moment.
        clip: the largest ratio of a gradient's norm to its weight's.
        warmup: steps over which step sizes rise from 0.
    """

    BETAS = (0.9, 0.999)

    def __init__(
        self, groups: Iterable[dict[str, Any]], epsilon: float, clip: float, warmup: int
    ) -> None:
        super().__init__(groups, {"lr": 1.0})
        self.epsilon, self.clip, self.warmup = epsilon, clip, warmup

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Take a step with all parameters that have a gradient."""
        for group in self.param_groups:
            parameters = [each for each in group["params"] if each.grad is not None]
            if parameters:
                self._step(parameters, group["lr"])

    def _step(self, parameters: list[Tensor], rate: float) -> None:
        first, second = self.BETAS
        for each in parameters:
            if not self.state[each]:
                self.state[each] = {
                    "step": torch.zeros(()),
                    "square": torch.zeros_like(each),
                    "momentum": torch.zeros_like(each),
                }
        states = [self.state[each] for each in parameters]
        for state in states:
            state["step"] += 1
        count = float(states[0]["step"])
        slopes = self._clipped(parameters)
        squares = [state["square"] for state in states]
        momenta = [state["momentum"] for state in states]
        torch._foreach_mul_(squares, second)
        torch._foreach_addcmul_(squares, slopes, slopes, 1 - second)
        roots = torch._foreach_div(squares, 1 - second**count)
        torch._foreach_sqrt_(roots)
        torch._foreach_add_(roots, self.epsilon)
        torch._foreach_lerp_(momenta, torch._foreach_div(slopes, roots), 1 - first)
        rate *= min(1.0, count / self.warmup) if self.warmup else 1.0
        torch._foreach_add_(parameters, momenta, alpha=-rate / (1 - first**count))

    def _clipped(self, parameters: list[Tensor]) -> list[Tensor]:
        slopes = [each.grad for each in parameters if each.grad is not None]
        norms = torch.stack(torch._foreach_norm(slopes))
        largest = self.clip * torch.stack(torch._foreach_norm(parameters)).clamp(min=SMALLEST_NORM)
        shares = (largest / norms.clamp(min=1e-30)).clamp(max=1)
        return list(torch._foreach_mul(slopes, list(shares.unbind())))


def optimiser_of(
    settings: RssmSettings, parts: Sequence[tuple[Sequence[Tensor], float]]
) -> torch.optim.Optimizer:
    """Return the optimiser that the settings name.

    Args:
        parts: the parameters and step size of each part; Adam clips each part on its own.
    """
    groups = [{"params": list(parameters), "lr": rate} for parameters, rate in parts]
    epsilon, clip = settings.adam_epsilon, settings.gradient_clip
    if settings.optimiser == "laprop":
        return LaProp(groups, epsilon, clip, settings.warmup_updates)
    return ClippedAdam(groups, epsilon, clip, settings.weight_decay)
