"""Missing results whose descendants still exist.

Snakemake doesn't look for them: if the final results are up to date, nothing needs the rest.
"""

import argparse
from pathlib import Path

from world_models.provenance.plan import Plan
from world_models.provenance.shown import files
from world_models.stage.command import run
from world_models.storage.yaml_file import read_config


def missing(plan: Plan, root: str, task: str) -> list[str]:
    """Return what a root should have but lacks: one file or store per incomplete result.

    Args:
        plan: all results of the configuration.
        root: the folder of a scale or study.
        task: one of its tasks.
    """
    lost = (
        [path for path in each.outputs if not Path(path).exists()]
        for each in plan.results(root, task)
        if each.root == root
    )
    return [paths[0] for paths in lost if paths]


def lost_behind(plan: Plan, target: str) -> list[str]:
    """Return missing results behind finished tables, e.g. M although its scores exist.

    Snakemake makes them if they are requested by name, but not for the tables alone.

    Args:
        plan: all results of the configuration.
        target: a requested path; for anything but finished tables nothing is returned.
    """
    root = plan.root_of(target)
    folder, _, name = target.removeprefix(f"{root}/").rpartition("/")
    if not root or name not in ("paper_tables", "tables") or not Path(target).is_dir():
        return []
    tasks = [folder] if folder in plan.settings[root].tasks else plan.tasks(root)
    shown = [path for task in tasks for path in files(plan, root, task)]
    return [path for path in shown if not Path(path).exists()]


def main(argv: list[str] | None = None) -> None:
    """Print results missing behind tables, for the command line that makes the tables."""
    parser = argparse.ArgumentParser(description="print results that finished tables have lost")
    parser.add_argument("tables", help="e.g. results/lab/paper_tables")
    args = parser.parse_args(argv)
    print(*lost_behind(Plan(read_config(Path("config.yaml"))), args.tables))


if __name__ == "__main__":
    run(main)
