"""Film a published controller. `make watch` calls this.

    python tools/watch.py results/lab --task car_racing --controller z_h
    python tools/watch.py results/lab --task take_cover --controller tau_1.15 --dream --episode 3

It replays an episode of the published evaluation with `world_models.inspection.watch` and that
scale's settings, and writes results/films/SCALE-TASK-CONTROLLER.gif.
"""

import argparse
from pathlib import Path

from world_models.errors import WorldModelsError
from world_models.inspection.published import beside, find, label, run_stage, settings_of
from world_models.paper.reading import read_columns, read_scores
from world_models.stage.command import run
from world_models.storage.yaml_file import read_config


def main(argv: list[str] | None = None) -> None:
    """Find the episode's seed and the episodes that were played beside it; film it."""
    parser = argparse.ArgumentParser(description="film a published controller")
    parser.add_argument("root", type=Path, help="a scale's or study's results, e.g. results/lab")
    parser.add_argument("--task", help="default: the first that has scores")
    parser.add_argument("--controller", metavar="NAME", help="default: the task's best")
    parser.add_argument("--episode", type=int, default=0, help="its number in the evaluation")
    parser.add_argument("--dream", action="store_true", help="in the dream it was evolved in")
    parser.add_argument("--every", type=int, default=4, help="steps from picture to picture (4)")
    args = parser.parse_args(argv)
    task = args.task or find(args.root)[0].task
    chosen = find(args.root, task, [args.controller] if args.controller else [])
    best = max(chosen, key=lambda each: read_scores(each.scores)["score"].mean())
    scores = best.scores.with_suffix(".dream.csv") if args.dream else best.scores
    if not scores.is_file():
        raise WorldModelsError(
            f"{scores}: missing; only a controller evolved in the dream can play there"
        )
    rows = read_columns(scores, ("seed", "steps", "score"))
    count = len(rows["seed"])
    if not 0 <= args.episode < count:
        raise WorldModelsError(f"--episode {args.episode}: {scores} has 0 to {count - 1}")
    section = settings_of(args.root, read_config(Path("config.yaml"))).tasks[best.task]
    slots = (section.dream_evaluation if args.dream else section.evaluation).slots
    first = args.episode - args.episode % slots
    unit = [str(int(steps)) for steps in rows["steps"][first : first + slots]]
    seed = int(rows["seed"][args.episode])
    del unit[args.episode - first]
    parts = [*label(args.root).parts, best.task, best.name, *(["dream"] if args.dream else [])]
    parts += [f"episode{args.episode}"] if args.episode else []
    run_stage("inspection.watch", [
        "--task", best.task, "--environment", section.environment.model_dump_json(), *best.models,
        "--episode-seed", str(seed), "--slots", str(slots), "--beside", *unit,
        "--every", str(args.every), *(["--dream"] if args.dream else []),
        "--output", str(beside(args.root, "films") / f"{'-'.join(parts)}.gif"),
    ])  # fmt: skip
    score, steps = rows["score"][args.episode], int(rows["steps"][args.episode])
    print(f"{scores}: score {score:.2f}, {steps} steps")


if __name__ == "__main__":
    run(main)
