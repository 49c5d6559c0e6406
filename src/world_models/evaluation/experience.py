"""Count the real steps that V and M learn from, so that tables don't need the rollouts."""

from pathlib import Path

from world_models.errors import WorldModelsError
from world_models.stage.command import make_parser, run
from world_models.stage.log import LOG, start_log
from world_models.storage.curves import curve_csv
from world_models.storage.files import read_json, write_text
from world_models.storage.study_columns import EXPERIENCE

PLAYED = "behaviour"  # the player named for rollouts that no controller recorded


def main(argv: list[str] | None = None) -> None:
    """Write one row per player: the behaviour policy, and each study's controllers."""
    parser = make_parser(__doc__, task=False)
    parser.add_argument("--task", required=True, help="the task, as in config.yaml")
    parser.add_argument("--rollouts", type=Path, nargs="+", required=True, help="manifests")
    parser.add_argument("--output", type=Path, required=True, help="CSV, one row a player")
    args = parser.parse_args(argv)
    start_log(args.log)
    totals: dict[str, list[int]] = {}
    for path in args.rollouts:
        about = read_json(path, "rollouts", args.task)
        try:
            numbers = [int(about[name]) for name in ("played", "episodes", "steps")]
        except KeyError as error:
            raise WorldModelsError(
                f"{path}: the manifest lacks {error}; record the rollouts again"
            ) from error
        except (TypeError, ValueError) as error:
            raise WorldModelsError(
                f"{path}: a count in the manifest is not a number ({error}); record the rollouts "
                "again"
            ) from error
        row = totals.setdefault(str(about.get("origin", PLAYED)), [0, 0, 0])
        row[:] = [a + b for a, b in zip(row, numbers, strict=True)]
    write_text(args.output, curve_csv(EXPERIENCE, [[who, *row] for who, row in totals.items()]))
    LOG.info("%s: %s", args.output, totals)


if __name__ == "__main__":
    run(main)
