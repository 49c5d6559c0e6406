"""The stage is not tied to any task: its output follows from --tasks and the tasks themselves."""

import json
import shutil
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from tests.paper.results_folder import TASKS, arguments, build
from world_models.errors import WorldModelsError
from world_models.paper.make import main
from world_models.paper.sources import parse

# Tasks named by a user, with controllers evolved where the paper did not evolve them.
OWN: list[dict[str, Any]] = [
    {
        "name": "night_drive",
        "environment": {"kind": "car_racing", "max_steps": 40},
        "evolved_in": "dream",
        "controllers": ["tau_1.15", "tau_0.10"],
    },
    {
        "name": "hall",
        "environment": {"kind": "take_cover", "max_steps": 40, "resolution": "160x120"},
        "evolved_in": "reality",
        "controllers": ["z"],
    },
]


def names(folder: Path, suffix: str) -> set[str]:
    """Return the stems of the files with a suffix."""
    return {path.stem for path in folder.glob(f"*.{suffix}")}


def test_other_names_and_the_other_place(tmp_path: Path) -> None:
    """CarRacing evolved in dreams has Table 2's layout, Take Cover evolved in reality Table 1's."""
    root, output = build(tmp_path / "results" / "lab" / "studies" / "own", OWN), tmp_path / "made"
    main(arguments(root, output, OWN))
    drive = (output / "night_drive.csv").read_text().splitlines()
    assert drive[0] == (
        "temperature,virtual_mean,virtual_std,actual_mean,actual_std,actual_ci_low,actual_ci_high,"
        "episodes"
    )
    assert [line.split(",")[0] for line in drive[1:]] == ["0.10", "1.15", "random"]
    assert drive[1].startswith("0.10,2075,50,200,21.602469,")
    hall = (output / "hall.csv").read_text().splitlines()
    assert hall[0] == "variant,mean,std,ci_low,ci_high,episodes"
    assert [line.split(",")[0] for line in hall[1:]] == ["random", "z"]
    heads = "| evolved at | virtual | actual | episodes |"
    assert (output / "night_drive.md").read_text().splitlines()[0] == heads
    assert "paper" not in (output / "night_drive.md").read_text()

    measured = (output / "diagnostics.csv").read_text()
    assert "night_drive,dream 1.15,straight,60,game,40" in measured
    assert "night_drive,M tau" not in measured  # its M predicts no deaths
    assert "hall,dream" not in measured
    assert "temperatures_night_drive" in names(output / "figures", "svg")
    assert "temperatures_hall" not in names(output / "figures", "svg")
    assert set(json.loads((output / "scores.json").read_text())) == {"night_drive", "hall"}

    contents = json.loads((output / "contents.json").read_text())
    assert {each["section"] for each in contents.values()} == {
        "2 Agent Model", "CarRacing", "Take Cover"
    }  # fmt: skip
    # A task's dream is filmed if its C evolved there.
    assert {"dream_night_drive", "game_hall"} <= set(contents)
    assert "dream_hall" not in contents and "trap_hall" not in contents

    page = (output / "index.html").read_text(encoding="utf-8")
    assert "<h1>World Models: CarRacing, Take Cover</h1>" in page
    assert "for which the paper has no scores" in page
    assert "Scale: <strong>lab</strong>. Study: <strong>own</strong>." in page


def test_one_task(results: Path, tmp_path: Path) -> None:
    """One task's tables and page can be made without the other task's results."""
    shutil.copytree(results / "take_cover", tmp_path / "take_cover")
    output = tmp_path / "take_cover" / "tables"
    main(arguments(tmp_path, output, [TASKS["take_cover"]]))
    assert names(output, "csv") == {"take_cover", "parameters", "diagnostics"}
    assert all(name.endswith("_take_cover") for name in names(output / "figures", "png"))
    page = unescape((output / "index.html").read_text(encoding="utf-8"))
    assert not (output / "shown" / "game_car_racing.html").exists()
    assert "CarRacing" not in page and "the paper's Table 2" in page


def test_a_kind_that_the_paper_does_not_have(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The output has no column, cell or panel from the paper."""
    monkeypatch.setattr("world_models.paper.tables.TABLES", {})
    monkeypatch.setattr("world_models.paper.tables.PARAMETERS", {})
    main(arguments(results, tmp_path / "made"))
    for name in ("car_racing", "take_cover", "parameters"):
        assert "paper" not in (tmp_path / "made" / f"{name}.csv").read_text()
    lines = (tmp_path / "made" / "parameters.csv").read_text().splitlines()
    assert lines[:2] == ["task,component,ours", "car_racing,V,4348547"]
    shown = (tmp_path / "made" / "parameters.md").read_text().splitlines()
    assert shown[0] == "| component | parameters |" and shown[2] == "| CarRacing V | 4,348,547 |"


def test_what_a_study_shares(results: Path, paper_tables: Path, tmp_path: Path) -> None:
    """Folders and single files can be read from other roots; the tables are the same."""
    parent, study = tmp_path / "parent", tmp_path / "study"
    shutil.copytree(results, parent)
    own = ("model.safetensors", "model.json", "fitness.csv")
    kept = ("evaluation/z.csv", *(f"controllers/z_h/{name}" for name in own))
    for file in kept:
        (study / "car_racing" / file).parent.mkdir(parents=True, exist_ok=True)
        (parent / "car_racing" / file).rename(study / "car_racing" / file)
    shared = ("vision", "memory", "evaluation", "controllers/z", "controllers/z_hidden")
    paths = {each: str(parent / "car_racing" / each) for each in shared}
    paths["evaluation/z.csv"] = str(study / "car_racing" / "evaluation" / "z.csv")
    main(arguments(study, tmp_path / "made", [TASKS["car_racing"] | {"paths": paths}]))
    again = (tmp_path / "made" / "car_racing.csv").read_bytes()
    assert again == (paper_tables / "car_racing.csv").read_bytes()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("nowhere.json", "--tasks nowhere.json: not readable"),
        ("[", "--tasks"),
        ("[]", "--tasks: no task in the list"),
        (json.dumps([TASKS["car_racing"]] * 2), "--tasks: the name car_racing is taken"),
        (json.dumps([TASKS["car_racing"] | {"name": "index"}]), "--tasks: the name index is taken"),
        (json.dumps([TASKS["car_racing"] | {"evolved_in": "sleep"}]), "--tasks.0.evolved_in"),
        (json.dumps([TASKS["car_racing"] | {"folder": "x"}]), "--tasks.0.folder: unknown setting"),
    ],
)
def test_mistakes(text: str, fault: str) -> None:
    """The error is one line that names the option and the key."""
    with pytest.raises(WorldModelsError) as caught:
        parse(text)
    assert str(caught.value).startswith(fault)
    assert "\n" not in str(caught.value)


def test_a_variant_evolved_in_dreams(results: Path, tmp_path: Path) -> None:
    """The name of a controller evolved in the dream must give its temperature."""
    with pytest.raises(WorldModelsError, match="controller z of take_cover has no temperature"):
        main(arguments(results, tmp_path / "x", [TASKS["take_cover"] | {"controllers": ["z"]}]))
