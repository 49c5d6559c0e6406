"""PPO's policy, by Stable-Baselines3, and the actor that plays it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3 import PPO
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.policies import ActorCriticCnnPolicy
from torch import Tensor
from torch.nn.functional import one_hot

from world_models.play.batch import padded
from world_models.play.episodes import Assignment
from world_models.play.noise import EpisodeNoise
from world_models.successors.actions import ActionSpace, gumbel_of
from world_models.successors.model_free.settings import PpoSettings
from world_models.tasks.contract import FRAME_SIZE


class Policy(ActorCriticCnnPolicy):
    """The library's policy for images, with each weight under a single name.

    The library registers the shared convolutions under three names, which safetensors refuses.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("pi_features_extractor", "vf_features_extractor"):
            delattr(self, name)
            object.__setattr__(self, name, self.features_extractor)


def make_ppo(
    settings: PpoSettings, space: ActionSpace, device: torch.device, seed: int | None = None
) -> PPO:
    """Return the library's algorithm, without an environment: the project's loop plays.

    Args:
        seed: seeds the weights, and NumPy's and PyTorch's global generators; None seeds neither.
    """

    def falling(start: float) -> Any:
        return (lambda remaining: start * remaining) if settings.decays else start

    ppo = PPO(
        Policy,
        None,  # type: ignore[arg-type]  # as the library's own `load` does
        learning_rate=falling(settings.learning_rate),
        n_steps=2,  # of a buffer that is replaced before it is used
        batch_size=settings.batch_size,
        n_epochs=settings.epochs,
        gamma=settings.discount,
        gae_lambda=settings.gae_lambda,
        clip_range=falling(settings.clip_range),
        ent_coef=settings.entropy_scale,
        vf_coef=settings.value_scale,
        max_grad_norm=settings.gradient_clip,
        policy_kwargs={"features_extractor_kwargs": {"features_dim": settings.feature_size}},
        seed=None if seed is None else seed % 2**32,
        device=device,
        _init_setup_model=False,
    )
    shape = (3 * settings.history, FRAME_SIZE, FRAME_SIZE)
    ppo.observation_space = spaces.Box(0, 255, shape, np.uint8)
    ppo.action_space = (
        spaces.Discrete(space.size) if space.discrete else spaces.Box(-1, 1, (space.size,))
    )
    ppo.n_envs = 1
    ppo._setup_model()
    ppo.set_logger(Logger(None, []))
    return ppo


def stacked(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Reshape frame histories, (n, history, 64, 64, 3), to (n, 3 history, 64, 64)."""
    count, history, height, width, colours = frames.shape
    moved = np.moveaxis(frames, -1, 2)
    return np.ascontiguousarray(moved.reshape(count, history * colours, height, width))


class PpoActor:
    """An actor (`play.actors.Actor`) that acts on the last few frames.

    Args:
        policy: on its device. settings: its settings. space: the action space.
        slots: episodes side by side. mode: take the likeliest action instead of a sample.

    Attributes:
        raw: for each slot, the raw actions of its episode, (size,) each, not clipped.
    """

    def __init__(
        self, policy: Policy, settings: PpoSettings, space: ActionSpace, slots: int, mode: bool
    ) -> None:
        self.policy, self.space, self.slots, self.mode = policy, space, slots, mode
        shape = (slots, settings.history, FRAME_SIZE, FRAME_SIZE, 3)
        self.frames = np.zeros(shape, dtype=np.uint8)
        self.noise = EpisodeNoise(slots, space.size)
        self.raw: list[list[NDArray[np.float32]]] = [[] for _ in range(slots)]
        policy.set_training_mode(False)

    def start(self, slots: Sequence[int], assignments: Sequence[Assignment]) -> None:
        """Begin new episodes in some slots."""
        self.noise.start(list(slots), [each.seed for each in assignments])
        self.frames[list(slots)] = 0
        for slot in slots:
            self.raw[slot] = []

    @torch.inference_mode()
    def act(self, observations: Any, slots: Sequence[int]) -> NDArray[np.float32]:
        """Choose actions, (all slots, action_size)."""
        index = list(slots)
        self.frames[index] = np.roll(self.frames[index], -1, axis=1)
        self.frames[index, -1] = observations[index]
        rows = padded(slots, self.slots)
        device = self.policy.device
        seen = torch.from_numpy(stacked(self.frames[rows])).to(device)
        noise = torch.from_numpy(self.noise.next(slots)[rows]).to(device)
        raw = self._draw(seen, noise)
        place = {slot: at for at, slot in enumerate(rows)}
        for slot in index:
            self.raw[slot].append(raw[place[slot]].cpu().numpy())
        actions = np.zeros((self.slots, self.space.action_size), dtype=np.float32)
        actions[rows] = self.space.to_task(raw).cpu().numpy()
        return actions

    def _draw(self, seen: Tensor, noise: Tensor) -> Tensor:
        """Sample raw actions, (n, size), using standard normal noise of that shape."""
        drawn = self.policy.get_distribution(seen).distribution
        amount = 0.0 if self.mode else 1.0
        if self.space.discrete:
            assert isinstance(drawn, torch.distributions.Categorical)
            chosen = (drawn.logits + amount * gumbel_of(noise)).argmax(-1)
            return one_hot(chosen, self.space.size).float()
        assert isinstance(drawn, torch.distributions.Normal)
        return drawn.mean + amount * drawn.stddev * noise
