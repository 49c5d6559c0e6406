"""λ-returns, and the spread that they are divided by."""

import torch
from torch import Tensor, nn


def lambda_returns(
    rewards: Tensor, discounts: Tensor, values: Tensor, shares: Tensor | float
) -> Tensor:
    """Return each step's λ-return, (T, ...).

        R_t = r_t + γ_t ((1 - λ_t) v_t + λ_t R_{t+1}),      R_T = v_{T-1}

    Args:
        rewards: (T, ...): r_t is the reward of the action at step t.
        discounts: (T, ...): γ_t, 0 where the episode ended with that action.
        values: (T, ...): v_t is the value of the state that the action at step t led to.
        shares: λ, or λ_t, (T, ...).
    """
    after, found = values[-1], []
    for step in reversed(range(len(rewards))):
        share = shares if isinstance(shares, float) else shares[step]
        mixed = (1 - share) * values[step] + share * after
        after = rewards[step] + discounts[step] * mixed
        found.append(after)
    return torch.stack(found[::-1])


class Spread(nn.Module):
    """Moving averages of the returns' 5th and 95th percentiles (Dreamer 3).

    Attributes:
        low, high: the averages; they start at 0.
    """

    RATE = 0.01

    def __init__(self) -> None:
        super().__init__()
        self.low: Tensor
        self.high: Tensor
        self.register_buffer("low", torch.zeros(()))
        self.register_buffer("high", torch.zeros(()))

    @torch.no_grad()
    def update(self, returns: Tensor) -> Tensor:
        """Update the averages with new returns; return the spread, at least 1."""
        shares = torch.tensor([0.05, 0.95], device=returns.device)
        low, high = torch.quantile(returns.float().flatten(), shares)
        self.low.lerp_(low, self.RATE)
        self.high.lerp_(high, self.RATE)
        return (self.high - self.low).clamp(min=1)
