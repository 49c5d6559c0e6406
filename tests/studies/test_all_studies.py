"""The studies of config.yaml at the smallest scale: all are planned, a few are run."""

import csv
import json
from pathlib import Path

import pytest
import yaml

from tests.finished import ROOT, TINY, copy, run
from world_models.provenance import studied
from world_models.provenance.plan import Plan
from world_models.settings import overlay

SMOKE = "results/smoke"
TARGET = f"{SMOKE}/studies_tables"
# Studies that are run whole and shown in the tables.
RUN = ("cover_curious", "cover_looks", "truth")
# Parts that only these other studies run; what follows them is the same everywhere.
PARTS = (
    "cover_refined/take_cover/controllers/z_h/model.safetensors",
    "cover_z_alone/take_cover/controllers/tau_1.15/model.safetensors",
    "cover_round_2/take_cover/evaluation/experience.csv",
    "cover_both_looks/take_cover/rollouts/0000.json",
    "racing_dream_1/car_racing/controllers/tau_1.00/model.safetensors",
    "racing_dream_1/car_racing/evaluation/horizon.csv",
)
# `cover_looks` already measures what V and M see.
LESS = {"cover_curious": {"measures": []}}
TABLES = {"scores", "models", "deaths", "seen", "horizon", "regions"}
FIGURES = {"real_steps", "horizon", "generations", "futures", "density", "traversal"}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_tables_of_all_studies(finished: Path, tmp_path: Path) -> None:
    """Stages run by their rules' own commands, in one process; then the tables are drawn."""
    tree = copy(finished, tmp_path / "tree")
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    config = overlay(config, {"scales": {"smoke": TINY}, "studies": LESS})
    (tree / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    plan = Plan(config)
    missing = {
        file
        for root in studied.roots(plan, SMOKE)
        for task in plan.tasks(root)
        for result in studied.results(plan, root, task)
        for each in result.ancestors()
        for file in each.outputs
        if not (tree / file).exists()
    }
    roots = [SMOKE, *(f"{SMOKE}/studies/{name}" for name in RUN)]
    files = [file for root in roots for task in plan.tasks(root)
             for file in studied.files(plan, root, task)]  # fmt: skip
    files += [f"{SMOKE}/studies/{part}" for part in PARTS]
    request = tmp_path / "asked.json"
    request.write_text(json.dumps({"target": TARGET, "files": files, "studies": RUN}))
    done = run("python", str(ROOT / "tests/studies/jobs.py"), str(request), cwd=tree)
    # The plan makes all that any study lacks, and nothing that its scale or another study has.
    outputs = json.loads(done.stdout.splitlines()[-1])
    assert len(outputs) == len(set(outputs)) and set(outputs) == {*missing, TARGET}
    assert set(PARTS) <= {each.partition("/studies/")[2] for each in outputs}
    look_at_tables(tree / TARGET)


def look_at_tables(folder: Path) -> None:
    """Check that the studies' numbers and figures are there, and that the page shows them."""
    assert {path.stem for path in folder.glob("*.csv")} == TABLES
    scores = rows(folder / "scores.csv")
    assert {row["study"] for row in scores} == {"scale", *RUN}
    # Take Cover's score is the number of real steps; M's surprise isn't.
    assert [each["evolved_steps_exact"] for each in scores if each["study"] == "cover_curious"] == [
        "False"
    ]
    seen = {(row["study"], row["look"]) for row in rows(folder / "seen.csv")}
    assert seen == {("cover_looks", "usual"), ("cover_looks", "changed")}
    page = (folder / "index.html").read_text(encoding="utf-8")
    pictures = {path.stem for path in (folder / "figures").glob("*.png")}
    assert all(f'<figure id="{name}">' in page for name in pictures)
    assert all(any(name.startswith(kind) for name in pictures) for kind in FIGURES)


def rows(path: Path) -> list[dict[str, str]]:
    """Return a table's rows."""
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))
