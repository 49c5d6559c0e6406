"""Studies of config.yaml, really run at the smallest scale: each kind of overlay once."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.finished import ROOT, TINY, copy
from world_models.settings import overlay

# Of studies that differ by a number alone one is enough; the plan of all is made anyway.
RUN = (
    "cover_round_2", "cover_refined", "racing_curious", "racing_curious_round",
    "cover_repeat_1", "cover_means", "cover_z_alone", "racing_dream_1", "racing_both_looks",
    "cover_looks", "truth",
)  # fmt: skip
TABLES = {"scores", "models", "deaths", "seen", "horizon", "regions"}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_tables_of_all_studies(finished: Path, tmp_path: Path) -> None:
    """All stages by their rules' own commands, in one process; then the tables."""
    tree = copy(finished, tmp_path / "tree")
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    config["studies"] = {name: config["studies"][name] for name in RUN}
    for name, scale in config["scales"].items():
        own = scale.get("studies", {})
        config["scales"][name] = {**scale, "studies": {k: v for k, v in own.items() if k in RUN}}
    config = overlay(config, {"scales": {"smoke": TINY}})
    # Fewer controllers than config.yaml's.
    dream = config["studies"]["racing_dream_1"]["settings"]["car_racing"]
    dream["controllers"]["temperatures"] = [1.0]
    (tree / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests/studies/jobs.py"), "results/smoke/studies_tables"],
        cwd=tree, env={**os.environ, "PYTHONPATH": str(tree / "src")},
        capture_output=True, text=True, timeout=800, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    made = tree / "results/smoke/studies_tables"
    assert {path.stem for path in made.glob("*.csv")} == TABLES
    with (made / "scores.csv").open(encoding="utf-8") as file:
        assert {row["study"] for row in csv.DictReader(file)} == {"scale", *RUN}
    with (made / "seen.csv").open(encoding="utf-8") as file:
        looks = {(row["study"], row["look"]) for row in csv.DictReader(file)}
    assert ("cover_looks", "changed") in looks and ("cover_round_2", "changed") not in looks
    page = (made / "index.html").read_text(encoding="utf-8")
    pictures = {path.stem for path in (made / "figures").glob("*.png")}
    assert all(f'<figure id="{name}">' in page for name in pictures)
    for kind in ("real_steps", "horizon", "generations", "futures", "density", "traversal"):
        assert any(name.startswith(kind) for name in pictures), kind
