"""What a scale or study has to show: its tables, and films of its tasks."""

import argparse
from pathlib import Path

from world_models.errors import WorldModelsError
from world_models.provenance.plan import Plan
from world_models.stage.command import run
from world_models.storage.yaml_file import read_config


def tables(root: str, tasks: list[str]) -> list[str]:
    """Return the folders of tables that a root may have: its own, and those of single tasks."""
    return [f"{root}/paper_tables", f"{root}/tables", *(f"{root}/{task}/tables" for task in tasks)]


def films(plan: Plan, root: str) -> list[str]:
    """Return the targets that film a root.

    They cover the tasks that its tables show, and other tasks that have tables of their own.
    """
    shown = plan.tasks(root)
    every = plan.settings[root].tasks
    tasks = [task for task in every if task in shown or Path(f"{root}/{task}/tables").is_dir()]
    return [f"{root}/{task}/films/all" for task in tasks]


def finished(plan: Plan, root: str) -> list[str]:
    """Return the tables and films of a root that exist.

    Raises:
        WorldModelsError: no tables exist.
    """
    every = list(plan.settings[root].tasks)
    found = [path for path in tables(root, every) if Path(path).is_dir()]
    if not found:
        scale = root.removeprefix("results").removeprefix("/") or "paper"
        raise WorldModelsError(
            f"{root}: no tables to report; make them (make tables SCALE={scale}) or fetch them "
            f"(make fetch SCALE={scale})"
        )
    return [*found, *(path for task in every if Path(path := f"{root}/{task}/films/all").is_file())]


def main(argv: list[str] | None = None) -> None:
    """Print the targets, for the command lines that film and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("films", "finished"))
    parser.add_argument("root", help="e.g. results/lab")
    args = parser.parse_args(argv)
    plan = Plan(read_config(Path("config.yaml")))
    if args.root not in plan.settings:
        known = ", ".join(plan.settings)
        raise WorldModelsError(f"{args.root}: no such scale or study; there are {known}")
    print(*(films if args.what == "films" else finished)(plan, args.root))


if __name__ == "__main__":
    run(main)
