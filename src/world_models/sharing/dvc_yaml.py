"""dvc.yaml, generated from config.yaml by `make schema`: what is shared, by task and kind.

It describes stored files, not a second workflow. Only Snakemake knows what depends on what, so the
stages have no dependencies, and `persist` keeps existing files.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from world_models.provenance.roots import scale_root
from world_models.settings import Experiment, resolve, scales_of
from world_models.stage.command import run
from world_models.storage.yaml_file import read_config

OF_TASK = ("rollouts", "latents", "vision", "memory", "controllers", "evaluation")
KINDS = (*OF_TASK, "tables", "studies")


class Shared(NamedTuple):
    """A folder of results: a stage of dvc.yaml, without the scale.

    Attributes:
        name: the stage's name. kind: one of `KINDS`. folder: the path below the scale's folder.
        task: the task that it belongs to; "" if it belongs to all tasks.
        group: the list in published.yaml that names the scales that have it.
    """

    name: str
    kind: str
    folder: str
    task: str
    group: str


HEAD = """\
# Generated from config.yaml by `make schema`: what is versioned and shared, by task and kind.
# It is a store of contents, not a second workflow: Snakemake alone knows what depends on what.
#   make publish SCALE=lab       run, commit to the cache, push
#   make fetch SCALE=lab         pull; KINDS='vision memory' pulls only these
"""
# `dvc repro` would run this; it must not start days of work.
REFUSAL = (
    "echo 'DVC shares results and makes none. To fetch them: make fetch SCALE=NAME; to make them: "
    "make tables SCALE=NAME' >&2; exit 1"
)


def shared(tasks: Mapping[str, Experiment]) -> list[Shared]:
    """Return all that can be shared of a scale, given its tasks."""
    found = []
    for task, each in tasks.items():
        own_tables = (
            [] if task == each.kind else ["tables"]
        )  # the paper's tasks share one folder of tables
        for kind in (*OF_TASK, *own_tables):
            group = "published" if task == each.kind else task
            found.append(Shared(f"{task}-{kind}", kind, f"{task}/{kind}", task, group))
    return [
        *found, Shared("tables", "tables", "paper_tables", "", "published"),
        Shared("studies", "studies", "studies", "", "studies"),
    ]  # fmt: skip


def dvc_yaml(config: Mapping[str, Any]) -> str:
    """Return the content of dvc.yaml.

    Args:
        config: the content of config.yaml.

    Raises:
        WorldModelsError: a setting is wrong.
    """
    tasks = resolve(config, "paper").tasks
    stages: dict[str, Any] = {
        "records": {"cmd": "${refusal}", "outs": [_out(".snakemake/metadata")]}
    }
    for each in shared(tasks):
        outs = [_out(f"${{item}}/{each.folder}")]
        stage = {"cmd": "${refusal}", "outs": outs}
        stages[each.name] = {"foreach": f"${{{each.group}}}", "do": stage}
    scales = ["paper", *scales_of(config)]
    # Not every scale has these; published.yaml adds to the empty lists.
    optional: dict[str, Any] = {
        each.group: {} for each in shared(tasks) if each.group != "published"
    }
    content = {
        "vars": ["published.yaml", {"refusal": REFUSAL, **optional}],
        "stages": stages,
        # DVC skips a scale that isn't there.
        "metrics": [f"{scale_root(scale)}/paper_tables/scores.json" for scale in scales],
        "plots": [
            {f"{scale}, {model}'s loss": _curves(scale, list(tasks), folder)}
            for scale in scales
            for model, folder in (("V", "vision"), ("M", "memory"))
        ],
    }
    return HEAD + yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)


def _out(path: str) -> dict[str, Any]:
    return {path: {"persist": True}}


def _curves(scale: str, tasks: list[str], folder: str) -> dict[str, Any]:
    curves = {f"{scale_root(scale)}/{task}/{folder}/curve.csv": "loss" for task in tasks}
    return {"x": "step", "y": curves}


def main(argv: list[str] | None = None) -> None:
    """Print dvc.yaml."""
    parser = argparse.ArgumentParser(description="print dvc.yaml")
    parser.add_argument("--config", type=Path, default=Path("config.yaml"))
    print(dvc_yaml(read_config(parser.parse_args(argv).config)), end="")


if __name__ == "__main__":
    run(main)
