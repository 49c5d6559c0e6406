"""Films by rules: a task's films are made once, and again only if what they show changes."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import av
import pytest
import yaml
from PIL import Image

from tests.finished import copy, edit_config, planned, run, snakemake
from tests.sharing.test_documented import ready
from world_models.provenance.looked_at import films
from world_models.provenance.plan import Plan

TARGET = "results/smoke/take_cover/films/all"
FILMS = ("tau_1.00", "tau_1.15", "tau_1.00.dream", "tau_1.15.dream", "temperatures", "latents")
SIZES = {"game": (130 * 4, 64 * 4), "dream": (64 * 4, 64 * 4)}
SIZES |= {"temperatures": (196 * 3, 64 * 3), "latents": (526, 526)}


@pytest.mark.slow
def test_films_of_a_task(finished: Path, tmp_path: Path) -> None:
    tree = copy(finished, tmp_path / "tree")
    snakemake(tree, "--cores", "2", TARGET)
    for name in FILMS:
        path = tree / f"results/smoke/take_cover/films/{name}.gif"
        kind = name if name in SIZES else "dream" if name.endswith("dream") else "game"
        with Image.open(path) as gif:
            assert gif.size == SIZES[kind], name
            assert gif.n_frames > 3 or kind in ("dream", "temperatures"), name  # M is tiny: deaths
        with av.open(str(path.with_suffix(".mp4"))) as film:
            frames = list(film.decode(video=0))
            assert film.streams.video[0].codec.name == "h264"
        page = path.with_suffix(".html").read_text(encoding="utf-8")
        assert "data:image/webp" in page and "http" not in page
        assert len(frames) >= gif.n_frames and frames[0].width - gif.size[0] in (0, 1), name
    assert planned(tree, TARGET) == {} == planned(tree)  # tables show no films
    # Another temperature makes two more films; another V reruns what follows, and all films.
    temperatures = {"temperatures": [1.0, 1.15, 1.3]}
    edit_config(tree, {"scales": {"smoke": {"take_cover": {"controllers": temperatures}}}})
    more = {"evolve_controller": 1, "film_game": 1, "film_dream": 1, "films": 1}
    assert planned(tree, TARGET) == more
    edit_config(tree, {"scales": {"smoke": {"take_cover": {"vision": {"epochs": 2}}}}})
    again = planned(tree, TARGET)
    assert (again["film_game"], again["film_dream"], again["train_vision"]) == (3, 3, 1)
    assert again["film_temperatures"] == again["film_latents"] == 1


def in_report(path: Path, name: str) -> dict[str, Any]:
    """Return one of the JSON objects from which the report's page is made."""
    text = path.read_text(encoding="utf-8")
    begins = f'var {name} = {{"'  # React has variables with these names too
    found, _ = json.JSONDecoder().raw_decode(text[text.index(begins) + len(begins) - 2 :])
    return dict(found)


@pytest.mark.slow
def test_the_report(finished: Path, tmp_path: Path) -> None:
    """`make report` makes one file with tables, figures, films and runtimes, also in a fresh clone.

    Everything has a title and a caption, and is in the matching section of the paper.
    """
    tree = copy(finished, tmp_path / "tree")
    ready(tree)
    target = tree / "results/smoke/report.html"
    clean = {name: "" for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    run("make", "report", cwd=tree, **clean)
    shown = in_report(target, "results")
    tables = tree / "results/smoke/paper_tables"
    contents = json.loads((tables / "contents.json").read_text())
    for name, each in contents.items():
        file = f"figures/{name}.png" if each["kind"] == "figure" else f"shown/{name}.html"
        entry = shown.pop(f"results/smoke/paper_tables/{file}")
        assert entry["labels"] == {"shows": each["title"], "kind": each["kind"]}
        words = unescape(re.sub("<[^>]+>", "", entry["caption"])).split()
        assert words == each["caption"].split(), name
    assert list(shown) == ["results/smoke/runtimes.html"]
    assert {each["kind"] for each in contents.values()} == {"table", "figure", "film"}
    places = in_report(target, "categories")
    assert sorted(places) == [
        "2 Agent Model", "3 Car Racing Experiment", "4 VizDoom Experiment", "Runtimes"
    ]  # fmt: skip
    trap = "results/smoke/paper_tables/shown/trap_take_cover.html"
    exploited = places["4 VizDoom Experiment"]["4.5 Cheating the World Model"]
    assert trap in exploited or "trap_take_cover" not in contents
    # Runtimes: the list of stages, and Snakemake's own by job.
    assert "take_cover/controllers/tau_1.00" in (tree / "results/smoke/runtimes.html").read_text()
    whole = target.read_text(encoding="utf-8")
    assert "evolve_controller" in whole and "Ha and Schmidhuber" in whole

    # As in a fresh clone, without records, rollouts and benchmarks: the report is the same.
    for each in (".snakemake", "results/smoke/take_cover/rollouts", "results/smoke/benchmarks"):
        run("rm", "-r", each, cwd=tree)
    target.unlink()
    run("make", "report", cwd=tree, **clean)
    assert in_report(target, "categories") == places
    assert "No records found" in (tree / "results/smoke/runtimes.html").read_text()


def test_nothing_to_report(tree: Path) -> None:
    """Without results, one line says which command to run."""
    if not (tree / ".venv").exists():
        ready(tree)
    clean = {name: "" for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    done = run("make", "report", "SCALE=lab", cwd=tree, check=False, **clean)
    assert done.returncode != 0 and "make tables SCALE=lab" in done.stderr
    assert "Traceback" not in done.stderr and "snakemake" not in done.stdout


def test_tasks_are_the_configurations(tree: Path) -> None:
    """`make films` films the tasks that a scale's tables show, and a user's tasks with tables."""
    plan = Plan(yaml.safe_load((tree / "config.yaml").read_text()))
    assert films(plan, "results/lab") == [
        f"results/lab/{task}/films/all" for task in ("car_racing", "take_cover")
    ]
