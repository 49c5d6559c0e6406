"""Where does V lose what matters? Measure its error by region of the frame, on new episodes."""

from argparse import Namespace
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from world_models.collection.settings import RolloutSettings
from world_models.errors import WorldModelsError
from world_models.evaluation.studied_settings import RegionSettings
from world_models.execution.heartbeat import Watchdog, add_hung_after
from world_models.execution.progress import Progress
from world_models.play.actors import BehaviourActor
from world_models.play.episodes import Assignment, Episode
from world_models.play.loop import play
from world_models.play.observers import EpisodeCounter, Observer
from world_models.section import parse_settings
from world_models.seeds import Purpose, derive
from world_models.stage.command import make_parser, run
from world_models.stage.log import LOG, start_log
from world_models.storage.curves import curve_csv
from world_models.storage.files import write_text
from world_models.storage.study_columns import REGIONS as COLUMNS
from world_models.tasks import get_task
from world_models.tasks.contract import LabelledEnvironment, SyncVectorEnvironment, Task
from world_models.vision import model as vision_model
from world_models.vision.model import Vision, to_images


class Labels(Observer):
    """Keeps some frames of one environment's episodes, with masks of their regions.

    Args:
        environment: the only one played. every: steps from one kept frame to the next.

    Attributes:
        episodes: of each finished episode, the frames, uint8 (n, 64, 64, 3), and each region's
            masks, bool (n, 64, 64).
    """

    def __init__(self, environment: LabelledEnvironment, every: int) -> None:
        self.environment, self.every, self.steps = environment, every, 0
        self.frames: list[NDArray[np.uint8]] = []
        self.masks: dict[str, list[NDArray[np.bool_]]] = defaultdict(list)
        self.episodes: list[tuple[NDArray[np.uint8], dict[str, NDArray[np.bool_]]]] = []

    def before_step(self, playing: Mapping[int, int], observations: Any, actions: Any) -> None:
        """Keep the frame and its masks, if it is due."""
        if self.steps % self.every == 0:
            self.frames.append(observations[0].copy())
            for region, mask in self.environment.regions().items():
                self.masks[region].append(mask)
        self.steps += 1

    def episode_ended(self, number: int, episode: Episode) -> None:
        """Store the episode's frames and masks."""
        masks = {region: np.stack(found) for region, found in self.masks.items()}
        self.episodes.append((np.stack(self.frames), masks))
        self.steps, self.frames = 0, []
        self.masks.clear()


def watch(
    task: Task, environment: LabelledEnvironment, behaviour: str, every: int, seeds: Sequence[int]
) -> Labels:
    """Play a behaviour's episodes with these seeds; return their frames and masks."""
    labels = Labels(environment, every)
    actor = BehaviourActor(task.behaviours[behaviour], 1, task.action_size)
    games = SyncVectorEnvironment([environment])
    assignments = [Assignment(0, seed) for seed in seeds]
    try:
        with Progress(f"{task.name} regions", len(seeds), "episode") as progress:
            play(actor, games, assignments, [labels, EpisodeCounter(progress.advance)])
    finally:
        games.close()
    return labels


@torch.inference_mode()
def errors(vision: Vision, frames: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return V's squared error of each pixel, summed over its three colours, (n, 64, 64)."""
    images = to_images(frames)
    mu, _ = vision.encode(images)
    squares: NDArray[np.float64] = (vision.decode(mu) - images).square().sum(1).double().numpy()
    return squares


def rows(task: Task, settings: RegionSettings, behaviour: str, args: Namespace) -> list[list[Any]]:
    """Return one row per region: its share of all pixels, V's error and the mean image's error.

    Both errors are squared, summed over the three colours and averaged over the region's pixels.
    """
    vision, _ = vision_model.load(args.vision, task.name)
    seeds = [
        derive(args.seed, Purpose.FIGURES, task.name, "regions", episode)
        for episode in range(settings.episodes)
    ]
    assert task.regions is not None
    environment = task.regions.make_environment()
    played = watch(task, environment, behaviour, settings.every, seeds).episodes
    count = sum(len(frames) for frames, _ in played)
    mean = sum(frames.sum(axis=0, dtype=np.float64) for frames, _ in played) / count / 255
    sums: dict[str, NDArray[np.float64]] = defaultdict(lambda: np.zeros(3))
    for frames, masks in played:
        ours, plain = errors(vision, frames), np.square(frames / 255 - mean).sum(axis=-1)
        for region, mask in masks.items():
            sums[region] += mask.sum(), ours[mask].sum(), plain[mask].sum()
    pixels = sum(each[0] for each in sums.values())
    return [
        [region, *map(float, (each[0] / pixels, *(each[1:] / max(each[0], 1))))]
        for region, each in sums.items()
    ]


def main(argv: list[str] | None = None) -> None:
    """Play, and write one row per region."""
    parser = make_parser(__doc__)
    parser.add_argument("--environment", required=True, help="the environment section, as JSON")
    parser.add_argument(
        "--rollouts", required=True, help="the rollouts section, as JSON: who plays"
    )
    parser.add_argument("--settings", required=True, help="the regions section, as JSON")
    parser.add_argument("--vision", type=Path, required=True, help="V's model.safetensors")
    parser.add_argument("--output", type=Path, required=True, help="CSV, one row a region")
    add_hung_after(parser)
    args = parser.parse_args(argv)
    start_log(args.log)
    task = get_task(args.task, args.environment)
    if task.regions is None:
        raise WorldModelsError(
            f"{task.name}.regions: tasks of kind {task.kind} have no regions; remove this measure "
            "from the study"
        )
    settings = parse_settings(RegionSettings, args.settings, f"{task.name}.regions")
    rollouts = parse_settings(RolloutSettings, args.rollouts, f"{task.name}.rollouts")
    torch.set_num_threads(1)  # rounding must not depend on the cores
    with Watchdog(str(args.output), args.hung_after):
        found = rows(task, settings, rollouts.behaviour, args)
    write_text(args.output, curve_csv(COLUMNS, found))
    for row in found:
        LOG.info("%s: %s", args.output, dict(zip(COLUMNS, row, strict=True)))


if __name__ == "__main__":
    run(main)
