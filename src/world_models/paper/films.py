"""The films of the page. To add one, write a function here and register it in REGISTRY."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from world_models.controller.names import uses_memory
from world_models.controller.spec import load_agent
from world_models.inspection import temperatures
from world_models.inspection.film import beside, decoded, in_a_row, moving, view_of
from world_models.inspection.player import Moving
from world_models.inspection.watch import film
from world_models.paper.inputs import Controller, Inputs, TaskResults
from world_models.seeds import Purpose, derive

EVERY = 4  # steps from picture to picture

Pictures = NDArray[np.uint8]


@dataclass(frozen=True)
class Registered:
    """A film that is made for each task that has what it shows.

    Attributes:
        name: the first part of its file's name; the task's name follows.
        title, caption: what the page says about it.
        topic: a key of `published.TOPICS`.
        draw: makes its pictures, uint8 (n, height, width, 3), from a task's results.
        about: returns the controller that it shows; None if the task has no such film.
    """

    name: str
    title: str
    caption: str
    topic: str
    draw: Callable[[TaskResults, Controller], Pictures]
    about: Callable[[TaskResults], Controller | None]


@dataclass(frozen=True)
class PageFilm:
    """One film of the page: a registered film, for one task."""

    registered: Registered
    results: TaskResults
    controller: Controller

    @property
    def name(self) -> str:
        """The name of its file."""
        return f"{self.registered.name}_{self.results.task.name}"

    @property
    def words(self) -> str:
        """Its title under the task's heading."""
        words = self.registered.title.format(label=self.controller.label)
        return words[:1].upper() + words[1:]

    @property
    def title(self) -> str:
        """Its title when it is shown alone."""
        return f"{self.results.task.title}: {self.words}"

    @property
    def caption(self) -> str:
        """What it shows."""
        return self.registered.caption.format(label=self.controller.label)

    def draw(self) -> Moving:
        """Make the film."""
        pictures = self.registered.draw(self.results, self.controller)
        return moving(pictures, EVERY / self.results.task.steps_per_second)


def films_of(inputs: Inputs) -> list[PageFilm]:
    """Return all films of these results, in the order of the page."""
    return [
        PageFilm(each, results, controller)
        for results in inputs.tasks.values()
        for each in REGISTRY
        if (controller := each.about(results))
    ]


def best(results: TaskResults) -> Controller:
    """Return the controller with the highest mean score in the real environment."""
    return max(results.controllers, key=lambda each: float(each.scores.mean()))


def best_dreamer(results: TaskResults) -> Controller | None:
    """Return the best controller; None if it evolved in reality."""
    return best(results) if results.evolved_in == "dream" else None


def coldest(results: TaskResults) -> Controller | None:
    """Return the coldest dream's controller; None if it is the best or evolved in reality."""
    first = results.controllers[0]
    return first if best_dreamer(results) not in (None, first) else None


def seen(results: TaskResults, controller: Controller, dream: bool) -> NDArray[Any]:
    """Play the filmed episode; return every `EVERY`-th frame, or latent if it is a dream.

    `make films` films the same episode. Nothing is trained or scored on it.
    """
    task, at = results.task, results.path
    memory = at("memory/model.safetensors") if uses_memory(controller.name) else None
    parameters, _, spec = load_agent(
        at(f"controllers/{controller.name}/model.safetensors"),
        task, task.environment, at("vision/model.safetensors"), memory, 1,
        dream=dream, reference=True, fast=False,
    )  # fmt: skip
    actor, environments = spec.build()
    actor.candidates = parameters[None]
    seed = derive(results.seed, Purpose.FIGURES, task.name, "film", controller.name)
    shown, _ = film(actor, environments, seed, [], dream)
    return shown[::EVERY]


def game(results: TaskResults, controller: Controller) -> Pictures:
    """Film the game, beside V's reconstruction of each frame."""
    frames = seen(results, controller, dream=False)
    return in_a_row([frames, view_of(results.vision, frames)])


def dream(results: TaskResults, controller: Controller) -> Pictures:
    """Film the dream that the controller evolved in."""
    return decoded(results.vision, seen(results, controller, dream=True))


def trap(results: TaskResults, controller: Controller) -> Pictures:
    """Film the controller in its dream, beside its game."""
    return beside([dream(results, controller), seen(results, controller, dream=False)])


def one_start(results: TaskResults, controller: Controller) -> Pictures:
    """Film the same start at several temperatures, with the same random actions and noise."""
    return temperatures.one_start(
        results.task, results.vision, results.memory, results.initial, results.seed, EVERY
    )


REGISTRY = (
    Registered(
        "game",
        "C in its game",
        "Left, the frames that V sees; right, V's reconstruction of each. The controller is the "
        "one with the highest mean score ({label}). No score is measured on this episode.",
        "scores",
        game,
        best,
    ),
    Registered(
        "dream",
        "the same C in its dream",
        "M imagines each step and V decodes it. The controller ({label}) evolved in this dream.",
        "dreams",
        dream,
        best_dreamer,
    ),
    Registered(
        "trap",
        "the trap, {label}",
        "Left, the controller in the dream that it evolved in; right, the same controller in the "
        "game. The one that ends first stays at its last picture. A dream at a low temperature is "
        "easily exploited: what helps in it need not help in the game.",
        "exploits",
        trap,
        coldest,
    ),
    Registered(
        "one_start",
        "one start, τ = 0.1, 1.0 and 1.3",
        "Dreams of the same start with the same random actions. A dream that ends early stays at "
        "its last picture. The higher the temperature, the more random M's dream.",
        "dreams",
        one_start,
        best,
    ),
)
