"""How long does a dream stay true? Compare dreams fed recorded actions with the recording."""

from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from world_models.evaluation.moments import Recorded, choose
from world_models.evaluation.studied_settings import HorizonSettings
from world_models.execution.progress import Progress
from world_models.memory import model as memory_model
from world_models.memory.mixture import sample as sample_mixture
from world_models.memory.model import Memory, State
from world_models.rollouts.store import Shard
from world_models.section import parse_settings
from world_models.seeds import Purpose, derive
from world_models.stage.command import make_parser, run
from world_models.stage.log import LOG, start_log
from world_models.storage.curves import curve_csv
from world_models.storage.files import write_text
from world_models.storage.study_columns import HORIZON
from world_models.vision import model as vision_model
from world_models.vision.model import sample


def observed(
    recorded: Recorded, memory: Memory, steps: int, noise: torch.Generator
) -> tuple[Tensor, State]:
    """Return z of each start, and M's state after the steps before it.

    M observes the `steps` steps before a start, as if the episode had begun there.
    """
    count = len(recorded.starts.rows)
    everything, state = np.ones(count, dtype=bool), memory.zero_state(count)
    for before in range(-steps, 0):
        mu, log_sigma2 = recorded.vision.encode(recorded.images(before, everything))
        z = sample(mu, log_sigma2, torch.randn(mu.shape, generator=noise))
        restart = torch.full((count,), float(before == -steps))
        state = memory.step(z, recorded.actions(before), restart, state)
    mu, log_sigma2 = recorded.vision.encode(recorded.images(0, everything))
    return sample(mu, log_sigma2, torch.randn(mu.shape, generator=noise)), state


def dream(
    recorded: Recorded, memory: Memory, begun: tuple[Tensor, State], temperature: float,
    horizons: list[int], noise: torch.Generator,
) -> list[list[Any]]:  # fmt: skip
    """Return one row per horizon, comparing the dream with the recorded episode.

    latent, latent_copy: squared error of z, or of the start's μ, against the recorded frame's μ,
        per dimension.
    pixel, pixel_copy, pixel_vision: squared error of the decoded z, of the start's own frame, and
        of V's reconstruction of the recorded frame, summed over a frame's values.
    reward, reward_mean: squared error of the predicted reward, and of the mean recorded reward.
    died_too_soon: of episodes still running at the horizon, the share whose dream M has ended.
    died_in_time: of episodes ended by a death before then, the share whose dream M has ended.
    The errors are means over the episodes still running, even if M has ended their dreams.
    """
    starts, count = recorded.starts, len(recorded.starts.rows)
    (z, state), dead = begun, np.zeros(count, dtype=bool)
    first_mu, _ = recorded.vision.encode(recorded.images(0, np.ones(count, dtype=bool)))
    found = []
    for step in range(max(horizons)):
        state = memory.step(z, recorded.actions(step), torch.zeros(count), state)
        heads = memory.heads(state.h)
        uniforms = torch.rand(z.shape, generator=noise)
        z = sample_mixture(heads, temperature, uniforms, torch.randn(z.shape, generator=noise))
        if heads.death_logit is not None:
            dead |= heads.death_logit.numpy() > 0
        if step + 1 not in horizons:
            continue
        going = starts.left >= step + 1
        over = starts.dies & (starts.left < step + 1)
        row: list[Any] = [temperature, step + 1, count, int(going.sum())]
        if going.any():
            images, here = recorded.images(step + 1, going), torch.from_numpy(going)
            mu, _ = recorded.vision.encode(images)
            row += [_mean((z[here] - mu).square()), _mean((first_mu[here] - mu).square())]
            for picture in (
                recorded.vision.decode(z[here]),
                recorded.images(0, going),
                recorded.vision.decode(mu),
            ):
                row.append(_mean((picture - images).square().sum(dim=(1, 2, 3))))
        else:
            row += [None] * 5
        row += _reward(heads.reward, recorded, step, going)
        predicted = heads.death_logit is not None
        row.append(float(dead[going].mean()) if predicted and going.any() else None)
        row.append(float(dead[over].mean()) if predicted and over.any() else None)
        found.append(row)
    return found


def _reward(
    predicted: Tensor | None, recorded: Recorded, step: int, going: NDArray[np.bool_]
) -> list[float | None]:
    if predicted is None or not going.any():
        return [None, None]
    rewards = recorded.rewards(step, going).astype(np.float64)
    error = float(np.square(predicted.numpy()[going] - rewards).mean())
    return [error, float(np.square(recorded.shard.rewards.mean(dtype=np.float64) - rewards).mean())]


def _mean(values: Tensor) -> float:
    return float(values.double().mean())


@torch.inference_mode()
def rows(settings: HorizonSettings, args: Namespace) -> list[list[Any]]:
    """Return the rows of all temperatures; all dreams start from the same moments."""
    vision, _ = vision_model.load(args.vision, args.task)
    memory, _, _ = memory_model.load(args.memory, args.task)
    shard = Shard(args.held_out, "rollouts", args.task)
    seed = derive(args.seed, Purpose.FIGURES, args.task, "horizon")
    recorded = Recorded(shard, choose(shard, settings, seed), vision)
    begun = observed(recorded, memory, settings.observed_steps, torch.Generator().manual_seed(seed))
    found = []
    with Progress(f"{args.task} horizon", len(args.temperatures), "temperature") as progress:
        for temperature in args.temperatures:
            index = (args.task, "horizon", f"{temperature:.2f}")
            noise = torch.Generator().manual_seed(derive(args.seed, Purpose.FIGURES, *index))
            found += dream(recorded, memory, begun, temperature, settings.horizons, noise)
            progress.advance()
    return found


def main(argv: list[str] | None = None) -> None:
    """Dream at each temperature; write one row per temperature and horizon."""
    parser = make_parser(__doc__)
    parser.add_argument("--settings", required=True, help="the horizon section, as JSON")
    parser.add_argument("--vision", type=Path, required=True, help="V's model.safetensors")
    parser.add_argument("--memory", type=Path, required=True, help="M's model.safetensors")
    parser.add_argument("--held-out", type=Path, required=True, help="manifest of rollouts")
    parser.add_argument(
        "--temperatures", type=float, nargs="+", required=True, help="the dreams' temperatures"
    )
    parser.add_argument("--output", type=Path, required=True, help="CSV")
    args = parser.parse_args(argv)
    start_log(args.log)
    settings = parse_settings(HorizonSettings, args.settings, f"{args.task}.horizon")
    torch.set_num_threads(1)  # rounding must not depend on the cores
    found = rows(settings, args)
    write_text(args.output, curve_csv(HORIZON, found))
    LOG.info("%s: %d rows", args.output, len(found))


if __name__ == "__main__":
    run(main)
