"""docs/your-environment.md followed to the letter in a clone: its YAML, file and commands."""

import csv
import json
import re
import shlex
from pathlib import Path

import pytest
import yaml

from tests.finished import (
    EVOLUTION,
    MODEL,
    ROOT,
    SCORED,
    SHARED,
    edit_config,
    planned,
    run,
    write_clone,
)
from tests.workflow.expected import TABLES

# All on one pytest worker: the fixtures are slow.
pytestmark = pytest.mark.xdist_group("own environment")

PAGE = ROOT / "docs" / "your-environment.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


SMALL = {
    "environment": {"max_steps": 100},
    "shards": SHARED["shards"],
    "vision": MODEL,
    "memory": SHARED["memory"],
    "controller": EVOLUTION,
    **dict.fromkeys(("evaluation", "dream_evaluation", "death_prediction"), SCORED),
    "transfer": SHARED["transfer"],
    "open_loop": SHARED["open_loop"],
}


def blocks(language: str) -> list[str]:
    """Return the page's code blocks in a language."""
    page = PAGE.read_text(encoding="utf-8")
    return [text for name, text in BLOCK.findall(page) if name == language]


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a clone and do everything the page says, at an even smaller scale."""
    tree = tmp_path_factory.mktemp("own") / "tree"
    tree.mkdir()
    write_clone(tree)
    for block in blocks("yaml"):
        edit_config(tree, yaml.safe_load(block))
    edit_config(tree, {"scales": {"smoke": dict.fromkeys(("lunar_lander", "catch"), SMALL)}})
    (code,) = blocks("python")
    (tree / "src" / "catch_game.py").write_text(code, encoding="utf-8")
    for line in "".join(blocks("sh")).splitlines():
        run(*shlex.split(line), cwd=tree)
    return tree


def rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_in_reality(followed: Path) -> None:
    """LunarLander has scores of all variants and figures, and nothing from the paper."""
    folder = followed / "results/smoke/lunar_lander/tables"
    scores = rows(folder / "lunar_lander.csv")
    assert list(scores[0]) == ["variant", "mean", "std", "ci_low", "ci_high", "episodes"]
    assert [row["variant"] for row in scores] == ["random", "z", "z_hidden", "z_h"]
    # Each variant lands or crashes differently, so all means differ.
    assert len({row["mean"] for row in scores}) == 4
    parameters = {row["component"]: row["ours"] for row in rows(folder / "parameters.csv")}
    assert parameters["C"] == str(4 * (32 + 256 + 1))  # four actions, of z and h, with bias
    assert set(json.loads((folder / "scores.json").read_text())) == {"lunar_lander"}
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "LunarLander-v3" in page and "always action 3" not in page
    check_page_and_figures(folder, "lunar_lander")


@pytest.mark.slow
def test_in_the_dream(followed: Path) -> None:
    """The page's own game has scores in the dream and in the game, and diagnostics of the dream."""
    folder = followed / "results/smoke/catch/tables"
    (dreamt, random) = rows(folder / "catch.csv")
    assert (dreamt["temperature"], random["temperature"]) == ("1.00", "random")
    assert float(dreamt["virtual_mean"]) == float(dreamt["virtual_mean"])  # not NaN
    assert 0 <= float(dreamt["actual_mean"]) <= 100 / 15 and random["virtual_mean"] == ""
    assert "balls caught" in (folder / "index.html").read_text(encoding="utf-8")
    assert "action_2" in (folder / "diagnostics.csv").read_text()
    check_page_and_figures(folder, "catch")


def check_page_and_figures(folder: Path, task: str) -> None:
    """Check that all figures exist and are on the page, and that no column is the paper's."""
    kinds = ("answers", "evolution", "histograms", "next_frames", "reconstructions")
    page = (folder / "index.html").read_text(encoding="utf-8")
    for kind in kinds:
        assert (folder / "figures" / f"{kind}_{task}.png").stat().st_size > 5_000, kind
        assert f"{kind}_{task}" in page
    for table in folder.glob("*.csv"):
        assert "paper" not in table.read_text(encoding="utf-8").splitlines()[0], table


@pytest.mark.slow
def test_what_the_page_names_is_there(followed: Path) -> None:
    """Every file named on the page exists."""
    page = PAGE.read_text(encoding="utf-8")
    named = re.findall(r"`((?:tables|evaluation|rollouts)/[\w./]+\.\w+)`", page)
    assert len(named) >= 7
    for name in named:
        for task in ("lunar_lander", "catch") if "lunar" not in name else ("lunar_lander",):
            if name != "evaluation/z_h.csv" or task == "lunar_lander":
                assert (followed / "results/smoke" / task / name).exists(), name


@pytest.mark.slow
def test_a_finished_tree_has_nothing_to_do(followed: Path) -> None:
    """Nothing reruns; a new title redraws only the tables; new options play everything again."""
    target = "results/smoke/lunar_lander/tables"
    assert planned(followed, target) == {}
    edit_config(followed, {"lunar_lander": {"environment": {"title": "Moon"}}})
    assert planned(followed, target) == TABLES
    changes = {"title": None, "options": {"gravity": -5.0}}
    edit_config(followed, {"lunar_lander": {"environment": changes}})
    assert planned(followed, target)["collect_rollouts"] == 3
    edit_config(followed, {"lunar_lander": {"environment": {"options": None}}})


@pytest.mark.slow
def test_a_wrong_id_is_told_before_anything_runs(followed: Path) -> None:
    """Snakemake's error names the key in one line."""
    edit_config(followed, {"lunar_lander": {"environment": {"id": "LunarLandr-v3", "options": {}}}})
    process = run("snakemake", "-n", "results/smoke/lunar_lander/tables", cwd=followed, check=False)
    assert process.returncode != 0
    assert "lunar_lander.environment.id: LunarLandr-v3" in process.stderr + process.stdout
