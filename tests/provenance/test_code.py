"""The code that a stage runs is found automatically; comments, layout and execution don't count."""

import ast
import re
from pathlib import Path

import pytest

from tests.finished import ROOT
from world_models.errors import WorldModelsError
from world_models.provenance.artifact import modules_of
from world_models.provenance.imports import (
    PACKAGE,
    SOURCE,
    closure,
    code_digest,
    file_digest,
    imported_by,
    is_execution,
    path_of,
)
from world_models.provenance.pins import pins_of
from world_models.provenance.stages import EXECUTION, STAGES, TABLES

MODULES = sorted(path.relative_to(SOURCE).as_posix() for path in (SOURCE / PACKAGE).rglob("*.py"))
CODE = '''"""A module."""

import math


def area(radius: float) -> float:
    """Return the area of a circle."""
    # The formula.
    return math.pi * radius**2
'''


def files(stage: str, kind: str = "take_cover") -> set[str]:
    """Return the files that count for a stage, relative to the package."""
    return {
        path.relative_to(SOURCE / PACKAGE).as_posix() for path in closure(*modules(stage, kind))
    }


def modules(stage: str, kind: str = "take_cover") -> tuple[str, ...]:
    """Return the modules from which a stage, or the tables, start."""
    if stage == "tables":
        return f"{PACKAGE}.{TABLES}", f"{PACKAGE}.tasks.{kind}"
    return modules_of(stage, kind)


def digest_of(text: str, path: Path) -> str:
    """Return the digest of a file with this text."""
    path.write_text(text, encoding="utf-8")
    return file_digest(path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    # The formula.\n", ""),
        ("# The formula.", "# Another word."),
        ('"""A module."""\n', '"""Another one."""\n'),
        ('    """Return the area of a circle."""\n', ""),
        ("math.pi * radius**2", "(\n        math.pi * radius ** 2\n    )"),
        ("\n\n\ndef", "\n\n\n\n\ndef"),
    ],
)
def test_words_and_layout_do_not_count(tmp_path: Path, old: str, new: str) -> None:
    assert old in CODE
    assert digest_of(CODE, tmp_path / "a.py") == digest_of(
        CODE.replace(old, new), tmp_path / "b.py"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("**2", "**3"),
        ("math.pi", "math.tau"),
        ("radius: float", "radius: float = 1.0"),
        ("import math\n", "import math\nimport os\n"),
        ("    return", "    radius = 1.0\n    return"),
        ("import math\n", 'import math\n\nNAME = "circle"\n'),
    ],
)
def test_statements_count(tmp_path: Path, old: str, new: str) -> None:
    assert old in CODE
    assert digest_of(CODE, tmp_path / "a.py") != digest_of(
        CODE.replace(old, new), tmp_path / "b.py"
    )


def test_a_stages_digest_sees_each_of_its_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the digest of any one file changes, the stage's digest changes."""
    names = modules("vision")
    before, seen = code_digest(*names), set()
    for changed in closure(*names):
        monkeypatch.setattr(
            f"{PACKAGE}.provenance.imports.file_digest",
            lambda path, changed=changed: "new" if path == changed else file_digest(path),
        )
        seen.add(code_digest(*names))
    assert len(seen) == len(closure(*names)) > 10
    assert before not in seen


@pytest.mark.parametrize("stage", [*STAGES, "tables"])
def test_execution_does_not_count(stage: str) -> None:
    """No execution module is part of a stage's code."""
    found = {name.removesuffix(".py").replace("/", ".") for name in files(stage)}
    assert not [name for name in found if is_execution(f"{PACKAGE}.{name}")]


def test_execution_runs_no_code_that_counts() -> None:
    """Execution imports only execution modules and modules that count for every stage.

    A module imported by execution alone would not count for any stage.
    """
    common = set.intersection(*(set(closure(*modules(stage))) for stage in STAGES))
    for name in EXECUTION:
        start = path_of(name)
        assert start is not None
        inner = sorted(start.parent.glob("*.py")) if start.name == "__init__.py" else [start]
        if name == f"{PACKAGE}.provenance":  # makes plans; stages load only the parts for digests
            inner = [each for each in inner if each.stem in ("imports", "stages")]
        for path in inner:
            imported = {path_of(other) for other in imported_by(path)} - {None}
            counting = {each for each in imported if not is_execution(_name(each))}
            assert counting <= common, path


def _name(path: Path | None) -> str:
    assert path is not None
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts)


@pytest.mark.parametrize(
    ("module", "stages"),
    [
        ("vision/train.py", {"vision"}),
        ("vision/encode.py", {"latents"}),
        ("memory/train.py", {"memory"}),
        ("collection/behaviour.py", {"rollouts"}),
        ("collection/controller.py", {"controller_rollouts"}),
        ("controller/evolve.py", {"controllers"}),
        ("evaluation/scores.py", {"evaluation", "dream_evaluation"}),
        ("evaluation/transfer.py", {"transfer"}),
        ("evaluation/death_prediction.py", {"death_prediction"}),
        ("evaluation/open_loop.py", {"open_loop"}),
        ("evaluation/random_policy.py", {"random_policy"}),
        ("evaluation/examples.py", {"examples"}),
        ("paper/tables.py", {"tables"}),
        ("seeds.py", {*STAGES, "tables"} - {"examples", "experience", "latents"}),
        ("settings/resolve.py", set()),
        ("errors.py", set()),
        ("provenance/pins.py", set()),
        ("execution/pool.py", set()),
        ("stage/command.py", set()),
    ],
)
def test_who_runs_a_module(module: str, stages: set[str]) -> None:
    """Each of these modules counts for exactly the expected stages."""
    assert f"{PACKAGE}/{module}" in MODULES
    assert {stage for stage in (*STAGES, "tables") if module in files(stage)} == stages


def test_a_stage_runs_no_more_than_it_needs() -> None:
    """V's training has no code of other models, and a kind of task none of other kinds."""
    training = files("vision")
    assert "vision/model.py" in training
    assert not any(name.startswith(("memory/", "controller/", "dream/")) for name in training)
    assert not files("controllers") & {"vision/train.py", "memory/train.py", "memory/trainer.py"}
    recorded = files("rollouts")
    assert {
        "collection/behaviour.py",
        "rollouts/store.py",
        "tasks/take_cover/engine.py",
    } <= recorded
    assert {"seeds.py", "__init__.py", "rollouts/__init__.py"} <= recorded
    assert not any(name.startswith("tasks/car_racing/") for name in recorded)
    assert not any(name.startswith("tasks/take_cover/") for name in files("rollouts", "car_racing"))


def test_only_kinds_of_tasks_are_imported_by_name() -> None:
    """Dynamic imports, which the digests can't follow, occur only for kinds of tasks."""
    dynamic = re.compile(r"\b(import_module|__import__|runpy|spec_from_file_location)\b|\bexec\(")
    found = [name for name in MODULES if dynamic.search((SOURCE / name).read_text("utf-8"))]
    # The other one imports a user's own environment, about which nothing is known.
    kinds, own = f"{PACKAGE}/tasks/__init__.py", f"{PACKAGE}/tasks/gymnasium/registry.py"
    assert found == [kinds, own]


def test_an_unpinned_package_is_named(tmp_path: Path) -> None:
    """A stage can't depend on a package without a pinned version."""
    (tmp_path / "stage.py").write_text("import unheard_of\n")
    with pytest.raises(WorldModelsError, match="unheard_of: imported but not pinned"):
        pins_of([tmp_path / "stage.py"], ROOT)


def test_pins_of_packages_whose_modules_have_other_names(tmp_path: Path) -> None:
    (tmp_path / "stage.py").write_text("import Box2D\nfrom numba import njit\n")
    names = [pin.partition("==")[0] for pin in pins_of([tmp_path / "stage.py"], ROOT)]
    assert set(names) == {"box2d", "box2d-py", "llvmlite", "numba"}


@pytest.mark.parametrize("stage", [each for each in (*STAGES, "tables") if each != "experience"])
@pytest.mark.parametrize("kind", ["car_racing", "take_cover", "gymnasium"])
def test_all_that_a_stage_imports_is_pinned(stage: str, kind: str) -> None:
    assert pins_of(closure(*modules(stage, kind)), ROOT)


def test_relative_imports_are_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative imports such as `from .. import b` are followed to the project's modules."""
    package = tmp_path / "world_models" / "inner"
    package.mkdir(parents=True)
    for path, text in {
        "__init__.py": "",
        "outer.py": "",
        "inner/__init__.py": "",
        "inner/a.py": "from . import b\nfrom .. import outer\nfrom .c import thing\n",
        "inner/b.py": "",
        "inner/c.py": "thing = 1\n",
    }.items():
        (tmp_path / "world_models" / path).write_text(text)
    monkeypatch.setattr("world_models.provenance.imports.SOURCE", tmp_path)
    names = {path.name for path in closure("world_models.inner.a")}
    assert names == {"__init__.py", "a.py", "b.py", "c.py", "outer.py"}


def test_imports_inside_functions_are_followed(tmp_path: Path) -> None:
    (tmp_path / "stage.py").write_text("def run():\n    from a.b import c\n    import d\n")
    assert set(imported_by(tmp_path / "stage.py")) == {"a.b", "a.b.c", "d"}


def test_science_knows_nothing_of_snakemake() -> None:
    """The package never imports Snakemake, so it can be used without the workflow."""
    for name in MODULES:
        assert "snakemake" not in {each.split(".")[0] for each in imported_by(SOURCE / name)}, name


def test_nothing_is_unpickled() -> None:
    """The package makes no call that could run code from a file."""
    forbidden = {"pickle.load", "pickle.loads", "torch.load", "joblib.load", "yaml.load"}
    for name in MODULES:
        text = (SOURCE / name).read_text(encoding="utf-8")
        called = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
        assert not {ast.unparse(node.func) for node in called} & forbidden, name
        assert "allow_pickle=True" not in text
