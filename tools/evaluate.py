"""Measure published controllers again, in the reference environments. `make evaluate` calls this.

    python tools/evaluate.py results/lab                    the published episodes
    python tools/evaluate.py results/lab --seed 2           fresh ones
    python tools/evaluate.py results/lab --task car_racing --controller z z_h --episodes 20
    python tools/evaluate.py results/lab/studies/racing_longer

It runs the stage that made the published scores, with the settings of that scale or study, and
writes to results/again. With a handful of episodes any interval is too narrow: play twenty or more.
The exit status is 0 if all controllers agree, 1 if one doesn't, 2 if the comparison failed.
"""

import argparse
import os
import sys
from pathlib import Path

from world_models.evaluation.statistics import Summary
from world_models.inspection.agreement import Agreement, compare
from world_models.inspection.published import (
    PublishedController,
    beside,
    find,
    label,
    run_stage,
    settings_of,
)
from world_models.paper.reading import read_scores
from world_models.settings import Settings
from world_models.stage.command import run
from world_models.storage.yaml_file import read_config

ROW = "{:<10}  {:<10}  {:>8}  {:<35}  {:<17}  {}"
HEADS = ("task", "controller", "episodes", "published mean ± std [95 % CI]", "again", "verdict")
RULES = {
    True: "The published episodes again: the mean has to lie in the published 95 % interval.",
    False: "Episodes other than the published ones: the interval of the means' difference "
    "(Welch's, 95 % for all rows together) must contain 0.",
}


def options_for(
    each: PublishedController, settings: Settings, args: argparse.Namespace
) -> list[str]:
    """Return the stage's options, except the models and the output."""
    section, runtime = settings.tasks[each.task], settings.runtime
    evaluation = section.evaluation
    if args.episodes is not None:
        evaluation = evaluation.model_copy(update={"episodes": args.episodes})
    units = -(-evaluation.episodes // evaluation.slots)
    workers = args.workers or min(runtime.evaluation_workers, os.cpu_count() or 1)
    return [
        "--task", each.task,
        "--seed", str(settings.seed if args.seed is None else args.seed),
        "--environment", section.environment.model_dump_json(),
        "--settings", evaluation.model_dump_json(),
        "--workers", str(max(1, min(workers, units))),
        "--hung-after", str(runtime.hung_after_seconds), "--attempts", str(runtime.attempts),
    ]  # fmt: skip


def row(each: PublishedController, found: Agreement) -> str:
    """Return one line of the table."""
    before = f"{text_of(found.before)} [{found.before.ci_low:.1f}, {found.before.ci_high:.1f}]"
    again = text_of(found.again)
    return ROW.format(each.task, each.name, found.again.episodes, before, again, verdict(found))


def text_of(scores: Summary) -> str:
    """Return mean ± standard deviation."""
    return f"{scores.mean:.1f} ± {scores.std:.1f}"


def verdict(found: Agreement) -> str:
    """Return in words whether the scores agree."""
    if found.identical:
        return "the same, score for score"
    bounds = f"{found.low:.1f} to {found.high:.1f}"
    return f"agrees, within {bounds}" if found.agrees else f"DIFFERS, not within {bounds}"


def main(argv: list[str] | None = None) -> None:
    """Measure, print a row for each controller as it is done, and say whether all agree."""
    parser = argparse.ArgumentParser(description="measure published controllers again")
    parser.add_argument("root", type=Path, help="a scale's or study's results, e.g. results/lab")
    parser.add_argument("--seed", type=int, help="another run's seed, for fresh episodes")
    parser.add_argument("--episodes", type=int, help="how many (default: as published)")
    parser.add_argument("--task", help="only this task's controllers")
    parser.add_argument("--controller", nargs="+", default=[], metavar="NAME", help="only these")
    parser.add_argument("--workers", type=int, help="processes; no score depends on it")
    args = parser.parse_args(argv)
    chosen = find(args.root, args.task, args.controller)
    settings = settings_of(args.root, read_config(Path("config.yaml")))
    folder = beside(args.root, "again") / label(args.root)
    print(f"{len(chosen)} controllers; rows and logs of their episodes go to {folder}")
    print(ROW.format(*HEADS), flush=True)
    results = []
    for each in chosen:
        output = folder / each.task / f"{each.name}.csv"
        before = read_scores(each.scores)
        files = ["--output", str(output), "--log", str(output.with_suffix(".log"))]
        run_stage("evaluation.scores", [*options_for(each, settings, args), *each.models, *files])
        again = read_scores(output)
        found = compare(before["seed"], before["score"], again["seed"], again["score"], len(chosen))
        results.append((each, found))
        print(row(each, found), flush=True)
    for same in sorted({found.same_episodes for _, found in results}):
        print(RULES[same])
    if bad := [f"{each.task} {each.name}" for each, found in results if not found.agrees]:
        sys.exit(f"error: {len(bad)} of {len(chosen)} do not agree: {', '.join(bad)}")


if __name__ == "__main__":
    run(main)
