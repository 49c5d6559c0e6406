"""The successors' tables, figures and page, from results whose numbers are known."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.toy_world import TOY
from world_models.errors import WorldModelsError
from world_models.evaluation.rows import rows_csv
from world_models.play.episodes import Episode
from world_models.storage.files import write_json
from world_models.successors_tables import load, make
from world_models.successors_tables.figures import smoothed
from world_models.tasks.contract import End

SCORES = {"dreamer_3": [10.0, 14.0, 12.0], "ppo": [3.0, 5.0, 4.0]}


def write(folder: Path, scores: list[float], name: str = "evaluation.csv") -> None:
    """Write an evaluation."""
    folder.mkdir(parents=True, exist_ok=True)
    episodes = [Episode(0, n, 9, score, End.TRUNCATED, 1.0) for n, score in enumerate(scores)]
    (folder / name).write_text(rows_csv(episodes, TOY.ends))


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Results of two methods on one task."""
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
            "hours": 1.5, "device": "cpu", "threads": 2, "machine": "x86_64", "processor": "",
        })  # fmt: skip
    return tmp_path


def arguments(results: Path) -> list[str]:
    """Return the command line."""
    asked = [{"name": TOY.name, "environment": {}, "methods": list(SCORES)}]
    return [
        "--root", str(results), "--tasks", json.dumps(asked),
        "--output", str(results / "successors_tables"), "--log", str(results / "log"),
    ]  # fmt: skip


def test_the_numbers(results: Path) -> None:
    """Each score stands beside what it took; figures and page are there, and the same again."""
    make.main(arguments(results))
    folder = results / "successors_tables"
    rows: list[dict[str, Any]] = list(csv.DictReader((folder / "toy_successors.csv").open()))
    assert [row["method"] for row in rows] == ["random", *SCORES]
    assert [float(row["mean"]) for row in rows] == [1.5, 12.0, 4.0]
    assert float(rows[1]["ci_low"]) < 12 < float(rows[1]["ci_high"])
    assert rows[2]["steps"] == "201" and rows[2]["hours"] == "1.5"
    assert rows[1]["parameters"] == "1234" and rows[1]["machine"] == "x86_64, 2 threads"
    page = (folder / "index.html").read_text()
    assert "Dreamer 3" in page and "PPO" in page and "data:image/svg+xml" in page
    made = {path.name: path.read_bytes() for path in folder.rglob("*.*")}
    make.main(arguments(results))
    assert made == {path.name: path.read_bytes() for path in folder.rglob("*.*")}


def test_mistakes(results: Path) -> None:
    """One line that names the file; nothing is written."""
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
    """Of ten scores, fewer at the beginning."""
    scores = np.random.default_rng(0).normal(size=25)
    wanted = [scores[max(0, n - 9) : n + 1].mean() for n in range(25)]
    np.testing.assert_allclose(smoothed(scores), wanted)
