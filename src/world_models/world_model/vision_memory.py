"""The paper's world model: V encodes a frame as z, M remembers and predicts (sections 2.1, 2.2)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from world_models.errors import WorldModelsError
from world_models.memory import mixture
from world_models.memory.model import Initial, Memory, Prediction
from world_models.memory.recurrence import cell
from world_models.vision.fast_encoder import FastEncoder, is_fast
from world_models.vision.model import Vision, sample, to_images
from world_models.world_model.contract import Imagined
from world_models.world_model.packed_linear import PackedLinear, fast_type

PARTS = ("z", "c", "h")


class VisionMemoryState(NamedTuple):
    """What V and M know about n episodes.

    Attributes:
        z: (n, latent_size), the current frame's latent.
        h, c: (n, hidden_size), M's state before it is fed z.
        restart: (n,), 1 if M has not been fed anything yet, else 0.
    """

    z: Tensor
    h: Tensor
    c: Tensor
    restart: Tensor


class VisionMemory:
    """V + M as a world model (see `contract.WorldModel`).

    Args:
        vision: V; None if nothing is observed, as in dreams.
        memory: M; None if nothing is fed to it, for controllers that see z alone. Dreams use copies
            of its weights (but for the reward head's), so later changes don't affect them. States
            are on M's device.
        initial: recorded first frames, from which dreams begin; None if nothing is dreamt.
        slots: the maximum number of rows in a batch.
        fast: on a CPU that supports it, observe in int8 and imagine in bfloat16, for ranking
            candidates. This amounts to slightly different weights of V and M
            (`benchmarks.ranking`). `advance` is always float32.

    Attributes:
        memory: M. first_frames: `initial` as arrays.
        gates, output: M's two matrix products in dreams, laid out for `slots` rows.
    """

    def __init__(
        self,
        vision: Vision | None,
        memory: Memory | None,
        initial: Initial | None,
        slots: int,
        fast: bool = False,
    ) -> None:
        assert vision is not None or memory is not None, "neither V nor M"
        self.slots, self.memory = slots, memory
        self.device = torch.device("cpu") if memory is None else memory.bias.device
        if vision is not None:
            self.latent_size = vision.latent_size
            self.encode = vision.encode
            self.fast = FastEncoder(vision, slots) if fast and is_fast() else None
        if memory is not None:
            self.latent_size = memory.latent_size
        self.hidden_size = 0 if memory is None else memory.hidden_size
        self.action_size = 0 if memory is None else memory.action_size
        self.predicts_death = memory is not None and memory.predicts_death
        self.predicts_reward = memory is not None and memory.reward_head is not None
        self.observe_noise, self.imagine_noise = self.latent_size, 2 * self.latent_size
        if memory is not None and initial is not None:
            self.first_frames = [part.cpu().numpy() for part in initial]
            kind = fast_type() if fast and self.device.type == "cpu" else torch.float32
            with torch.no_grad():
                gates = torch.cat([memory.weight_ih, memory.weight_hh], 1)
                self.gates = PackedLinear(gates, memory.bias, slots, kind)
                self.output = PackedLinear(memory.output.weight, memory.output.bias, slots, kind)

    def initial(self, rows: int) -> VisionMemoryState:
        """Return a state of zeros, with the restart flag set."""
        h, c = (torch.zeros(rows, self.hidden_size, device=self.device) for _ in range(2))
        z = torch.zeros(rows, self.latent_size, device=self.device)
        return VisionMemoryState(z, h, c, torch.ones(rows, device=self.device))

    def begin(self, seeds: Sequence[int]) -> VisionMemoryState:
        """Draw z from a recorded first frame's distribution; M's state is zero."""
        z = torch.from_numpy(np.stack([self._first_latent(seed) for seed in seeds]))
        return self.initial(len(seeds))._replace(z=z.to(self.device))

    def _first_latent(self, seed: int) -> NDArray[np.float32]:
        # Independent of the noise of the steps, which is seeded with `seed` itself.
        rng = np.random.default_rng([seed, 1])
        frame = rng.integers(len(self.first_frames[0]))
        mu, log_sigma2 = (part[frame] for part in self.first_frames)
        noise = rng.standard_normal(len(mu), dtype=np.float32)
        return np.asarray(mu + np.exp(log_sigma2 / 2) * noise, dtype=np.float32)

    def observe(
        self, state: VisionMemoryState, observations: NDArray[np.uint8], noise: Tensor
    ) -> VisionMemoryState:
        """Draw z from V's encoding of the frames; M's state does not change."""
        if self.fast is not None:
            mu, log_sigma2 = self.fast(torch.from_numpy(observations).permute(0, 3, 1, 2))
        else:
            mu, log_sigma2 = self.encode(to_images(observations))
        return state._replace(z=sample(mu, log_sigma2, noise))

    def advance(self, state: VisionMemoryState, actions: Tensor) -> VisionMemoryState:
        """Feed z and the action to M; z does not change until the next `observe`."""
        assert self.memory is not None
        h, c = self.memory.step(state.z, actions, state.restart, (state.h, state.c))
        return VisionMemoryState(state.z, h, c, torch.zeros_like(state.restart))

    def imagine(
        self, state: VisionMemoryState, actions: Tensor, temperature: float, noise: Tensor
    ) -> Imagined:
        """Feed z and the action to M, and draw the next z from its mixtures.

        As in the original (doomrnn/doomrnn.py, DoomCoverRNNEnv). The first half of the noise
        chooses the mixtures' components; the second half is the normal noise within them.
        """
        memory, size = self.memory, self.latent_size
        assert memory is not None
        x = memory.inputs(state.z, actions, state.restart)
        h, c = cell(self.gates(torch.cat([x, state.h], dim=1)), state.c)
        raw = self.output(h)
        prediction = Prediction(*memory.mixture_of(raw), None, None)
        uniforms = torch.special.ndtr(noise[:, :size])
        z = mixture.sample(prediction, temperature, uniforms, noise[:, size:])
        after = VisionMemoryState(z, h, c, torch.zeros_like(state.restart))
        reward = None if memory.reward_head is None else memory.reward_head(h)[:, 0]
        return Imagined(after, reward, raw[:, -1] if memory.predicts_death else None)

    def features(self, state: VisionMemoryState, parts: Sequence[str]) -> Tensor:
        """Return the named parts, concatenated: e.g. [z], [z, h] or [z, c, h]."""
        for part in parts:
            if part not in PARTS:
                raise WorldModelsError(f"sees {part}: unknown; V and M have {', '.join(PARTS)}")
        chosen = [getattr(state, part) for part in parts]
        return chosen[0] if len(chosen) == 1 else torch.cat(chosen, dim=1)
