"""The figures. To add one, write a module here and register its function in REGISTRY."""

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
from world_models.paper.inputs import Inputs, TaskResults


def every_task(results: TaskResults) -> bool:
    """Return True: the figure is drawn for every task."""
    return True


@dataclass(frozen=True)
class Registered:
    """A figure that is drawn for each task that has what it shows.

    Attributes:
        name: the first part of its files' name; the task's name follows.
        title, caption: what the page says about it.
        topic: a key of `published.TOPICS`.
        draw: draws it from a task's results.
        shows_frames: it is made of frames. The page shows it as PNG, other figures as SVG.
        applies: returns whether a task has what it shows.
    """

    name: str
    title: str
    caption: str
    topic: str
    draw: Callable[[TaskResults], Figure]
    shows_frames: bool = False
    applies: Callable[[TaskResults], bool] = every_task


@dataclass(frozen=True)
class PaperFigure:
    """One figure of the page: a registered figure, for one task."""

    registered: Registered
    results: TaskResults

    @property
    def name(self) -> str:
        """The name of its files."""
        return f"{self.registered.name}_{self.results.task.name}"

    @property
    def title(self) -> str:
        """Its title on the page."""
        return f"{self.registered.title}: {self.results.task.title}"

    def draw(self) -> Figure:
        """Draw the figure."""
        return self.registered.draw(self.results)


def figures_of(inputs: Inputs) -> list[PaperFigure]:
    """Return all figures of these results, in the order of the page."""
    return [
        PaperFigure(each, results)
        for each in REGISTRY
        for results in inputs.tasks.values()
        if each.applies(results)
    ]


REGISTRY = (
    Registered(
        "temperatures",
        "Score against the dream's temperature",
        "Scores of controllers that evolved in dreams at temperature τ, in that dream and in the "
        "real environment: mean ± standard deviation over the episodes. At a low τ a controller "
        "can exploit the dream: its virtual score is high, its actual score is not. The dashed "
        "line is the random policy in the real environment.",
        "exploits",
        temperatures.draw,
        applies=temperatures.applies,
    ),
    Registered(
        "evolution",
        "Evolution",
        "Fitness of the best, the mean and the worst candidate of each generation of CMA-ES. A "
        "candidate's fitness is its mean score over the generation's episodes, which are new in "
        "each generation. Circles are the scores of the search's mean on the validation episodes, "
        "which are always the same; they select the controller that is evaluated.",
        "search",
        evolution.draw,
    ),
    Registered(
        "histograms",
        "Scores of the evaluation",
        "The episodes behind the table's numbers. They are fresh, and the same for all controllers "
        "and the random policy. The outline, where there is one, is the controller's score in "
        "fresh episodes of the dream in which it evolved. Dashed lines are means.",
        "scores",
        histograms.draw,
    ),
    Registered(
        "transfer",
        "Does the score where C evolved predict its score in reality?",
        "Candidates from the whole evolution, later ones darker: mean score where they evolved "
        "(the dream, or the training environment, in which idle episodes may be cut short) "
        "against mean score in the reference environment. The two agree on the dashed line.",
        "scores",
        transfer.draw,
    ),
    Registered(
        "reconstructions",
        "Originals and reconstructions",
        "Frames of held-out rollouts, spread evenly over the episodes, and below each frame V's "
        "reconstruction of it, decoded from μ.",
        "models",
        reconstructions.draw,
        shows_frames=True,
    ),
    Registered(
        "film_strip",
        "Dream and reality",
        "A held-out episode, V's reconstruction of it, and two dreams, at τ = 1 and at a low τ. "
        "Up to “now” M observes the episode. From then on it is fed its own samples and the "
        "episode's recorded actions. The dreams should respond to the actions as reality does; "
        "what is left to chance may differ. The numbers above the columns count steps since “now”.",
        "dreams",
        film_strip.draw,
        shows_frames=True,
    ),
    Registered(
        "answers",
        "How M responds to an action",
        "Up to “now” M observes a held-out episode. From then on it is fed its own samples, at "
        "τ = 0.1, and the same action at every step. All rows draw the same random numbers.",
        "dreams",
        answers.draw,
        shows_frames=True,
        applies=answers.applies,
    ),
    Registered(
        "next_frames",
        "The real next frame and five samples of it",
        "Three moments of held-out episodes, two rows each: the present frame, the frame that "
        "followed, V's reconstruction of that frame, and five independent samples of M at τ = 1, "
        "decoded by V. The first row is the very next step, in which hardly anything moves. The "
        "second row is some steps later; in between, M is fed its own samples and the recorded "
        "actions.",
        "dreams",
        next_frames.draw,
        shows_frames=True,
    ),
    Registered(
        "training",
        "Training of V and M",
        "The terms of both losses on the training batches. The KL divergence cannot fall below "
        "the tolerance, by default the paper's 0.5 nats per latent dimension.",
        "models",
        training.draw,
    ),
)
