"""PPO's updates: episodes become the library's rollout buffer, and the library learns from it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3 import PPO
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.utils import set_random_seed

from world_models.play.observers import Rows
from world_models.successors.actions import ActionSpace
from world_models.successors.driver import Flag
from world_models.successors.model_free.agent import Policy, PpoActor, stacked
from world_models.successors.model_free.settings import PpoSettings

# The terms that the curve shows, and the library's names for them.
LOGGED = {
    "policy": "train/policy_gradient_loss",
    "value": "train/value_loss",
    "entropy": "train/entropy_loss",
    "kl": "train/approx_kl",
    "clipped": "train/clip_fraction",
}
TERMS = tuple(LOGGED)
EVALUATED = 256  # rows per batch when values are computed


class Played(NamedTuple):
    """An episode of k actions: its k + 1 rows (`driver.columns`) and raw actions, (k, size)."""

    rows: Rows
    raw: NDArray[np.float32]


class PpoLearner:
    """The learner that `model_free.on_policy.OnPolicy` trains.

    Args:
        ppo: still untrained. settings: its settings. space: the action space.
    """

    def __init__(self, ppo: PPO, settings: PpoSettings, space: ActionSpace) -> None:
        self.ppo, self.settings, self.space = ppo, settings, space
        assert isinstance(ppo.policy, Policy)
        self.policy = ppo.policy

    def actor(self, slots: int) -> PpoActor:
        """Return an actor that explores."""
        return PpoActor(self.policy, self.settings, self.space, slots, mode=False)

    def learn(
        self, played: Sequence[Played], seed: int, remaining: float
    ) -> tuple[dict[str, float], int]:
        """Learn from whole episodes; return the loss terms, and how many updates were made.

        Args:
            seed: seeds the order in which the actions are batched.
            remaining: fraction of the training still to come, for decaying rates.
        """
        ppo, settings = self.ppo, self.settings
        ppo.rollout_buffer = self.buffer(played)
        ppo._current_progress_remaining = remaining
        set_random_seed(seed % 2**32)  # the library draws from the global generators
        ppo.train()
        values = ppo.logger.name_to_value
        terms = {term: float(values[name]) for term, name in LOGGED.items()}
        terms["entropy"] = -terms["entropy"]
        batches = -(-ppo.rollout_buffer.buffer_size // settings.batch_size)
        return terms, settings.epochs * batches

    @torch.no_grad()
    def buffer(self, played: Sequence[Played]) -> RolloutBuffer:
        """Return a buffer of the episodes, with values, log-probabilities and advantages.

        If an episode was truncated, the discounted value of its last frame is added to its last
        reward, as the library does.
        """
        settings, ppo = self.settings, self.ppo
        self.policy.set_training_mode(False)
        buffer = RolloutBuffer(
            sum(len(each.raw) for each in played), ppo.observation_space, ppo.action_space,
            device=ppo.device, gae_lambda=settings.gae_lambda, gamma=settings.discount,
        )  # fmt: skip
        for rows, raw in played:
            seen = history_of(rows["frames"], settings.history)
            taken = raw.argmax(-1)[:, None] if self.space.discrete else raw
            values, chances = self._evaluated(seen, np.concatenate([taken, taken[-1:]]))
            rewards = settings.reward_scale * rows["rewards"][1:]
            if not rows["flags"][-1] & Flag.TERMINATED:
                rewards[-1] += settings.discount * float(values[-1])
            for at in range(len(raw)):
                buffer.add(
                    seen[at], taken[at], rewards[at], np.array(at == 0), values[at], chances[at]
                )
        buffer.compute_returns_and_advantage(torch.zeros(1), np.ones(1))
        return buffer

    def _evaluated(
        self, seen: NDArray[np.uint8], taken: NDArray[np.float32]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return values, and log-probabilities of the actions taken, (n,) each."""
        found = []
        for at in range(0, len(seen), EVALUATED):
            some = torch.from_numpy(seen[at : at + EVALUATED]).to(self.ppo.device)
            acts = torch.from_numpy(taken[at : at + EVALUATED]).to(self.ppo.device)
            acts = acts[:, 0] if self.space.discrete else acts
            values, chances, _ = self.policy.evaluate_actions(some, acts)
            found.append((values.flatten(), chances))
        return torch.cat([each[0] for each in found]), torch.cat([each[1] for each in found])


def history_of(frames: NDArray[np.uint8], history: int) -> NDArray[np.uint8]:
    """Return what the policy sees at each of an episode's frames, (n, 3 history, 64, 64)."""
    before = np.zeros((history - 1, *frames.shape[1:]), dtype=np.uint8)
    padded = np.concatenate([before, frames])
    return stacked(np.stack([padded[at : at + len(frames)] for at in range(history)], axis=1))
