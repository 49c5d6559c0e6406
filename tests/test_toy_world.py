"""Alignment: the dream follows the dynamics of the recorded world.

Everything between the environment's step and the dream's is the project's own code: play, store,
V's stage, streams, training, checkpoint, dream. The tests then shift actions, latents, rewards or
deaths by one step in each direction, and each shift must make the comparison fail.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.conftest import Recorded
from tests.toy_world import BOUND, MAX_STEPS, REACH, ToyVision, ToyWorld, law, train
from world_models.dream.engine import Dream
from world_models.memory.model import load
from world_models.rollouts.store import Shard, write_store
from world_models.tasks.contract import End
from world_models.vision.model import to_images
from world_models.world_model.vision_memory import VisionMemory

Episode = dict[str, NDArray[Any]]
MARGIN = 0.1  # closer to the bound than this, M may mistake a death for a narrow escape
LIMITS = {"latent": 0.06, "reward": 0.08, "death": 0.15}


def open_dream(model: Path, slots: int = 64) -> Dream:
    """Return a dream with little noise."""
    memory, initial, _ = load(model, "toy")
    return Dream(VisionMemory(None, memory, initial, slots), 0.1, MAX_STEPS)


def discrepancies(dream: Dream, steps: int = 80) -> dict[str, float]:
    """Return how far each step of the dream is from the law, given that step's z and action.

    latent, reward: mean absolute errors, of latents only where the step did not kill. death: the
    larger of two shares, counted away from the bound: of the law's deaths, those that the dream
    misses; of the dream's deaths, those that it invents.
    """
    rng = np.random.default_rng(3)
    seen: dict[str, list[NDArray[Any]]] = {k: [] for k in ("latent", "reward", "miss", "invent")}
    seeds = iter(range(10**6))
    dream.start(range(dream.slots), [next(seeds) for _ in range(dream.slots)])
    for _ in range(steps):
        action = rng.uniform(-REACH, REACH, dream.slots)
        z = dream.observations.z.numpy().copy()
        rewards, ends = dream.step(range(dream.slots), action[:, None].astype(np.float32))
        expected, reward = law(z, action)
        beyond = np.abs(expected[:, 0]) - BOUND
        dead = ends == End.TERMINATED
        seen["latent"].append(
            np.abs(dream.observations.z.numpy() - expected)[(beyond < 0) & ~dead].ravel()
        )
        seen["reward"].append(np.abs(rewards - reward))
        seen["miss"].append(~dead[beyond > MARGIN])
        seen["invent"].append((beyond < -MARGIN)[dead])
        over = np.flatnonzero(ends)
        dream.start(list(over), [next(seeds) for _ in over])
    whole = {name: np.concatenate(parts) for name, parts in seen.items()}
    mean = {name: float(part.mean()) if len(part) else 1.0 for name, part in whole.items()}
    death = max(mean["miss"], mean["invent"])
    return {"latent": mean["latent"], "reward": mean["reward"], "death": death}


def faults(dream: Dream) -> set[str]:
    """Return which of latents, rewards and deaths in the dream break the law."""
    found = discrepancies(dream)
    return {name for name, value in found.items() if not value <= LIMITS[name]}


def unexplained(model: Path) -> set[str]:
    """Return "death" if M can't predict the recorded deaths from its input.

    An M trained on deaths a step early may still die in the dream where the law says, because it
    never saw states beyond. But it can't predict deaths that depend on an action it hasn't seen.
    """
    metrics = json.loads((model.parent / "metrics.json").read_text())
    return {"death"} if metrics["death_auc"] < 0.97 else set()


def test_v_reads_the_state() -> None:
    """The toy's V recovers the state that a frame was drawn from."""
    world = ToyWorld()
    frames, states = [], []
    for seed in range(20):
        frames.append(world.reset(seed))
        states.append(world.state)
    mu, _ = ToyVision().encode(to_images(np.stack(frames)))
    assert np.abs(mu.numpy() - np.stack(states)).max() < 0.01


def test_the_dream_follows_the_law(model: Path) -> None:
    """Latents, rewards and deaths in the dream follow the law."""
    assert faults(open_dream(model)) | unexplained(model) == set()


def test_m_beats_copying(model: Path) -> None:
    """M predicts the next latent far better than a copy of the current one, and predicts deaths."""
    metrics = json.loads((model.parent / "metrics.json").read_text())
    assert metrics["squared_error"] < 0.1 * metrics["copy_squared_error"]
    assert metrics["nll"] < metrics["copy_nll"] - 1
    assert metrics["death_auc"] > 0.98 and metrics["death_recall"] > 0.4
    assert metrics["reward_r2"] > 0.9


def test_whole_episodes(model: Path) -> None:
    """From the same start and with the same actions, dream and environment agree, deaths included.

    The actions first wander. They then bring x to ±0.66, where only a push outwards kills, hold it
    there for a few steps, and push.
    """
    slots, rng = 32, np.random.default_rng(5)
    dream = open_dream(model, slots)
    dream.start(range(slots), range(slots))
    worlds = [ToyWorld() for _ in range(slots)]
    for world, z in zip(worlds, dream.observations.z.double().numpy(), strict=True):
        world.state = z.copy()
    sides, pushes = rng.choice([-1, 1], slots), rng.integers(6, 30, slots)
    died = np.full((2, slots), -1)  # in the environment, in the dream
    apart = []
    for step in range(32):
        actions = np.zeros((slots, 1), dtype=np.float32)
        for slot, (world, side, push) in enumerate(zip(worlds, sides, pushes, strict=True)):
            correction = (0.66 * side - 0.8 * world.state[0]) / 0.4
            wander, hold = rng.uniform(-0.4, 0.4), np.clip(correction, -1, 1)
            actions[slot] = wander if step < push - 4 else hold if step < push else side
        _, ends = dream.step(range(slots), actions)
        for slot, world in enumerate(worlds):
            if died[0, slot] < 0:
                if world.step(actions[slot])[2] is End.TERMINATED:
                    died[0, slot] = step
                else:
                    apart.append(np.abs(world.state - dream.observations.z[slot].numpy()))
        died[1, (ends == End.TERMINATED) & (died[1] < 0)] = step
    assert (died[0] == pushes).all()
    assert (died[0] == died[1]).mean() >= 0.9, died
    assert np.mean(apart) < 0.08


def shift_rows(name: str, by: int) -> Callable[[Episode], Episode]:
    """Return a mutation that rotates an array's rows within each episode."""

    def mutate(episode: Episode) -> Episode:
        names = ("mu", "log_sigma2") if name == "latents" else (name,)
        return {k: np.roll(v, by, axis=0) if k in names else v for k, v in episode.items()}

    return mutate


def shift_death(by: int) -> Callable[[Episode], Episode]:
    """Return a mutation that ends fatal episodes a step early or late.

    A late end adds a row, with the last frame repeated and a zero action.
    """

    def mutate(episode: Episode) -> Episode:
        length = int(episode["lengths"][0])
        if episode["ends"][0] != End.TERMINATED or length + by < 1:
            return episode
        index = np.minimum(np.arange(length + by), length - 1)
        single = ("lengths", "ends", "seeds")
        moved = {k: v if k in single else v[index] for k, v in episode.items()}
        if by > 0:
            moved["actions"][length:] = 0
        return {**moved, "lengths": np.array([length + by])}

    return mutate


def episodes_of(manifest: Path) -> Iterator[Episode]:
    """Yield a store's episodes, as parts for `write_store`."""
    shard = Shard(manifest, "latents", "toy")
    arrays = {"actions": shard.actions, "rewards": shard.rewards}
    arrays |= {name: array[:] for name, array in shard.rows.items()}
    for number in range(len(shard.lengths)):
        one = slice(number, number + 1)
        single = {k: getattr(shard, k)[one] for k in ("lengths", "ends", "seeds")}
        yield {k: v[shard.episode(number)] for k, v in arrays.items()} | single


NOTHING_SHIFTED = shift_rows("actions", 0)


@pytest.mark.parametrize(
    ("mutate", "broken"),
    [
        pytest.param(NOTHING_SHIFTED, set(), id="unshifted"),
        *(
            pytest.param(shift_rows(name, by), {fault}, id=f"{name}{by:+}")
            for name, fault in (("actions", "latent"), ("rewards", "reward"), ("latents", "latent"))
            for by in (-1, 1)
        ),
        *(pytest.param(shift_death(by), {"death"}, id=f"deaths{by:+}") for by in (-1, 1)),
    ],
)
def test_a_shift_of_the_recordings_is_seen(
    recorded: Recorded,
    tmp_path: Path,
    mutate: Callable[[Episode], Episode],
    broken: set[str],
) -> None:
    """M trained on shifted recordings dreams with other dynamics than the world's."""
    for old, name in zip(recorded, ("training.json", "held_out.json"), strict=True):
        write_store(tmp_path / name, "latents", "toy", [mutate(each) for each in episodes_of(old)])
    model = train(tmp_path, tmp_path / "training.json", tmp_path / "held_out.json")
    found = faults(open_dream(model)) | unexplained(model)
    assert found >= broken and bool(found) == bool(broken)


class LateDream(Dream):
    """A dream in which one quantity comes a step late."""

    late = ""

    def step(
        self, slots: Sequence[int], actions: Any
    ) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        """Step the dream, but use the previous step's value of the quantity that is late."""
        before = getattr(self, "before", None)
        now: dict[str, Any] = {"actions": torch.as_tensor(actions), "latent": self.observations.z}
        late = before and self.late == "actions"
        done = super().step(slots, before["actions"] if late else actions)
        now["reward"], now["death"] = done
        self.before = now
        if before and self.late == "latent":
            self.observations = self.observations._replace(z=now["latent"])
        return (
            before["reward"] if before and self.late == "reward" else done[0],
            before["death"] if before and self.late == "death" else done[1],
        )


@pytest.mark.parametrize("late", ["actions", "latent", "reward", "death"])
def test_a_late_dream_is_seen(model: Path, late: str) -> None:
    """The comparison detects a dream whose actions, latents, rewards or deaths are a step late."""
    memory, initial, _ = load(model, "toy")
    dream = LateDream(VisionMemory(None, memory, initial, 64), 0.1, MAX_STEPS)
    dream.late = late
    assert ("latent" if late == "actions" else late) in faults(dream)
