"""The successors' tables, figures and page, made from results with known numbers."""

import csv
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.toy_world import TOY
from world_models.errors import WorldModelsError
from world_models.evaluation.rows import rows_csv
from world_models.play.episodes import Episode
from world_models.storage.files import write_json
from world_models.studies import results as studies
from world_models.studies import sources
from world_models.successors import futures
from world_models.successors.futures import Futures, Imagined
from world_models.successors_tables import load, make
from world_models.successors_tables.figures import smoothed
from world_models.tasks.contract import End

SCORES = {"dreamer_3": [10.0, 14.0, 12.0], "ppo": [3.0, 5.0, 4.0]}


def write(folder: Path, scores: list[float], name: str = "evaluation.csv") -> None:
    """Write an evaluation's CSV."""
    folder.mkdir(parents=True, exist_ok=True)
    episodes = [Episode(0, n, 9, score, End.TRUNCATED, 1.0) for n, score in enumerate(scores)]
    (folder / name).write_text(rows_csv(episodes, TOY.ends))


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write results of two methods on one task."""
    monkeypatch.setattr(load, "get_task", lambda name, environment: TOY)
    folder = tmp_path / TOY.name
    write(folder / "evaluation", [1.0, 2.0], "random.csv")
    for number, (method, scores) in enumerate(SCORES.items()):
        own = folder / "successors" / method
        write(own, scores)
        (own / "curve.csv").write_text("steps,updates,episodes,score\n100,1,1,2.0\n200,3,2,4.0\n")
        write_json(own / "model.json", {"kind": method, "task": TOY.name, "parameters": 1234})
        write_json(own / "cost.json", {
            "kind": "training_cost", "task": TOY.name, "steps": 200 + number, "updates": 3,
            "hours": 1.5, "round_hours": [0.5, 1.5], "device": "cpu", "threads": 2,
            "machine": "x86_64", "processor": "",
        })  # fmt: skip
        if method != "ppo":
            frames = np.full((7, 64, 64, 3), 90, dtype=np.uint8)
            imagined = Imagined(np.stack([frames[1:]] * 3), np.ones((3, 6), dtype=np.float32))
            came = np.zeros(6, dtype=np.float32)
            futures.write(own / "futures.safetensors", TOY.name, Futures(frames, came, imagined, 4))
    return tmp_path


def write_controller(folder: Path, name: str, temperature: float | None) -> None:
    """Write the results of V, M and a controller of two generations, of 3 and of 6 episodes."""
    write(folder / "evaluation", [7.0, 9.0], f"{name}.csv")
    (folder / "evaluation/experience.csv").write_text("player,played,kept,steps\nheld,4,4,1000\n")
    for kind, parameters in (("vision", 500), ("memory", 40)):
        (folder / kind).mkdir(exist_ok=True)
        write_json(
            folder / kind / "model.json", {"kind": kind, "task": TOY.name, "parameters": parameters}
        )
    own = folder / "controllers" / name
    own.mkdir(parents=True)
    curve = "generation,best,mean,worst,validation\n1,5,4,3,\n2,8,6,4,7\n"
    (own / "fitness.csv").write_text(curve)
    settings = {
        "population": 3, "episodes": 1, "validation_episodes": 2,
        "episodes_later": {"after": 1, "episodes": 2},
    }  # fmt: skip
    write_json(own / "model.json", {
        "kind": "controller", "task": TOY.name, "temperature": temperature, "parameters": 6,
        "settings": settings,
    })  # fmt: skip


@pytest.mark.parametrize(
    ("place", "counts", "steps", "exact"),
    [
        ("dream", False, 1000, True),  # only V and M took real steps
        ("reality", True, 1000 + 3 * 4 + 6 * 6 + 2 * 7, True),  # scores are steps
        ("reality", False, 1000 + (3 + 6 + 2) * TOY.max_steps, False),
    ],
)
def test_controllers_beside(
    results: Path, monkeypatch: pytest.MonkeyPatch,
    place: str, counts: bool, steps: int, exact: bool,
) -> None:  # fmt: skip
    """A controller of V, M and C is shown beside the successors, with the real steps it took."""
    monkeypatch.setattr(studies, "get_kind", lambda kind: SimpleNamespace(score_is_steps=counts))
    monkeypatch.setattr(sources, "get_task", lambda name, environment: TOY)
    write_controller(results / TOY.name, "own", 1.0 if place == "dream" else None)
    task = {"name": TOY.name, "environment": {}, "evolved_in": place, "controllers": ["own"]}
    study = {"name": "asked", "title": "What?", "group": "all", "measures": [], "tasks": [task]}
    tasks = [{"name": TOY.name, "environment": {}, "methods": ["ppo"], "beside": [study]}]
    argv = arguments(results)
    argv[3] = json.dumps(tasks)
    make.main(argv)
    folder = results / "successors_tables"
    rows: list[dict[str, Any]] = list(csv.DictReader((folder / "toy_successors.csv").open()))
    assert [row["method"] for row in rows] == ["random", "asked/own", "ppo"]
    row = rows[1]
    assert (float(row["mean"]), row["steps"]) == (8.0, str(steps))
    assert row["steps_exact"] == str(exact) and row["parameters"] == "546"
    assert row["hours"] == row["updates"] == row["machine"] == ""
    (method, _) = load.load(results, load.parse(json.dumps(tasks))[0]).methods
    assert method.curve.shape == ((0, 3) if place == "dream" else (2, 3))
    if place == "reality":
        assert method.curve[-1, 0] == steps and method.curve[:, 2].tolist() == [4.0, 6.0]
    page = (folder / "index.html").read_text()
    assert "World Models, asked/own" in page and ("≤ " in page) != exact


def arguments(results: Path) -> list[str]:
    """Return the stage's command line."""
    tasks = [{"name": TOY.name, "environment": {}, "methods": list(SCORES)}]
    return [
        "--root", str(results), "--tasks", json.dumps(tasks),
        "--output", str(results / "successors_tables"), "--log", str(results / "log"),
    ]  # fmt: skip


def test_the_numbers(results: Path) -> None:
    """Scores come with their costs; figures and page exist; a second run gives the same bytes."""
    make.main(arguments(results))
    folder = results / "successors_tables"
    rows: list[dict[str, Any]] = list(csv.DictReader((folder / "toy_successors.csv").open()))
    assert [row["method"] for row in rows] == ["random", *SCORES]
    assert [float(row["mean"]) for row in rows] == [1.5, 12.0, 4.0]
    assert float(rows[1]["ci_low"]) < 12 < float(rows[1]["ci_high"])
    assert rows[2]["steps"] == "201" and rows[2]["hours"] == "1.5"
    assert rows[1]["parameters"] == "1234" and rows[1]["machine"] == "x86_64, 2 threads"
    page = (folder / "index.html").read_text()
    pictures = {path.stem for path in (folder / "figures").glob("*.png")}
    assert pictures == {"toy_successors", "toy_futures", "toy_rewards"}
    assert "Dreamer 3" in page and "PPO" in page and "data:image/svg+xml" in page
    contents = {path.name: path.read_bytes() for path in folder.rglob("*.*")}
    make.main(arguments(results))
    assert contents == {path.name: path.read_bytes() for path in folder.rglob("*.*")}


def test_mistakes(results: Path) -> None:
    """The error names the file; nothing is written."""
    cost = results / TOY.name / "successors/ppo/cost.json"
    kept = cost.read_text()
    write_json(cost, {"kind": "training_cost", "task": TOY.name})
    with pytest.raises(WorldModelsError, match="successors/ppo: incomplete"):
        make.main(arguments(results))
    cost.write_text(kept)
    (results / TOY.name / "successors/ppo/evaluation.csv").unlink()
    with pytest.raises(WorldModelsError, match=r"ppo/evaluation\.csv: missing"):
        make.main(arguments(results))
    with pytest.raises(WorldModelsError, match="--tasks: not a list of tasks"):
        make.main([*arguments(results)[:2], "--tasks", "{", *arguments(results)[4:]])
    assert not (results / "successors_tables").exists()


def test_the_running_mean() -> None:
    """The running mean is over ten scores, or fewer at the beginning."""
    scores = np.random.default_rng(0).normal(size=25)
    expected = [scores[max(0, n - 9) : n + 1].mean() for n in range(25)]
    np.testing.assert_allclose(smoothed(scores), expected)
