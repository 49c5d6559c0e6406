"""Progress is only continued by the code that made it."""

import ast
from importlib.metadata import version
from pathlib import Path

import pytest
import torch

from world_models.controller.evolve import open_log
from world_models.controller.fitness_log import FitnessLog, Generation
from world_models.errors import WorldModelsError
from world_models.provenance import imports
from world_models.storage.snapshots import Snapshots


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Replace the project's package with one of two modules."""
    folder = tmp_path / "world_models"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "outer.py").write_text("from world_models import inner\n\nx = inner.f()\n")
    (folder / "inner.py").write_text('"""Words."""\n\n\ndef f():\n    """Words."""\n    return 1\n')
    monkeypatch.setattr(imports, "SOURCE", tmp_path)
    imports.imported_by.cache_clear()
    return folder


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("Words", "Other words", True),
        ("return 1", "return  1  # why", True),
        ("return 1", "return 2", False),
    ],
)
def test_code_counts_and_words_do_not(package: Path, before: str, after: str, same: bool) -> None:
    """A code change in an imported module changes the stage's digest; docs and layout don't."""
    digest = imports.code_digest("world_models.outer")
    inner = package / "inner.py"
    inner.write_text(inner.read_text().replace(before, after))
    assert (imports.code_digest("world_models.outer") == digest) is same


def test_pythons_do_not_count(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty new AST field, like the type parameters of Python 3.12, changes no digest."""
    digest = imports.code_digest("world_models.outer")
    fields = (*ast.FunctionDef._fields, "of_the_next_python")
    monkeypatch.setattr(ast.FunctionDef, "_fields", fields)
    monkeypatch.setattr(ast.FunctionDef, "of_the_next_python", [], raising=False)
    assert "of_the_next_python" in ast.dump(ast.parse("def f(): pass"))
    assert imports.code_digest("world_models.outer") == digest


def test_libraries_count(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version of a library changes the digest; another build of the version doesn't."""
    digest = imports.progress_digest("world_models.outer")
    monkeypatch.setattr(imports, "version", lambda name: f"{version(name)}+of.another.build")
    assert imports.progress_digest("world_models.outer") == digest
    monkeypatch.setattr(imports, "version", lambda name: "99")
    assert imports.progress_digest("world_models.outer") != digest


def test_another_fingerprint_starts_anew(tmp_path: Path) -> None:
    """A snapshot of other code is not continued."""
    Snapshots(tmp_path, {"code": "a"}, 60).save({"w": torch.ones(1)}, {"step": 3})
    assert Snapshots(tmp_path, {"code": "a"}, 60).load() is not None
    assert Snapshots(tmp_path, {"code": "b"}, 60).load() is None


def test_a_log_belongs_to_a_recipe(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A log is continued with another end; after any other change it isn't, and a line says so."""
    made_of = {"run_seed": 1, "settings": {"population": 4, "generations": 9}}
    log = open_log(tmp_path, made_of, "take_cover")
    log.read(), log.append(Generation(1, [1.0, 2.0], 0.1))
    longer = {"population": 4, "generations": 20, "stop_at_score": 7.0}
    assert open_log(tmp_path, made_of | {"settings": longer}, "take_cover").path == log.path
    assert not caplog.text
    for other in ({"run_seed": 2}, {"settings": {"population": 5, "generations": 9}}):
        assert open_log(tmp_path, made_of | other, "take_cover").path != log.path
        assert "starting over" in caplog.text
        caplog.clear()
    assert open_log(tmp_path, made_of, "car_racing").path != log.path


def test_a_damaged_snapshot_starts_anew(tmp_path: Path) -> None:
    """A snapshot with a flipped bit among the weights is not used."""
    snapshots = Snapshots(tmp_path, {}, 60)
    snapshots.save({"w": torch.ones(100)}, {"step": 3})
    path = tmp_path / "snapshot.safetensors"
    content = bytearray(path.read_bytes())
    content[-9] ^= 1
    path.write_bytes(content)
    assert snapshots.load() is None


def test_two_writers_of_a_log(tmp_path: Path) -> None:
    """The second writer's line is refused."""
    first, second = FitnessLog(tmp_path / "log.jsonl"), FitnessLog(tmp_path / "log.jsonl")
    first.read(), second.read()
    first.append(Generation(1, [1.0, 2.0], 0.1))
    with pytest.raises(WorldModelsError, match=r"log.jsonl: another process is writing to it"):
        second.append(Generation(1, [1.0, 2.0], 0.1))
    first.append(Generation(2, [3.0, 2.0], 0.1))
    assert [each.number for each in FitnessLog(tmp_path / "log.jsonl").read()] == [1, 2]
