"""Stores are a few large files, within the sizes stated in docs/sharing.md."""

import json
from pathlib import Path

import pytest

from world_models.collection.behaviour import main


@pytest.mark.parametrize(
    ("task", "behaviour", "episodes", "budget"),
    [("car_racing", "brownian", 1, 1300), ("take_cover", "held", 2, 3500)],
)
def test_bytes_of_a_frame(
    tmp_path: Path, task: str, behaviour: str, episodes: int, budget: int
) -> None:
    """Real episodes at the paper's settings; with so few, small files still count."""
    manifest = tmp_path / "0000.json"
    main([
        "--task", task, "--environment", "{}", "--settings", json.dumps({"behaviour": behaviour}),
        "--shard", "0", "--first", "0", "--episodes", str(episodes),
        "--manifest", str(manifest), "--log", str(tmp_path / "log"),
    ])  # fmt: skip
    steps = json.loads(manifest.read_text())["steps"]
    files = [path for path in manifest.with_suffix(".zarr").rglob("*") if path.is_file()]
    assert steps > 100
    assert sum(path.stat().st_size for path in files) < budget * steps
    assert len(files) == 10 + 3
