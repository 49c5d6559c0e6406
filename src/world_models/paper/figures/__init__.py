"""The figures. To add one, write a module here and register its function in FIGURES."""

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.figure import Figure

from world_models.paper.figures import (
    answers,
    evolution,
    film_strip,
    histograms,
    next_frames,
    reconstructions,
    temperatures,
    training,
    transfer,
)
from world_models.paper.inputs import TITLES, Inputs


@dataclass(frozen=True)
class PaperFigure:
    """One figure of the page.

    Attributes:
        name: of its files. title, caption: what the page says of it.
        draw: makes it. frames: it is made of frames, which the page shows as PNG, else as SVG.
    """

    name: str
    title: str
    caption: str
    draw: Callable[[Inputs], Figure]
    frames: bool = False


def each_task(
    name: str, title: str, caption: str, draw: Callable[[Inputs, str], Figure], frames: bool = False
) -> list[PaperFigure]:
    """Return the figure of each task; `draw` is given the task's name."""

    def of(task: str) -> PaperFigure:
        def draw_task(inputs: Inputs) -> Figure:
            return draw(inputs, task)

        return PaperFigure(f"{name}_{task}", f"{title}: {TITLES[task]}", caption, draw_task, frames)

    return [of(task) for task in TITLES]


FIGURES: list[PaperFigure] = [
    PaperFigure(
        "temperatures",
        "Score over the dream's temperature",
        "Mean ± standard deviation of the episodes of controllers that evolved in dreams of "
        "temperature τ, when they play in that dream and in the real game. A low τ gives a dream "
        "that a controller can exploit: a high virtual score that the game does not confirm. The "
        "dashed line is the random policy in the game.",
        temperatures.draw,
    ),
    *each_task(
        "evolution",
        "Evolution",
        "Fitness of the best, the mean and the worst candidate of each generation of CMA-ES, each "
        "candidate's being its mean score over the generation's episodes, which are new in every "
        "generation; circles are the search's mean on validation episodes, always the same ones, "
        "which chose the controller that was evaluated.",
        evolution.draw,
    ),
    *each_task(
        "histograms",
        "Scores of the evaluation",
        "The episodes behind the table's numbers: fresh ones, the same for all controllers and "
        "for the random policy. Where a controller evolved in a dream, the outline is its score "
        "in fresh episodes of that dream. Dashed lines are means.",
        histograms.draw,
    ),
    *each_task(
        "transfer",
        "Does the score where C evolved tell its score in reality?",
        "Candidates of the whole evolution, the first of a generation, later ones darker: mean "
        "score where they were evolved (Take Cover: in the dream; CarRacing: in EnvPool, with the "
        "shortcuts of training) and in the reference environment. On the dashed line both agree.",
        transfer.draw,
    ),
    *each_task(
        "reconstructions",
        "Reconstructions beside originals",
        "Frames of held-out rollouts, spread evenly over the episodes, and below each what V "
        "decodes from its μ.",
        reconstructions.draw,
        frames=True,
    ),
    *each_task(
        "film_strip",
        "Dream against reality",
        "A held-out episode; V's reconstruction of it; and two dreams, at τ = 1 and at a low τ. "
        "M lives through the episode up to “now”. From there on it is fed its own samples and the "
        "episode's recorded actions, so that what should agree is how the view answers them; what "
        "chance decides may differ. The numbers above the columns are steps since then.",
        film_strip.draw,
        frames=True,
    ),
    *each_task(
        "answers",
        "What M makes of an action",
        "M lives through a held-out episode up to “now” and is then fed its own samples, at "
        "τ = 0.1, and one action throughout; all rows draw the same random numbers.",
        answers.draw,
        frames=True,
    ),
    *each_task(
        "next_frames",
        "The real next frame against five samples",
        "At each of three moments of held-out episodes: the present frame, the frame that "
        "followed, V's reconstruction of that, and five independent samples of M at τ = 1, "
        "decoded by V. The first row of a pair is the very next step, where almost nothing has "
        "moved; the second lies further on, M being fed its own samples and the recorded actions.",
        next_frames.draw,
        frames=True,
    ),
    PaperFigure(
        "training",
        "Training of V and M",
        "The terms of both losses on the training batches. The KL divergence cannot fall below "
        "0.5 nats a latent dimension, as in the paper.",
        training.draw,
    ),
]
