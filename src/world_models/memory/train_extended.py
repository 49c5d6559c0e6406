"""Train an M whose LSTM learns from rewards too, for dreams in which C is paid by them."""

from argparse import ArgumentParser

import torch
from torch import Tensor

from world_models.memory import train as stage
from world_models.memory.extended import ExtendedMemorySettings
from world_models.memory.latents import Latents
from world_models.memory.model import Memory, Prediction
from world_models.provenance.imports import progress_digest
from world_models.replaced import replaced
from world_models.section import parse_settings
from world_models.stage.command import run


class RewardedMemory(Memory):
    """An M whose reward head passes a share of its gradient on to h.

    Its predictions are those of `Memory` with the same weights, as which it is stored.

    Attributes:
        reward_weight: that share; 1 is the whole gradient.
    """

    reward_weight = 1.0

    def heads(self, h: Tensor) -> Prediction:
        """Return the prediction of a step from h after it, (..., hidden_size)."""
        prediction = super().heads(h)
        if self.reward_head is None:
            return prediction
        still = h.detach()
        # The value of h to the last bit, with that share of its gradient.
        shared = still + self.reward_weight * (h - still)
        return prediction._replace(reward=self.reward_head(shared)[..., 0])


def new_memory(latents: Latents, settings: ExtendedMemorySettings, seed: int) -> Memory:
    """Return an untrained M that fits the latents; its weights are those of the plain one."""
    memory = RewardedMemory(
        latents.latent_size, latents.actions.shape[1], settings.hidden_size, settings.mixtures,
        settings.predicts_death, settings.predicts_reward, settings.sees_restart,
    )  # fmt: skip
    memory.reward_weight = settings.reward_weight
    memory.initialise(torch.Generator().manual_seed(seed))
    return memory


def main(argv: list[str] | None = None) -> None:
    """Run `world_models.memory.train` with such an M; options and files are the same."""
    parser = ArgumentParser(add_help=False)
    parser.add_argument("--settings", default="{}")
    parser.add_argument("--task", default="")
    known, _ = parser.parse_known_args(argv)
    parse_settings(ExtendedMemorySettings, known.settings, f"{known.task}.memory")
    with replaced(
        stage,
        MemorySettings=ExtendedMemorySettings,
        new_memory=new_memory,
        progress_digest=lambda *_: progress_digest("world_models.memory.train_extended"),
    ):
        stage.main(argv)


if __name__ == "__main__":
    run(main)
