"""A controller evolved in the toy's dream scores as well in the toy: nothing is misaligned."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.toy_world import BOUND, MAX_STEPS, TOY, ToyVision, ToyWorld, get_toy
from world_models.controller import evolve, spec
from world_models.controller.agent import Agent, DreamAgent
from world_models.controller.checkpoint import load as load_controller
from world_models.controller.policies import get_policy
from world_models.controller.search import SEARCHES
from world_models.dream.engine import Dream
from world_models.memory.model import load
from world_models.play.episodes import Assignment, Episode
from world_models.play.loop import play
from world_models.tasks.contract import End, SyncVectorEnvironment, VectorEnvironment
from world_models.world_model.vision_memory import VisionMemory

SETTINGS: dict[str, dict[str, Any]] = {"cma_es": {}, "openai_es": {"learning_rate": 0.05}}
COMMON = {
    "population": 12, "episodes": 4, "generations": 60,
    "validation_every": 5, "validation_episodes": 16, "slots": 48,
    "sees_cell": True, "bias": False,
}  # fmt: skip
SLOTS = 48
REWARD_ERROR = 0.1  # per step; the error allowed for the toy's M (tests/test_toy_world.py)
# The dynamics are x' = 0.8 x + 0.4 a, so a = 2.5 x' - 2 x. The rewards 1 + (x - a) / 2 of T steps
# sum to T + 1.5 x_0 + (x_1 + … + x_{T-1}) / 4 - 1.25 x_T. The best policy that does not know the
# time goes to the bound at once and stays there. The mean of x_0 is 0.
OPTIMUM = MAX_STEPS + BOUND * ((MAX_STEPS - 1) / 4 - 1.25)


def evolve_in_the_dream(model: Path, folder: Path, search: str) -> NDArray[np.float32]:
    """Run the stage; return the controller that it wrote."""
    settings = {"search": search, **COMMON, **SETTINGS[search]}
    names = ("model.safetensors", "fitness.csv", "fitness.jsonl")
    output, curve, fitness = (folder / name for name in names)
    with pytest.MonkeyPatch.context() as patch:
        for stage in (evolve, spec):
            patch.setattr(stage, "get_task", get_toy)
        patch.setattr(evolve, "progress_digest", lambda *modules: "toy")
        evolve.main([
            "--task", "toy", "--environment", json.dumps({"max_steps": MAX_STEPS}),
            "--settings", json.dumps(settings), "--temperature", "1", "--memory", str(model),
            "--output", str(output), "--curve", str(curve), "--fitness", str(fitness),
            "--log", str(folder / "log"),
        ])  # fmt: skip
    assert len(fitness.read_text().splitlines()) == COMMON["generations"]
    controller, about = load_controller(output, "toy")
    assert about["settings"]["search"] == search
    return controller


def play_all(
    actor: Agent | DreamAgent, place: VectorEnvironment, controllers: NDArray[np.float32]
) -> list[Episode]:
    """Play the same held-out episodes with each controller."""
    todo = [Assignment(c, 10**7 + n) for c in range(len(controllers)) for n in range(SLOTS)]
    actor.candidates = controllers
    return play(actor, place, todo)


@pytest.mark.parametrize("search", SEARCHES)
def test_evolved_in_the_dream(model: Path, tmp_path: Path, search: str) -> None:
    """The score in the dream matches the toy's, and is more than halfway from idle to optimal."""
    best = evolve_in_the_dream(model, tmp_path, search)
    memory, initial, _ = load(model, "toy")
    policy = get_policy("z_h", 1, memory.latent_size, memory.hidden_size, True, False)
    seeing = VisionMemory(ToyVision(), memory, None, SLOTS)  # type: ignore[arg-type]
    worlds = SyncVectorEnvironment([ToyWorld() for _ in range(SLOTS)])
    both = np.stack([best, np.zeros_like(best)])
    real = play_all(Agent(seeing, policy, TOY.squash), worlds, both)
    dreaming = VisionMemory(None, memory, initial, SLOTS)
    place = Dream(dreaming, 1.0, MAX_STEPS)
    dreamt = np.array(
        [e.score for e in play_all(DreamAgent(dreaming, policy, TOY.squash), place, best[None])]
    )
    evolved, idle = (np.array([e.score for e in real if e.candidate == c]) for c in range(2))
    alive = np.mean([e.end is End.TRUNCATED for e in real if e.candidate == 0])
    assert alive > 0.9
    # Half of the possible gain; near the bound a little noise is fatal.
    assert evolved.mean() > idle.mean() + 0.5 * (OPTIMUM - idle.mean())
    assert evolved.mean() < OPTIMUM
    assert abs(evolved.mean() - dreamt.mean()) / MAX_STEPS < REWARD_ERROR
