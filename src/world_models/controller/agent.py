"""V, M and C acting together, for a batch of episodes."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from world_models.controller.policies import Policy
from world_models.memory.model import Memory
from world_models.play.noise import EpisodeNoise
from world_models.tasks.contract import Task
from world_models.vision.fast_encoder import FastEncoder
from world_models.vision.model import Vision, sample, to_images


class Agent:
    """Acts in `slots` real environments at once, each with a candidate controller of its own.

    A step is the paper's (section 2.4): z ~ V(frame); a = C(z, h); h' = M(z, a, h). Arithmetic is
    float32 on the CPU.

    Args:
        task: what is played.
        vision, memory: V, and M where the policy uses it.
        policy: the controllers' variant.
        slots: episodes side by side.
        fast: V in bfloat16, for ranking candidates (see `FastEncoder`).
    """

    def __init__(
        self,
        task: Task,
        vision: Vision,
        memory: Memory | None,
        policy: Policy,
        slots: int,
        fast: bool = False,
    ) -> None:
        self.task, self.memory, self.policy = task, memory, policy
        self.encode = FastEncoder(vision, slots) if fast else vision.encode
        self.parameters = torch.zeros(slots, policy.parameters)
        self.noise = EpisodeNoise(slots, vision.latent_size)
        self.restart = torch.ones(slots)
        units = memory.hidden_size if memory else 0
        self.state = (torch.zeros(slots, units), torch.zeros(slots, units))

    @torch.inference_mode()
    def start(self, slots: Sequence[int], seeds: Sequence[int], parameters: Tensor) -> None:
        """Begin episodes in some slots with the given candidates, shape (len(slots), parameters).

        M's state is zeroed; the other slots go on.
        """
        index = list(slots)
        self.noise.start(slots, seeds)
        self.parameters[index] = parameters
        self.restart[index] = 1
        for part in self.state:
            part[index] = 0

    @torch.inference_mode()
    def act(self, frames: NDArray[np.uint8], rows: Sequence[int]) -> NDArray[np.float32]:
        """Choose actions, and let M see them.

        Args:
            frames: (slots, 64, 64, 3), what the slots show at present.
            rows: the slots to act in, in rising order; M's state of the others rests. How many
                they are may show in the rounding, which slots they are does not.

        Returns:
            actions, (slots, action_size); 0 in the other slots.
        """
        index = torch.tensor(rows)
        noise = torch.from_numpy(self.noise.next())[index]
        mu, log_sigma2 = self.encode(to_images(frames[rows]))
        z = sample(mu, log_sigma2, noise)
        h, c = (part[index] for part in self.state)
        features = controller_features(self.task, self.policy, z, (h, c))
        chosen = self.task.squash(self.policy.act(self.parameters[index], features))
        if self.policy.uses_memory:
            assert self.memory is not None
            state = self.memory.step(z, chosen, self.restart[index], (h, c))
            for part, new in zip(self.state, state, strict=True):
                part[index] = new
            self.restart[index] = 0
        actions = np.zeros((len(frames), self.task.action_size), dtype=np.float32)
        actions[rows] = chosen.numpy()
        return actions


def controller_features(
    task: Task, policy: Policy, z: Tensor, state: tuple[Tensor, Tensor]
) -> Tensor:
    """Return [z], [z, h] or [z, c, h] from z (n, latent_size) and M's state (h, c)."""
    if not policy.uses_memory:
        return z
    h, c = state
    return torch.cat([z, c, h] if task.controller_sees_cell else [z, h], dim=1)
