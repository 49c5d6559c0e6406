"""V and M observe a player: they get its frames and actions, but choose nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from world_models.controller.surprise import SurpriseMeter
from world_models.play.actors import Actor
from world_models.play.episodes import Assignment, Episode
from world_models.play.noise import EpisodeNoise
from world_models.play.observers import Observer
from world_models.tasks.capabilities import Places
from world_models.tasks.contract import SyncVectorEnvironment
from world_models.vision.model import Vision, to_images
from world_models.world_model.vision_memory import VisionMemory

EVERY = 4  # V's error is measured on one frame in four: successive frames are much alike


class Watched:
    """An actor that passes on another actor's actions while a world model observes.

    Args:
        player: the actor that chooses the actions.
        world_model: V and M, in float32.

    Attributes:
        state: the world model's state, one row per slot: z of the frame just acted on, and M's
            state after the action.
    """

    def __init__(self, player: Actor, world_model: VisionMemory) -> None:
        self.player, self.world_model = player, world_model
        self.slots = world_model.slots
        self.noise = EpisodeNoise(self.slots, world_model.observe_noise)
        self.state = world_model.initial(self.slots)

    def start(self, slots: Sequence[int], assignments: Sequence[Assignment]) -> None:
        """Prepare for new episodes in some slots; the episodes in the others go on."""
        self.player.start(slots, assignments)
        self.noise.start(slots, [each.seed for each in assignments])
        for part, new in zip(self.state, self.world_model.initial(len(slots)), strict=True):
            part[list(slots)] = new

    @torch.inference_mode()
    def act(self, observations: NDArray[np.uint8], slots: Sequence[int]) -> Any:
        """Return the player's next actions; feed the frames and actions to the world model."""
        actions, index = self.player.act(observations, slots), list(slots)
        noise = torch.from_numpy(self.noise.next(slots))[index]
        state = type(self.state)(*(part[index] for part in self.state))
        state = self.world_model.observe(state, observations[index], noise)
        state = self.world_model.advance(state, torch.from_numpy(actions[index]))
        for part, new in zip(self.state, state, strict=True):
            part[index] = new
        return actions


@dataclass
class Notes:
    """Measurements of an episode so far: errors, places visited and step counts."""

    vision: list[float] = field(default_factory=list)
    surprise: list[float] = field(default_factory=list)
    places: set[int] = field(default_factory=set)
    count: int = 0
    astray: int = 0
    steps: int = 0


class Measurer(Observer):
    """Measures V's and M's errors in episodes, and where the player goes.

    Args:
        watched: the actor. vision: V.
        environments: reference environments.
        places: the task's; if None, coverage and steps astray are not measured.

    Attributes:
        found: by episode number: V's squared error in reconstructing a frame from μ, summed over
            its values; M's mean loss per step, in nats per latent dimension; the share of places
            visited; the share of steps astray. A missing measurement is None.
    """

    def __init__(
        self,
        watched: Watched,
        vision: Vision,
        environments: SyncVectorEnvironment,
        places: Places | None,
    ) -> None:
        self.vision, self.environments, self.places = vision, environments, places
        self.meter = SurpriseMeter(watched)
        self.going: dict[int, Notes] = {}
        self.found: dict[int, tuple[float | None, ...]] = {}

    @torch.inference_mode()
    def before_step(self, playing: Mapping[int, int], observations: Any, actions: Any) -> None:
        """Measure the frames just seen."""
        new = [slot for slot, number in playing.items() if number not in self.going]
        self.meter.start(new)
        surprise = self.meter.read(list(playing))
        looked_at = []
        for slot, number in playing.items():
            notes = self.going.setdefault(number, Notes())
            if not np.isnan(surprise[slot]):
                notes.surprise.append(float(surprise[slot]))
            if notes.steps % EVERY == 0:
                looked_at.append((slot, notes))
            notes.steps += 1
            if self.places is not None:
                environment = self.environments.environments[slot]
                notes.astray += self.places.visit(environment, notes.places)
                notes.count = self.places.count(environment)
        if looked_at:
            errors = self._errors(observations[[slot for slot, _ in looked_at]])
            for (_, notes), error in zip(looked_at, errors, strict=True):
                notes.vision.append(error)

    def _errors(self, frames: NDArray[np.uint8]) -> list[float]:
        images = to_images(frames)
        mu, _ = self.vision.encode(images)
        squares = (self.vision.decode(mu) - images).square().sum(dim=(1, 2, 3))
        return [float(each) for each in squares]

    def episode_ended(self, number: int, episode: Episode) -> None:
        """Keep the episode's means."""
        notes = self.going.pop(number)
        places = len(notes.places) / notes.count if notes.count else None
        astray = notes.astray / notes.steps if notes.count else None
        surprise = float(np.mean(notes.surprise)) if notes.surprise else None
        self.found[number] = float(np.mean(notes.vision)), surprise, places, astray
