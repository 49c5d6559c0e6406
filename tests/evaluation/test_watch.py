"""Films show the environment's own frames and V's reconstructions of them."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from tests.evaluation.untrained import ENVIRONMENTS, SEES, SHOWN, options, tool
from tests.finished import ROOT, run
from world_models.controller.agent import Agent
from world_models.controller.checkpoint import load
from world_models.controller.policies import get_policy
from world_models.dream.engine import Dream
from world_models.inspection.film import write_gif
from world_models.inspection.watch import film
from world_models.memory import model as memory_model
from world_models.paper.reading import read_columns
from world_models.play.episodes import Assignment, Episode
from world_models.tasks import get_task
from world_models.tasks.contract import End, VectorEnvironment
from world_models.vision import model as vision_model
from world_models.vision.model import to_frames, to_images
from world_models.world_model.vision_memory import VisionMemory, VisionMemoryState

EVERY, ENLARGED, BESIDE = 3, 2, 66  # the column where the right one of two pictures begins
PALETTE = 5.0  # mean error in colour levels (0 to 255) that a palette of 256 colours may cause


def watch(place: Path, task: str, output: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Run the stage."""
    argv = [*options(place / "results" / "smoke", task), "--output", str(output), *more]
    return run("python", "-m", "world_models.inspection.watch", *argv, cwd=ROOT, check=False)


def pictures(path: Path, seconds: float) -> NDArray[np.uint8]:
    """Return a film's frames at their original size, repeated if shown for longer."""
    found = []
    with Image.open(path) as film:
        for number in range(film.n_frames):
            film.seek(number)
            whole = np.asarray(film.convert("RGB"))
            small = whole[::ENLARGED, ::ENLARGED]
            assert np.array_equal(small.repeat(ENLARGED, 0).repeat(ENLARGED, 1), whole)
            times = film.info["duration"] / (round(seconds * 100) * 10)
            assert times == int(times)
            found += [small] * int(times)
    return np.stack(found)


def error(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Return the mean absolute difference in colour levels, 0 to 255."""
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


def loaded(place: Path, task: str) -> tuple[Any, Any, Any, torch.Tensor]:
    """Return V, what M's checkpoint holds (None without M), the policy and C's parameters."""
    folder = place / "results" / "smoke" / task
    vision, _ = vision_model.load(folder / "vision" / "model.safetensors", task)
    memory = None
    if (folder / "memory").exists():
        memory = memory_model.load(folder / "memory" / "model.safetensors", task)
    path = folder / "controllers" / SHOWN[task] / "model.safetensors"
    parameters, about = load(path, task)
    units = memory[0].hidden_size if memory else 0
    outputs = get_task(task).action_size
    policy = get_policy(about["variant"], outputs, vision.latent_size, units, **SEES[task])
    return vision, memory, policy, torch.from_numpy(parameters)


def evaluated(place: Path, task: str, episode: int, dream: bool = False) -> dict[str, float]:
    """Return an episode's row of the evaluation."""
    name = f"{SHOWN[task]}.dream.csv" if dream else f"{SHOWN[task]}.csv"
    path = place / "results" / "smoke" / task / "evaluation" / name
    rows = read_columns(path, ("seed", "steps", "score"))
    return {key: float(values[episode]) for key, values in rows.items()}


@torch.inference_mode()
def replay(place: Path, task: str, seed: int) -> NDArray[np.uint8]:
    """Play an episode with the agent itself; return the frame before each step."""
    about = get_task(task, ENVIRONMENTS[task])
    vision, memory, policy, parameters = loaded(place, task)
    agent = Agent(
        VisionMemory(vision, memory[0] if memory else None, None, 1), policy, about.squash
    )
    agent.candidates = parameters[None].numpy()
    agent.start([0], [Assignment(0, seed)])
    environment, frames, end = about.make_environment(), [], End.NONE
    frame = environment.reset(seed)
    while end is End.NONE:
        frames.append(frame)
        frame, _, end = environment.step(agent.act(frame[None], [0])[0])
    environment.close()
    return np.stack(frames)


@pytest.mark.parametrize(("task", "per_second"), [("car_racing", 50), ("take_cover", 35)])
def test_a_film_of_reality(place: Path, tmp_path: Path, task: str, per_second: int) -> None:
    """Left are the environment's frames, right V's view of them; the score is the evaluation's."""
    row = evaluated(place, task, 1)
    beside = [f"{evaluated(place, task, other)['steps']:.0f}" for other in (0, 2)]
    path = tmp_path / "film.gif"
    done = watch(
        place, task, path, "--episode-seed", f"{row['seed']:.0f}", "--every", str(EVERY),
        "--scale", str(ENLARGED), "--slots", "3", "--beside", *beside,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f": score {row['score']:.2f}, {row['steps']:.0f} steps, " in done.stdout
    shown = pictures(path, EVERY / per_second)
    frames = replay(place, task, int(row["seed"]))
    assert len(frames) == row["steps"]
    frames = frames[::EVERY]
    assert shown.shape == (len(frames), 64, 64 + BESIDE, 3)
    left, right = shown[:, :, :64], shown[:, :, BESIDE:]
    assert error(left, frames) < 1
    turned = (frames[:, ::-1], frames[:, :, ::-1], np.roll(frames, 1, -1), np.roll(frames, 5, 0))
    assert min(error(left, wrong) for wrong in turned) > 3
    vision = loaded(place, task)[0]
    with torch.inference_mode():
        view = to_frames(vision.decode(vision.encode(to_images(frames))[0]))
    assert error(right, view) < PALETTE < error(right, view[:, :, ::-1]) / 2
    assert not shown[:, :, 64:BESIDE].any()


@torch.inference_mode()
def test_a_film_of_a_dream(place: Path, tmp_path: Path) -> None:
    """The film shows M's dream as V decodes it; the score is the dream evaluation's."""
    row = evaluated(place, "take_cover", 2, dream=True)
    path = tmp_path / "film.gif"
    done = watch(
        place, "take_cover", path, "--dream", "--episode-seed", f"{row['seed']:.0f}",
        "--every", str(EVERY), "--scale", str(ENLARGED),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f": score {row['score']:.2f}, {row['steps']:.0f} steps, " in done.stdout
    vision, memory, policy, parameters = loaded(place, "take_cover")
    task = get_task("take_cover")
    limit = int(ENVIRONMENTS["take_cover"]["max_steps"])
    dream = Dream(VisionMemory(None, memory[0], memory[1], 1), 1.15, limit)
    dream.start([0], [int(row["seed"])])
    dreamt = []
    while dream.active[0]:
        z, h, c, _ = dream.observations
        dreamt.append(z[0])
        features = torch.cat([z, c, h], dim=1)
        dream.step([0], task.squash(policy.act(parameters[None], features)))
    expected = to_frames(vision.decode(torch.stack(dreamt[::EVERY])))
    shown = pictures(path, EVERY / 35)
    assert shown.shape == expected.shape
    assert error(shown, expected) < PALETTE < error(shown, expected[:, :, ::-1]) / 2


class Stub(VectorEnvironment):
    """Records which slots are stepped; observations count steps. An episode lasts five steps."""

    def __init__(self) -> None:
        super().__init__(4, np.zeros(4, dtype=np.int64))
        self.stepped: list[list[int]] = []
        self.closed = False

    def start(self, slots: Sequence[int], seeds: Sequence[int]) -> None:
        assert (list(slots), list(seeds)) == ([0], [7])

    def step(
        self, slots: Sequence[int], actions: Any
    ) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        self.stepped.append(list(slots))
        self.observations[list(slots)] += 1
        end = End.TRUNCATED if len(self.stepped) == 5 else End.NONE
        return np.array([0.5, 0, 0, 0]), np.array([end, 0, 0, 0], dtype=np.uint8)

    def close(self) -> None:
        self.closed = True


class StubActor:
    """Records the slots it acts in."""

    def __init__(self) -> None:
        self.acted: list[list[int]] = []

    def start(self, slots: Sequence[int], assignments: Sequence[Assignment]) -> None:
        assert [(slot, a.candidate) for slot, a in zip(slots, assignments, strict=True)] == [
            (0, 0), (1, 0), (2, 0), (3, 0)
        ]  # fmt: skip

    def act(self, observations: Any, slots: Sequence[int]) -> NDArray[np.float32]:
        self.acted.append(list(slots))
        return np.zeros((4, 1), dtype=np.float32)


@pytest.mark.parametrize("dream", [False, True])
def test_as_many_are_computed_as_in_the_evaluation(dream: bool) -> None:
    """Batches shrink as they did in the evaluation; the film shows what precedes each step.

    The agent and a dream compute rows for all episodes; a real environment plays only one.
    """
    actor, place = StubActor(), Stub()
    if dream:
        state = torch.arange(4.0)
        place.observations = VisionMemoryState(state, state, state, state)
        place.step = dreamt(place)  # type: ignore[method-assign]
    seen, episode = film(actor, place, 7, [2, 9, 3], dream)
    expected = [[0, 1, 2, 3]] * 2 + [[0, 2, 3]] + [[0, 2]] * 2
    assert actor.acted == expected
    assert place.stepped == (expected if dream else [[0]] * 5)
    assert seen.tolist() == [0, 1, 2, 3, 4]
    assert episode == Episode(0, 7, 5, 2.5, End.TRUNCATED, 0.5) and place.closed


def dreamt(place: Stub) -> Any:
    """Return a `step` that replaces the state, as a dream's does."""

    def step(slots: Sequence[int], actions: Any) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        place.stepped.append(list(slots))
        place.observations = VisionMemoryState(*(part + 1 for part in place.observations))
        end = End.TRUNCATED if len(place.stepped) == 5 else End.NONE
        return np.array([0.5, 0, 0, 0]), np.array([end, 0, 0, 0], dtype=np.uint8)

    return step


def test_a_published_episode(place: Path) -> None:
    """`make watch` finds models, seed and the other slots' episodes, and gets the same score."""
    for more, name in (
        (["--episode", "3"], "smoke-take_cover-tau_1.15-episode3.gif"),
        (["--dream", "--every", "20"], "smoke-take_cover-tau_1.15-dream.gif"),
    ):
        done = tool(place, "watch", "results/smoke", "--task", "take_cover", *more)
        assert done.returncode == 0, done.stderr
        row = evaluated(place, "take_cover", 0 if "--dream" in more else 3, "--dream" in more)
        summary = f": score {row['score']:.2f}, {row['steps']:.0f} steps"
        filmed, published = done.stdout.splitlines()
        assert summary in filmed and published.endswith(summary)
        assert (place / "results" / "films" / name).read_bytes().startswith(b"GIF89a")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--controller", "z_h"], "car_racing: no controller z_h with scores; available: z"),
        (["--episode", "5"], "--episode 5: results/smoke/car_racing/evaluation/z.csv has 0 to 4"),
        (["--dream"], "dream.csv: missing; only a controller evolved in the dream can play there"),
        (["--every", "0"], "--every 0: must be 1 to 2100"),
    ],
)
def test_mistakes_are_named(place: Path, arguments: list[str], message: str) -> None:
    """Mistakes give one line and exit status 2."""
    done = tool(place, "watch", "results/smoke", *arguments)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert message in done.stderr


def test_other_models_are_refused(place: Path, tmp_path: Path) -> None:
    """Films need the V that the controller was evolved with, and M if it used M."""
    shutil.copytree(place, tmp_path, dirs_exist_ok=True)
    home = tmp_path / "results" / "smoke" / "car_racing"
    vision, _ = vision_model.load(home / "vision" / "model.safetensors", "car_racing")
    with torch.no_grad():
        vision.to_mu.bias.add_(1)
    vision_model.checkpoints.save(
        home / "vision" / "model.safetensors", "vision", "car_racing", vision.state_dict(),
        settings={"latent_size": vision.latent_size},
    )  # fmt: skip
    output = tmp_path / "film.gif"
    done = watch(tmp_path, "car_racing", output, "--episode-seed", "1")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "not the vision that" in done.stderr
    (tmp_path / "results/smoke/take_cover/memory/model.safetensors").unlink()
    done = watch(tmp_path, "take_cover", output, "--episode-seed", "1")
    assert done.returncode == 2 and "variant z_h: needs M" in done.stderr
    assert not output.exists()


def test_colours_and_times(tmp_path: Path) -> None:
    """Rows and colours are in order, equal frames merge, a failed write keeps the old file."""
    rng = np.random.default_rng(0)
    colours = rng.integers(0, 256, (5, 8, 12, 3), dtype=np.uint8)
    colours[3] = colours[2]
    path = tmp_path / "film.gif"
    write_gif(path, colours, 0.04, ENLARGED)
    assert error(pictures(path, 0.04), colours) == 0  # 96 colours fit
    with Image.open(path) as film:
        assert (film.size, film.info["loop"]) == ((24, 16), 0)
    before = path.read_bytes()
    with pytest.raises(ValueError):
        write_gif(path, colours[:0], 0.04)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]
