"""List how long each stage took, from the records of its jobs."""

import argparse
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from math import isnan
from pathlib import Path

from world_models.execution.benchmarks import Record, read
from world_models.paper.markup import as_html, captioned, document
from world_models.paper.tables import Table
from world_models.stage.command import run
from world_models.storage.files import atomic

NONE = "No records found: they are kept in benchmarks/, which DVC does not include."


def runtimes(root: Path) -> Table:
    """Return a table of the jobs with records below a root, one row per kind of job."""
    kinds: dict[str, list[Record]] = defaultdict(list)
    home = root / "benchmarks"
    for path in sorted(home.rglob("*.tsv")):
        if record := read(path):
            kinds[_kind(path.relative_to(home).with_suffix(""))].append(record)
    rows = [(kind, each) for kind, each in kinds.items()]
    rows.sort(key=lambda row: -_seconds(row[1]))
    every = [record for _, each in rows for record in each]
    table = [_row(*row) for row in [*rows, ("all", every)]] if rows else []
    return Table(
        "runtimes",
        "Runtimes",
        "How long the jobs took on the machine that they ran on, alongside whatever else was "
        "running, and the CPU time that they used. A job that was interrupted counts from its last "
        "start. Memory is the most that one job held, MiB. " + ("" if rows else NONE),
        (),
        [],
        ("jobs", "count", "time", "CPU time", "memory"),
        table,
    )


def _row(kind: str, records: Sequence[Record]) -> list[str]:
    cpu = sum(each.cpu_seconds for each in records if not isnan(each.cpu_seconds))
    memory = max((each.memory for each in records if not isnan(each.memory)), default=None)
    shown = "" if memory is None else f"{memory:,.0f}"
    return [kind, str(len(records)), _clock(_seconds(records)), _clock(cpu), shown]


def _seconds(records: Sequence[Record]) -> float:
    return sum(each.seconds for each in records)


def _kind(path: Path) -> str:
    """Return a job's kind: shards of rollouts share one kind, each controller has its own."""
    shard = path.name.rpartition("-")[2].isdecimal()
    return (path.parent if shard else path).as_posix()


def _clock(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))


def main(argv: list[str] | None = None) -> None:
    """Write the table as a page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="e.g. results/lab")
    parser.add_argument("--output", type=Path, required=True, help="the page, HTML")
    args = parser.parse_args(argv)
    table = runtimes(args.root)
    body = captioned(as_html(table), table.name, f"{table.title} of {args.root}", table.caption)
    with atomic(args.output) as temporary:
        temporary.write_text(document(table.title, f"<main>{body}</main>"), encoding="utf-8")


if __name__ == "__main__":
    run(main)
