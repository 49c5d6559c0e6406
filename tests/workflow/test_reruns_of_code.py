"""What a stage runs is found by itself, and a change of it reruns just the stages that run it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.finished import ROOT, TARGET, copy, run
from tests.workflow.planner import Job, Planner
from world_models.errors import WorldModelsError
from world_models.provenance.imports import SOURCE, closure
from world_models.provenance.pins import pins_of

BOTH = ("car_racing", "take_cover")
# The rules: the stage that each runs, its tasks, and the rules that use what it makes.
RULES: dict[str, tuple[str, tuple[str, ...], set[str]]] = {
    "collect_rollouts": (
        "collection.behaviour",
        BOTH,
        {"train_vision", "encode_rollouts", "pick_examples"},
    ),
    "train_vision": ("vision.train", BOTH, {"encode_rollouts"}),
    "encode_rollouts": ("vision.encode", BOTH, {"train_memory"}),
    "train_memory": (
        "memory.train",
        BOTH,
        {"evolve_in_reality", "evolve_in_dream", "measure_foresight", "play_blind"},
    ),
    "evolve_in_reality": (
        "controller.evolve",
        ("car_racing",),
        {"evaluate_controller", "measure_transfer"},
    ),
    "evolve_in_dream": (
        "controller.evolve",
        ("take_cover",),
        {"evaluate_controller", "evaluate_in_dream", "measure_transfer", "measure_foresight"},
    ),
    "evaluate_controller": ("evaluation.scores", BOTH, {"paper_tables"}),
    "evaluate_in_dream": ("evaluation.scores", ("take_cover",), {"paper_tables"}),
    "measure_transfer": ("evaluation.transfer", BOTH, {"paper_tables"}),
    "measure_foresight": ("evaluation.death_prediction", ("take_cover",), {"paper_tables"}),
    "play_blind": ("evaluation.open_loop", ("take_cover",), {"paper_tables"}),
    "evaluate_random_policy": ("evaluation.random_policy", BOTH, {"paper_tables"}),
    "pick_examples": ("evaluation.examples", BOTH, {"paper_tables"}),
    "paper_tables": ("paper.make", ("",), set()),
}
NO_TASK_CODE = {"pick_examples", "paper_tables"}
MODULES = sorted(path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py"))

Work = set[tuple[str, str]]  # rules, each with a task


def modules_of(rule: str, task: str) -> list[str]:
    """The modules that a rule starts from."""
    names = [RULES[rule][0], *([] if rule in NO_TASK_CODE else [f"tasks.{task}"])]
    return [f"world_models.{name}" for name in names]


def files(rule: str, task: str) -> set[str]:
    """The files that a rule runs, as the workflow declares them."""
    names = modules_of(rule, task)
    return {path.relative_to(SOURCE).as_posix() for path in closure(*names)}


def runs(module: str) -> Work:
    """The rules that run a file, and for which task."""
    every = {(rule, task) for rule, (_, tasks, _) in RULES.items() for task in tasks}
    return {(rule, task) for rule, task in every if module in files(rule, task)}


def with_what_follows(work: Work) -> Work:
    """This work and all that uses what it makes."""
    users = {
        (user, task if task in RULES[user][1] else "")
        for rule, task in work
        for user in RULES[rule][2]
        if task in RULES[user][1] or user == "paper_tables"
    }
    return work if users <= work else with_what_follows(work | users)


def task_of(job: Job) -> str:
    """A job's task; some rules have only one."""
    tasks = RULES[job.rule][1]
    return job.wildcards["task"] if len(tasks) > 1 else tasks[0]


@pytest.fixture(scope="module")
def planner(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planner]:
    made = Planner(copy(finished, tmp_path_factory.mktemp("code") / "tree"))
    yield made
    made.close()


# Of modules that the same rules run, the first: what Snakemake is told of them is all the same.
DIFFERENT = list({frozenset(runs(module)): module for module in reversed(MODULES)}.values())


@pytest.mark.parametrize("module", DIFFERENT)
def test_a_line_in_a_module(planner: Planner, module: str) -> None:
    """A change of a module, and be it a comment: the rules that run it rerun, and what follows."""
    path = planner.tree / "src" / module
    old = path.read_text()
    path.write_text(old + "# a comment\n")
    try:
        jobs = planner.plan("--cores", "2", TARGET).jobs
    finally:
        path.write_text(old)
    assert {(job.rule, task_of(job)) for job in jobs} == with_what_follows(runs(module))


@pytest.mark.parametrize(
    ("module", "rules"),
    [
        ("vision/train.py", {"train_vision"}),
        ("vision/encode.py", {"encode_rollouts"}),
        ("memory/train.py", {"train_memory"}),
        ("rollouts/collect.py", {"collect_rollouts"}),
        ("controller/evolve.py", {"evolve_in_reality", "evolve_in_dream"}),
        ("evaluation/scores.py", {"evaluate_controller", "evaluate_in_dream"}),
        ("evaluation/transfer.py", {"measure_transfer"}),
        ("evaluation/foresight.py", {"measure_foresight"}),
        ("evaluation/blind.py", {"play_blind"}),
        ("evaluation/random_scores.py", {"evaluate_random_policy"}),
        ("evaluation/examples.py", {"pick_examples"}),
        ("paper/tables.py", {"paper_tables"}),
        ("errors.py", set(RULES)),
        ("settings.py", set()),
        ("pins.py", set()),
    ],
)
def test_who_runs_a_module(module: str, rules: set[str]) -> None:
    """Some of it by hand."""
    assert {rule for rule, _ in runs(f"world_models/{module}")} == rules


LOADED = """
import importlib, json, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
print(json.dumps([name for name in sys.modules if name.split(".")[0] == "world_models"]))
"""


@pytest.mark.parametrize("stage.command", sorted({stage for stage, _, _ in RULES.values()}))
def test_python_loads_nothing_more(stage: str) -> None:
    """What Python itself says it has loaded, all of it is declared."""
    rule = next(rule for rule in RULES if RULES[rule][0] == stage)
    names = modules_of(rule, "take_cover")
    loaded = json.loads(run("python", "-c", LOADED, *names, cwd=ROOT).stdout)
    assert set(names) <= set(loaded)
    declared = {
        path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        for path in files(rule, "take_cover")
    }
    assert set(loaded) - declared == set()


def test_only_tasks_are_imported_by_name() -> None:
    """Imports that can't be read off the source would escape; there is one, and rules know it."""
    dynamic = re.compile(r"import_module|__import__|runpy|exec\(")
    found = [name for name in MODULES if dynamic.search((SOURCE / name).read_text())]
    assert found == ["world_models/tasks/__init__.py"]


def test_an_unpinned_package_is_named(tmp_path: Path) -> None:
    """A stage can't depend on a package whose version nobody fixed."""
    (tmp_path / "stage.py").write_text("import unheard_of\n")
    with pytest.raises(WorldModelsError, match="unheard_of: imported but not pinned"):
        pins_of([tmp_path / "stage.py"], ROOT)


def test_relative_imports_are_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`from . import a` and `from .. import b` name modules of the project too."""
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
