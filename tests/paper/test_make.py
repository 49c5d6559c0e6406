"""The whole stage: its files, reproducible to the byte, or nothing at all after an error."""

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.finished import run
from tests.paper.results_folder import SCORES, TASKS, arguments, scores_csv
from world_models.errors import WorldModelsError
from world_models.paper.make import main
from world_models.provenance.imports import SOURCE
from world_models.storage.files import digest, write_json

KINDS = (
    "reconstructions", "film_strip", "answers", "next_frames",
    "evolution", "histograms", "transfer", "training",
)  # fmt: skip
FIGURES = [*(f"{kind}_{task}" for kind in KINDS for task in TASKS), "temperatures_take_cover"]
FILMS = [*(f"{kind}_{task}" for kind in ("game", "one_start") for task in TASKS)]
FILMS += ["dream_take_cover", "trap_take_cover"]
SHOWN = [*FILMS, *TASKS, "parameters", *(f"diagnostics_{task}" for task in TASKS)]

# Settings that a user may have for their own plots.
MATPLOTLIBRC = """
backend: webagg
text.usetex: True
figure.dpi: 300
figure.facecolor: black
figure.autolayout: True
axes.facecolor: black
axes.prop_cycle: cycler("color", ["red"])
savefig.dpi: 30
savefig.bbox: tight
savefig.facecolor: pink
savefig.transparent: True
font.sans-serif: Comic Sans MS
lines.markersize: 20
path.sketch: 5, 10, 2
svg.image_inline: False
timezone: Asia/Tokyo
"""


def test_files(paper_tables: Path) -> None:
    """The stage writes exactly the expected files."""
    tables = [
        f"{name}.{suffix}"
        for name in ("car_racing", "take_cover", "parameters", "diagnostics")
        for suffix in ("csv", "md", "tex")
    ]
    pictures = [f"figures/{name}.{suffix}" for name in FIGURES for suffix in ("png", "svg")]
    shown = [f"shown/{name}.html" for name in SHOWN]
    found = [
        path.relative_to(paper_tables).as_posix()
        for path in paper_tables.rglob("*")
        if path.is_file()
    ]
    others = ["contents.json", "index.html", "scores.json"]
    assert sorted(found) == sorted([*tables, *pictures, *shown, *others])
    assert set(json.loads((paper_tables / "contents.json").read_text())) == {*FIGURES, *SHOWN}


def test_pictures_show_something(paper_tables: Path) -> None:
    """No picture is blank; no SVG loads anything or records when it was made."""
    for path in (paper_tables / "figures").glob("*.png"):
        assert np.asarray(Image.open(path).convert("L")).std() > 5, path
    for path in (paper_tables / "figures").glob("*.svg"):
        content = path.read_text(encoding="utf-8")
        assert "<metadata>" not in content
        assert not re.search(r'href="(?!#|data:)', content), path


@pytest.mark.slow
def test_the_users_surroundings(results: Path, paper_tables: Path, tmp_path: Path) -> None:
    """Other processes make the same bytes, whatever the user has set for plots and the shell."""
    home = tmp_path / "home"
    (home / "matplotlib").mkdir(parents=True)
    (home / "matplotlib" / "matplotlibrc").write_text(
        f"{MATPLOTLIBRC}axes.formatter.use_locale: True\n"  # of a locale that is not installed
    )
    hostile = {
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",  # as any notebook has it
        "LC_ALL": "xx_XX.UTF-8", "LANGUAGE": "de", "TZ": "Pacific/Kiritimati",
        "HOME": str(home), "XDG_CONFIG_HOME": str(home), "MATPLOTLIBRC": str(home / "matplotlib"),
        "SOURCE_DATE_EPOCH": "1", "PYTHONHASHSEED": "7", "COLUMNS": "20",
    }  # fmt: skip
    surroundings: tuple[tuple[str, dict[str, str], int], ...] = (
        ("shell", hostile, 0o077), ("folder", {"MPLBACKEND": "qtagg"}, 0o002)
    )  # fmt: skip
    for name, changes, umask in surroundings:
        place = tmp_path / name
        place.mkdir()
        (place / "results").symlink_to(results.parent)
        if name == "folder":
            (place / "matplotlibrc").write_text(MATPLOTLIBRC)
        before = os.umask(umask)
        try:
            run(
                "python", "-m", "world_models.paper.make",
                *arguments(Path("results/smoke"), Path("tables")),
                cwd=place, **{"PYTHONPATH": str(SOURCE), **changes},
            )  # fmt: skip
        finally:
            os.umask(before)
        assert digest(place / "tables") == digest(paper_tables), name


def spoil(root: Path, fault: str) -> str:
    """Damage the results in one way; return the name of the file to blame."""
    if fault == "truncated shard":
        (root / "take_cover/evaluation/examples.zarr/actions/zarr.json").unlink()
        return "examples.zarr"
    if fault == "no evolution":
        (root / "car_racing/controllers/z/fitness.csv").unlink()
        return "controllers/z/fitness.csv"
    if fault == "truncated model":
        path = root / "take_cover/memory/model.safetensors"
        path.write_bytes(path.read_bytes()[:-4])
        return "memory/model.safetensors"
    if fault == "another task's controller":
        path = root / "car_racing/controllers/z_h/model.json"
        write_json(path, {"kind": "controller", "task": "take_cover", "parameters": 867})
        return "controllers/z_h/model.json"
    if fault == "dream cut between lines":
        path = root / "take_cover/evaluation/tau_2.00.dream.csv"
        path.write_text(scores_csv(SCORES["tau_2.00.dream"][0][:3], 1000))
        return "tau_2.00.dream.csv"
    path = root / "take_cover/evaluation/tau_1.15.csv"
    good = path.read_text()
    texts = {
        "missing": None,
        "empty": "",
        "cut in a line": good[:-7],
        "cut between lines": scores_csv(SCORES["tau_1.15"][0][:3]),
        "header only": good.splitlines()[0] + "\n",
        "nan": good.replace("900.0", "nan"),
        "word": good.replace("900.0", "many"),
        "no score": good.replace("score", "points"),
        "row missing": "".join(good.splitlines(keepends=True)[:2] + good.splitlines(True)[3:]),
        "other seeds": scores_csv(SCORES["tau_1.15"][0], 77),
    }
    if (text := texts[fault]) is None:
        path.unlink()
    else:
        path.write_text(text)
    return "take_cover/evaluation/tau_1.15.csv"


@pytest.mark.parametrize(
    "fault",
    ["missing", "empty", "header only", "cut in a line", "cut between lines",
     "dream cut between lines", "nan", "word", "no score", "row missing", "other seeds",
     "no evolution", "truncated model", "truncated shard", "another task's controller"],
)  # fmt: skip
def test_faults(spoilt: Path, fault: str) -> None:
    """The error is one line that names the file; earlier output stays as it was."""
    blamed, output = spoil(spoilt, fault), spoilt / "paper_tables"
    output.mkdir()
    (output / "index.html").write_text("an earlier one")
    with pytest.raises(WorldModelsError) as caught:
        main(arguments(spoilt, output))
    assert blamed in str(caught.value)
    assert "\n" not in str(caught.value)
    assert [path.name for path in output.iterdir()] == ["index.html"]
    assert (output / "index.html").read_text() == "an earlier one"
    assert not list(spoilt.glob(".paper_tables*"))


def test_a_failing_figure_leaves_the_old_folder(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure while writing changes nothing either."""
    output = tmp_path / "paper_tables"
    output.mkdir()
    (output / "index.html").write_text("an earlier one")
    monkeypatch.setattr("world_models.paper.make.page", lambda *_: 1 / 0)
    for name in ("figures_of", "films_of"):
        monkeypatch.setattr(f"world_models.paper.shown.{name}", lambda _: [])
    with pytest.raises(ZeroDivisionError):
        main(arguments(results, output))
    assert [path.name for path in tmp_path.iterdir()] == ["paper_tables"]
    assert (output / "index.html").read_text() == "an earlier one"
