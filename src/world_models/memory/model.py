"""The MDN-RNN (paper, A.2; rnn/rnn.py and doomrnn/doomrnn.py of the original).

The time alignment is the same everywhere. At step t M is fed z_t and the action a_t that was taken
on seeing it. It predicts z_{t+1}, the reward r_t of that action, and whether the action causes
death.
"""

from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from world_models.errors import WorldModelsError
from world_models.memory.recurrence import Recurrence, cell
from world_models.storage import checkpoints

KIND = "memory"
LOG_SIGMA_RANGE = (-20.0, 20.0)  # beyond it, squares and exponentials would overflow in float32


class State(NamedTuple):
    """The LSTM's state; each (N, hidden_size)."""

    h: Tensor
    c: Tensor


class Prediction(NamedTuple):
    """M's prediction for a step, with any leading shape `...`.

    Attributes:
        log_weights, means, log_sigmas: the mixture of each latent dimension of z_{t+1}, each
            (..., L, K). A dimension's weights sum to 1; log σ lies within LOG_SIGMA_RANGE.
        death_logit: (...), above 0 if M predicts that the step's action causes death; None if M has
            no such head.
        reward: (...), predicted for the step's action; None if M has no such head.
    """

    log_weights: Tensor
    means: Tensor
    log_sigmas: Tensor
    death_logit: Tensor | None
    reward: Tensor | None


class Initial(NamedTuple):
    """μ and log σ² of recorded first frames, from which dreams begin; each (n, latent_size)."""

    mu: Tensor
    log_sigma2: Tensor


class Memory(nn.Module):
    """M: an LSTM with one bias vector, and heads for the next latent, death and reward.

    Each latent dimension has its own mixture of `mixtures` normals. The state is zeroed at every
    restart, whether or not the flag is also an input (`sees_restart`). Number of parameters,
    without the reward head: 422,368 for CarRacing, 1,678,785 for Take Cover, as in the paper.

    The original adds 1 to the forget gate at every step; here the forget gate's bias starts at 1,
    which is equivalent in training. Weights start from Glorot's uniform distribution and other
    biases at 0, as in TensorFlow.
    """

    def __init__(
        self,
        latent_size: int,
        action_size: int,
        hidden_size: int,
        mixtures: int,
        predicts_death: bool,
        predicts_reward: bool,
        sees_restart: bool,
    ) -> None:
        super().__init__()
        self.architecture = {k: v for k, v in locals().items() if k not in ("self", "__class__")}
        self.latent_size, self.action_size = latent_size, action_size
        self.hidden_size, self.mixtures = hidden_size, mixtures
        self.predicts_death, self.sees_restart = predicts_death, sees_restart
        inputs = latent_size + action_size + int(sees_restart)
        self.weight_ih = nn.Parameter(torch.empty(4 * hidden_size, inputs))
        self.weight_hh = nn.Parameter(torch.empty(4 * hidden_size, hidden_size))
        self.bias = nn.Parameter(torch.empty(4 * hidden_size))
        # Rows: log weights, means, log sigmas, each (mixtures, latent_size); death logit last.
        self.output = nn.Linear(hidden_size, 3 * mixtures * latent_size + int(predicts_death))
        self.reward_head = nn.Linear(hidden_size, 1) if predicts_reward else None
        self.reward_weight = 0.0  # used only in training, so not part of the architecture
        self.initialise(None)

    @torch.no_grad()
    def initialise(self, generator: torch.Generator | None) -> None:
        """Reinitialise all weights, drawing from the generator (None: PyTorch's default one)."""
        size = self.hidden_size
        bound = (6 / (self.weight_ih.shape[1] + size + 4 * size)) ** 0.5
        for weight in (self.weight_ih, self.weight_hh):
            weight.uniform_(-bound, bound, generator=generator)
        self.bias.zero_()
        self.bias[size : 2 * size] = 1
        for head in (self.output, self.reward_head):
            if head is not None:
                nn.init.xavier_uniform_(head.weight, generator=generator)
                head.bias.zero_()

    def zero_state(self, streams: int) -> State:
        """Return the state at the start of an episode."""
        zeros = self.bias.new_zeros(streams, self.hidden_size)
        return State(zeros, zeros.clone())

    def inputs(self, z: Tensor, action: Tensor, restart: Tensor) -> Tensor:
        """Concatenate the LSTM's inputs; `restart`, (...), is included only if M sees it."""
        parts = (z, action, restart[..., None]) if self.sees_restart else (z, action)
        return torch.cat(parts, dim=-1)

    def step(
        self, z: Tensor, action: Tensor, restart: Tensor, state: tuple[Tensor, Tensor]
    ) -> State:
        """Advance by one step, without gradients; `forward` computes them.

        Args:
            z: (N, latent_size). action: (N, action_size), the one taken on seeing z.
            restart: (N,), 1 at an episode's first step, else 0; same type as z.
            state: h and c before the step, each (N, hidden_size).
        """
        h, c = state
        keep = 1 - restart[:, None]
        with torch.no_grad():
            gates = linear(self.inputs(z, action, restart), self.weight_ih, self.bias)
            gates.addmm_(h * keep, self.weight_hh.t())
            return State(*cell(gates, c * keep))

    def forward(
        self, z: Tensor, actions: Tensor, restart: Tensor, state: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, State]:
        """Advance by T steps, as `step` would.

        Args:
            z: (N, T, latent_size). actions: (N, T, action_size). restart: (N, T).
            state: h and c before the first step.

        Returns:
            h after each step, (N, T, hidden_size), and the state after the last.
        """
        x = self.inputs(z.transpose(0, 1), actions.transpose(0, 1), restart.t())
        keep = (1 - restart.t())[:, :, None].contiguous()
        hs, c = Recurrence.apply(x, keep, self.weight_ih, self.weight_hh, self.bias, *state)
        return hs.transpose(0, 1), State(hs[-1], c)

    def heads(self, h: Tensor) -> Prediction:
        """Return the prediction for a step from the h after it, (..., hidden_size).

        The reward head's gradient to h is scaled by `reward_weight`. At its default, 0, all other
        weights are trained as if there were no reward head.
        """
        raw = self.output(h)
        log_weights, means, log_sigmas = self.mixture_of(raw)
        return Prediction(
            log_weights - torch.logsumexp(log_weights, dim=-1, keepdim=True),
            means,
            log_sigmas,
            raw[..., -1] if self.predicts_death else None,
            self._reward(h),
        )

    def _reward(self, h: Tensor) -> Tensor | None:
        if self.reward_head is None:
            return None
        seen = h.detach()
        if self.reward_weight:
            # Exactly h in value, with its gradient scaled by `reward_weight`.
            seen = seen + self.reward_weight * (h - seen)
        rewards: Tensor = self.reward_head(seen)
        return rewards[..., 0]

    def mixture_of(self, raw: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return unnormalised log weights, means and log σ from the output layer's values.

        Each is (..., L, K), with L contiguous in memory, so that sums over components are fast.
        """
        mixture = 3 * self.mixtures * self.latent_size
        parts = raw[..., :mixture].unflatten(-1, (3, self.mixtures, self.latent_size))
        log_weights, means, log_sigmas = parts.transpose(-1, -2).unbind(-3)
        return log_weights, means, log_sigmas.clamp(*LOG_SIGMA_RANGE)


def count_parameters(memory: Memory) -> int:
    """Return the number of parameters that the paper counts: all but the reward head's."""
    named = memory.named_parameters()
    return sum(value.numel() for name, value in named if not name.startswith("reward_head"))


def save(path: Path, task: str, memory: Memory, initial: Initial, **about: Any) -> None:
    """Write a trained M, and the first frames that its dreams start from, as one checkpoint."""
    tensors = {**memory.state_dict(), **{f"initial.{k}": v for k, v in initial._asdict().items()}}
    checkpoints.save(
        path, KIND, task, tensors,
        architecture=memory.architecture,
        latent_size=memory.latent_size,
        parameters=count_parameters(memory),
        **about,
    )  # fmt: skip


def load(path: Path, task: str) -> tuple[Memory, Initial, dict[str, Any]]:
    """Return a trained M, ready to predict, its dreams' first frames, and its description.

    Raises:
        WorldModelsError: the checkpoint is missing, damaged, or of another kind or task, or its
            parts don't fit together.
    """
    tensors, about = checkpoints.read(path, KIND, task)
    try:
        initial = Initial(tensors.pop("initial.mu"), tensors.pop("initial.log_sigma2"))
        memory = Memory(**about["architecture"])
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise checkpoints.incomplete(path, error) from error
    size = about.get("latent_size")
    if {initial.mu.shape, initial.log_sigma2.shape} != {(len(initial.mu), size)} or (
        memory.latent_size != size or not len(initial.mu)
    ):
        raise WorldModelsError(
            f"{path}: first frames {tuple(initial.mu.shape)} do not fit latent_size {size}; "
            "retrain it"
        )
    checkpoints.load_into(memory, tensors, path)
    return memory.eval().requires_grad_(False), initial, about
