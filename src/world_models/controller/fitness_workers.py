"""Workers that play episodes: what each one builds, and the units of work that it is sent."""

import multiprocessing.util
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from world_models.controller.agent import Agent
from world_models.controller.policies import Policy, get_policy
from world_models.dream.engine import Dream
from world_models.errors import WorldModelsError
from world_models.execution.executor import ExecutionOptions, start_executor
from world_models.memory import model as memory_model
from world_models.play.episodes import Assignment, Episode
from world_models.play.loop import Arena, DreamArena, RealArena, play
from world_models.section import Section
from world_models.stage.devices import choose
from world_models.storage.files import digest
from world_models.tasks import get_task
from world_models.tasks.contract import SyncVectorEnvironment, VectorEnvironment
from world_models.tasks.idling import TruncateIdling
from world_models.vision import model as vision_model


@dataclass(frozen=True)
class ArenaRecipe:
    """All that a worker needs to build the arena that it plays on.

    Attributes:
        task: its name. environment: the task's section `environment`.
        variant: the controllers' variant.
        vision, memory: checkpoints; V is not needed in the dream, nor M for controllers of z.
        slots: episodes side by side.
        temperature: of the dream; None plays in the real environment.
        reference: for scores that are published: the reference environment, all in float32. Else
            candidates are ranked: the fast environment, V or the dream in bfloat16.
        idle_steps: cut training episodes in which nothing happens for so long; None cuts none.
        device: where the dream runs, "cpu" or "cuda".
    """

    task: str
    environment: Section
    variant: str
    vision: Path | None
    memory: Path | None
    slots: int
    temperature: float | None = None
    reference: bool = False
    idle_steps: int | None = None
    device: str = "cpu"

    def policy(self) -> Policy:
        """Return the policy that the checkpoints' sizes imply.

        Raises:
            WorldModelsError: a checkpoint is missing or damaged, or V and M don't fit together.
        """
        return self._load()[2]

    def build(self) -> Arena:
        """Load the checkpoints and start the environments."""
        task = get_task(self.task)
        vision, memory, policy = self._load()
        if self.temperature is not None:
            assert memory is not None
            model, initial = memory
            limit = self.environment.max_steps  # type: ignore[attr-defined]
            model = model.to(choose(self.device))
            fast = not self.reference
            dream = Dream(model, initial, self.temperature, self.slots, limit, task, fast)
            return DreamArena(task, dream, policy)
        assert vision is not None
        environments: VectorEnvironment
        if self.reference:
            singles = [task.make_environment(self.environment) for _ in range(self.slots)]
            environments = SyncVectorEnvironment(singles)
        else:
            environments = task.make_training(self.environment, self.slots)
            if self.idle_steps is not None and task.idle_reward is not None:
                limit = self.environment.max_steps  # type: ignore[attr-defined]
                environments = TruncateIdling(
                    environments, self.idle_steps, task.idle_reward, limit
                )
        m = memory[0] if memory else None
        agent = Agent(task, vision, m, policy, self.slots, fast=not self.reference)
        return RealArena(agent, environments)

    def _load(self) -> tuple[Any, Any, Policy]:
        task, vision, memory = get_task(self.task), None, None
        sizes: dict[str, int] = {}
        if self.vision is not None:
            vision, _ = vision_model.load(self.vision, task.name)
            sizes["latent"] = vision.latent_size
        if self.memory is not None:
            model, initial, about = memory_model.load(self.memory, task.name)
            memory = (model, initial)
            if self.vision is not None and about.get("vision") != digest(self.vision):
                raise WorldModelsError(
                    f"{self.memory}: was not trained on the latents of {self.vision}; "
                    "use the M that was, or train it anew"
                )
            sizes.update(latent=model.latent_size, hidden=model.hidden_size)
        policy = get_policy(self.variant, task, sizes["latent"], sizes.get("hidden", 0))
        if policy.uses_memory and memory is None:
            raise WorldModelsError(f"variant {self.variant}: needs M; give --memory")
        return vision, memory, policy


_arena: Arena | None = None


def set_up(recipe: ArenaRecipe) -> None:
    """Make this process a worker: one thread, and the arena of `recipe`."""
    global _arena
    torch.set_num_threads(1)
    _arena = recipe.build()
    # multiprocessing's own clean-up: its children don't run atexit's
    multiprocessing.util.Finalize(None, tear_down, exitpriority=10)


def tear_down() -> None:
    """Close this worker's arena."""
    global _arena
    if _arena is not None:
        _arena.close()
        _arena = None


def play_unit(candidates: NDArray[np.float32], assignments: Sequence[Assignment]) -> list[Episode]:
    """Play one unit of work in this worker."""
    assert _arena is not None, "set_up has not run in this process"
    return play(_arena, candidates, assignments)


def start_workers(recipe: ArenaRecipe, options: ExecutionOptions) -> Executor:
    """Return an executor whose workers are set up to play units of `recipe`."""
    real = recipe.temperature is None
    # The fast real environments leak memory: even a single worker on them is a process, so that it
    # can be replaced. A dream leaks nothing.
    inline = recipe.reference or not real
    return start_executor(set_up, recipe, tear_down, options, in_process=inline, renew=real)


def play_all(
    executor: Executor,
    candidates: NDArray[np.float32],
    units: Sequence[Sequence[Assignment]],
    finished: Callable[[int], None] = lambda episodes: None,
) -> list[Episode]:
    """Play units of work and return their episodes in the order given.

    A unit is sent only its own candidates.

    Args:
        executor: from `start_workers`.
        candidates: shape (n, parameters); assignments refer to its rows.
        units: lists of assignments; a unit is played as a whole by one worker.
        finished: called with the number of episodes of each finished unit.
    """
    futures, reported = [], 0
    for unit in units:
        rows = sorted({each.candidate for each in unit})
        place = {row: number for number, row in enumerate(rows)}
        local = [Assignment(place[each.candidate], each.seed) for each in unit]
        futures.append(executor.submit(play_unit, candidates[rows], local))
        if futures[reported].done():  # `submit` has played it itself
            finished(len(units[reported]))
            reported += 1
    episodes = []
    for number, (unit, future) in enumerate(zip(units, futures, strict=True)):
        played = future.result()
        if number >= reported:
            finished(len(played))
        episodes += [
            Episode(what.candidate, each.seed, each.steps, each.score, each.end)
            for what, each in zip(unit, played, strict=True)
        ]
    return episodes
