"""Pick a few held-out episodes for the figures, so that tables don't need all the rollouts."""

from pathlib import Path

import numpy as np

from world_models.rollouts.store import EPISODE_ARRAYS, Shard, write_store
from world_models.stage.command import make_parser, run
from world_models.stage.log import LOG, start_log

EXAMPLES = 8


def longest(lengths: np.ndarray, count: int) -> list[int]:
    """Return the numbers of the longest episodes, ascending; among equals, the first ones."""
    return sorted(np.argsort(-lengths, kind="stable")[:count].tolist())


def main(argv: list[str] | None = None) -> None:
    """Write a small store of rollouts, with its manifest."""
    parser = make_parser(__doc__, task=False)
    parser.add_argument("--task", required=True, help="the task, as in config.yaml")
    parser.add_argument(
        "--held-out", type=Path, required=True, help="manifest of held-out rollouts"
    )
    parser.add_argument(
        "--manifest", type=Path, required=True, help="NAME.json; NAME.zarr beside it"
    )
    args = parser.parse_args(argv)
    start_log(args.log)
    shard = Shard(args.held_out, "rollouts", args.task)
    numbers = longest(shard.lengths, EXAMPLES)
    parts = []
    for number in numbers:
        steps = shard.episode(number)
        part = {name: np.asarray(rows[steps]) for name, rows in shard.rows.items()}
        part |= {"actions": shard.actions[steps], "rewards": shard.rewards[steps]}
        part |= {name: getattr(shard, name)[number : number + 1] for name in EPISODE_ARRAYS}
        parts.append(part)
    steps_in_all = int(shard.lengths[numbers].sum())
    write_store(
        args.manifest, "rollouts", args.task, parts,
        episodes=len(numbers), steps=steps_in_all, picked_from=shard.about["sha256"],
    )  # fmt: skip
    LOG.info("%s: %d episodes, %d frames", args.manifest, len(numbers), steps_in_all)


if __name__ == "__main__":
    run(main)
