"""The studies' figures: of the scale's own V and M, and comparisons of studies."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from matplotlib.figure import Figure

from world_models.paper.inputs import Inputs
from world_models.studies.figures import (
    density,
    futures,
    generations,
    horizon,
    real_steps,
    traversal,
)
from world_models.studies.results import Results


@dataclass(frozen=True)
class Drawn:
    """A figure: its file's name, what the page says about it, and how it is drawn."""

    name: str
    title: str
    caption: str
    draw: Callable[[], Figure]
    shows_frames: bool = False


def figures_of(inputs: Inputs, results: Sequence[Results]) -> list[Drawn]:
    """Return all figures, in the order of the page.

    Args:
        inputs: the scale's own results. results: those of all studies, the scale included.
    """
    found = []
    for name, own in inputs.tasks.items():
        title, here = own.task.title, [each for each in results if each.task.name == name]
        found.append(Drawn(
            f"real_steps_{name}", f"Score against real steps: {title}", real_steps.CAPTION,
            partial(real_steps.draw, here),
        ))  # fmt: skip
        for each in here:
            found += _of_study(each)
        for kind, what, module in (
            ("futures", "Five sampled futures", futures),
            ("density", "A mixture's density over τ", density),
            ("traversal", "Latent traversal", traversal),
        ):
            frames = kind != "density"
            caption, draw = module.CAPTION, partial(module.draw, own)
            found.append(Drawn(f"{kind}_{name}", f"{what}: {title}", caption, draw, frames))
    return found


def _of_study(results: Results) -> list[Drawn]:
    """Return the figures of one study's results for a task."""
    name, title = results.task.name, results.task.title
    suffix = f"{name}_{results.study.name or 'scale'}"
    of = f"{title}, {results.study.title}"
    found = []
    if "horizon" in results.study.measures:
        found.append(Drawn(
            f"horizon_{suffix}", f"How far a dream stays true: {of}", horizon.CAPTION,
            partial(horizon.draw, results),
        ))  # fmt: skip
    if results.source.evolved_in == "dream" and (
        not results.study.name or "generations" in results.study.measures
    ):
        found.append(Drawn(
            f"generations_{suffix}", f"Dream and game, generation by generation: {of}",
            generations.CAPTION, partial(generations.draw, results),
        ))  # fmt: skip
    return found
