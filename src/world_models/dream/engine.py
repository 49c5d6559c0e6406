"""The dream: M as an environment, for many episodes at once.

A step is the original's (doomrnn/doomrnn.py, DoomCoverRNNEnv): M is fed z, the action and the
restart flag; the next z is drawn from the mixtures at temperature τ; the episode ends when the
logit of death is above 0, or at the time limit.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from world_models.dream.cuda_graph import CUDAGraph
from world_models.dream.packed_linear import PackedLinear, fast_type
from world_models.errors import WorldModelsError
from world_models.memory.mixture import sample
from world_models.memory.model import Initial, Memory, Prediction
from world_models.memory.recurrence import cell
from world_models.play.noise import EpisodeNoise
from world_models.tasks.contract import End, Task


class Dream:
    """Episodes that M dreams, side by side in a fixed number of slots.

    An episode depends on its seed and its actions alone: its first frame and its noise come from
    generators of its own. In another slot or beside other episodes it is the same up to the
    rounding of the arithmetic; in the same slots beside the same episodes it is the same bit for
    bit. The number of slots fixes the shape of all arithmetic, whether slots are in use or not.
    Slots never started, and those whose episode has ended, go on with numbers that mean nothing.
    On CUDA a step of all slots is one recorded graph; its noise is the CPU's, so that an episode
    there is the same one up to rounding.

    Args:
        memory: M; its weights are copied, later changes don't count. Dreams run on its device.
        initial: recorded first frames; an episode begins at one of them.
        temperature: τ > 0, how uncertain the dream is.
        slots: episodes side by side.
        max_steps: the time limit of an episode, in steps.
        task: the task that M was trained for.
        fast: multiply in bfloat16 on a CPU made for that, for ranking candidates: half as fast
            again. It is as if M's weights were slightly others (`benchmarks.dream_agreement`).

    Attributes:
        z: (slots, latent_size), the present latents. h, c: (slots, hidden_size), M's state before
            it is fed z. All are float32 on M's device, for reading only, and replaced by `step`.
        active: (slots,), bool: an episode is going on.

    Raises:
        WorldModelsError: τ is not above 0, or M is not this task's.
    """

    def __init__(
        self,
        memory: Memory,
        initial: Initial,
        temperature: float,
        slots: int,
        max_steps: int,
        task: Task,
        fast: bool = False,
    ) -> None:
        if not 0 < temperature < float("inf"):
            raise WorldModelsError(f"temperature {temperature}: must be above 0; the paper's is 1")
        needs = (task.action_size, task.predicts_death, task.predicts_reward, task.sees_restart)
        names = ("action_size", "predicts_death", "predicts_reward", "sees_restart")
        if tuple(memory.architecture[name] for name in names) != needs:
            raise WorldModelsError(f"M: was not made for {task.name}; load the M of this task")
        self.memory, self.task, self.temperature = memory, task, temperature
        self.slots, self.max_steps = slots, max_steps
        self.initial = [part.cpu().numpy() for part in initial]
        self.device = memory.bias.device
        kind = fast_type() if fast and self.device.type == "cpu" else torch.float32
        with torch.no_grad():
            gates = torch.cat([memory.weight_ih, memory.weight_hh], 1)
            self.gates = PackedLinear(gates, memory.bias, slots, kind)
            self.output = PackedLinear(memory.output.weight, memory.output.bias, slots, kind)
        zeros = torch.zeros(slots, memory.latent_size + 2 * memory.hidden_size, device=self.device)
        sizes = (memory.latent_size, memory.hidden_size, memory.hidden_size)
        self.z, self.h, self.c = (part.clone() for part in zeros.split(sizes, dim=1))
        self.restart = torch.zeros(slots, device=self.device)
        self.noise = EpisodeNoise(slots, 2 * memory.latent_size)
        self.graph: CUDAGraph | None = None
        self.steps = np.zeros(slots, dtype=np.int64)
        self.active = np.zeros(slots, dtype=bool)

    @torch.inference_mode()
    def start(self, slots: Sequence[int], seeds: Sequence[int]) -> None:
        """Begin the episodes that belong to `seeds` in some slots; the others go on.

        z is drawn around one of the recorded first frames, M's state is zero.
        """
        index = list(slots)
        if not index:
            return
        self.noise.start(index, seeds)
        firsts = torch.from_numpy(np.stack([self._first(seed) for seed in seeds]))
        # Copies: callers may still hold the tensors of the step before.
        self.z, self.h, self.c = self.z.clone(), self.h.clone(), self.c.clone()
        self.z[index] = firsts.to(self.device)
        self.h[index], self.c[index], self.restart[index] = 0, 0, 1
        self.steps[index], self.active[index] = 0, True

    def _first(self, seed: int) -> NDArray[np.float32]:
        # Another stream of numbers than the noise of the steps, which begins at `seed` itself.
        rng = np.random.default_rng([seed, 1])
        frame = rng.integers(len(self.initial[0]))
        mu, log_sigma2 = (part[frame] for part in self.initial)
        noise = rng.standard_normal(len(mu), dtype=np.float32)
        return np.asarray(mu + np.exp(log_sigma2 / 2) * noise, dtype=np.float32)

    @torch.inference_mode()
    def step(
        self, actions: Tensor | NDArray[np.float32], rows: Sequence[int] | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        """Go one step on.

        Args:
            actions: (slots, action_size), chosen on seeing the present z, h and c.
            rows: the slots to step, in rising order; the others rest. None steps all.

        Returns:
            rewards: (slots,), what the actions brought: as M predicts where the task has a head
                for it, else 1, the dying step's included.
            ends: (slots,), how the step left each episode, as `End`; a death at the time limit
                is a death. Where no episode was going on: 0 and `End.NONE`.
        """
        some = slice(None) if rows is None else list(rows)
        action = torch.as_tensor(actions, dtype=torch.float32, device=self.device)[some]
        noise = torch.from_numpy(self.noise.next()[some]).to(self.device)
        state = (self.z[some], self.h[some], self.c[some])
        advance = self._graphed() if self.device.type == "cuda" and rows is None else self._advance
        z, h, c, *outcome = advance(*state, action, self.restart[some], noise)
        if rows is None:
            self.z, self.h, self.c = z, h, c
        else:  # copies: callers may still hold the tensors of the step before
            self.z, self.h, self.c = self.z.clone(), self.h.clone(), self.c.clone()
            self.z[some], self.h[some], self.c[some] = z, h, c
        self.restart[some] = 0
        self.steps[some] += 1
        ends = np.zeros(self.slots, dtype=np.uint8)
        ends[some] = np.where(self.steps[some] >= self.max_steps, End.TRUNCATED, End.NONE)
        rewards = np.ones(self.slots)
        reward, logit = torch.stack(outcome).cpu().numpy()
        if self.memory.predicts_death:
            ends[some] = np.where(logit > 0, End.TERMINATED, ends[some])
        if self.memory.reward_head is not None:
            rewards[some] = reward
        ends[~self.active], rewards[~self.active] = End.NONE, 0
        self.active &= ends == End.NONE
        return rewards, ends

    def _advance(
        self, z: Tensor, h: Tensor, c: Tensor, action: Tensor, restart: Tensor, noise: Tensor
    ) -> tuple[Tensor, ...]:
        """Return z, h and c after a step of n slots, the reward and the logit of death (n,).

        Where M has no head for one of these two, it means nothing.
        """
        memory, size = self.memory, self.memory.latent_size
        x = memory.inputs(z, action, restart)
        h, c = cell(self.gates(torch.cat([x, h], dim=1)), c)
        raw = self.output(h)
        prediction = Prediction(*memory.mixture_of(raw), None, None)
        uniforms = torch.special.ndtr(noise[:, :size])
        z = sample(prediction, self.temperature, uniforms, noise[:, size:])
        reward = raw[:, 0] if memory.reward_head is None else memory.reward_head(h)[:, 0]
        return z, h, c, reward, raw[:, -1]

    def _graphed(self) -> CUDAGraph:
        """Return `_advance` of all slots as a CUDA graph, recorded at the first call."""
        if self.graph is None:
            noise = torch.zeros(self.slots, 2 * self.memory.latent_size, device=self.device)
            action = torch.zeros(self.slots, self.memory.action_size, device=self.device)
            state = (self.z, self.h, self.c)
            self.graph = CUDAGraph(self._advance, (*state, action, self.restart, noise))
        return self.graph
