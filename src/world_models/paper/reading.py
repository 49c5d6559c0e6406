"""Read files of results, and refuse damaged ones."""

import csv
import math
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from world_models.errors import WorldModelsError
from world_models.evaluation.rows import verify
from world_models.storage.columns import EPISODE_NUMBERS, FITNESS
from world_models.storage.files import read_json

Columns = dict[str, NDArray[np.float64]]
Metrics = dict[str, float | None]


def read_columns(path: Path, columns: Sequence[str], blank: Collection[str] = ()) -> Columns:
    """Return numeric columns of a CSV file, each of shape (rows,), by name.

    Args:
        path: the file. Its first line names its columns; there may be more than those wanted.
        columns: those wanted.
        blank: those that may have empty fields, which become NaN.

    Raises:
        WorldModelsError: the file is missing, empty or truncated, lacks a column, or has a value
            that is not a finite number.
    """
    rows = _rows(path, columns)
    found: Columns = {}
    for name in columns:
        values = [
            math.nan if name in blank and not row[name] else _number(row[name], path, line, name)
            for line, row in enumerate(rows, start=2)
        ]
        found[name] = np.array(values, dtype=np.float64)
    return found


def read_metrics(path: Path, kind: str, task: str) -> Metrics:
    """Return held-out measurements by name; None where there was nothing to measure.

    Raises:
        WorldModelsError: missing, damaged, of another task, or a value is not finite.
    """
    content = read_json(path, kind, task)
    found = {k: v for k, v in content.items() if v is None or isinstance(v, int | float)}
    for name, value in found.items():
        if value is not None and not math.isfinite(value):
            raise WorldModelsError(f"{path}: {name} is {value}; delete it and run its stage again")
    return found


def _rows(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise WorldModelsError(f"{path}: missing; run the stage that makes it") from error
    except (OSError, ValueError) as error:
        raise WorldModelsError(f"{path}: not readable ({error}); make it anew") from error
    if not text.strip():
        raise WorldModelsError(f"{path}: empty; delete it and run its stage again")
    if not text.endswith("\n"):
        raise WorldModelsError(
            f"{path}: truncated in line {text.count(chr(10)) + 1}; "
            "delete it and run its stage again"
        )
    header, *lines = csv.reader(text.splitlines())
    lacking = [name for name in columns if name not in header]
    if lacking:
        raise WorldModelsError(f"{path}: no column {', '.join(lacking)}; run its stage again")
    if not lines:
        raise WorldModelsError(f"{path}: no rows; delete it and run its stage again")
    for number, line in enumerate(lines, start=2):
        if len(line) != len(header):
            raise WorldModelsError(
                f"{path}: line {number} has {len(line)} fields, not {len(header)}; "
                "delete it and run its stage again"
            )
    return [dict(zip(header, line, strict=True)) for line in lines]


def _number(text: str, path: Path, line: int, column: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise WorldModelsError(
            f"{path}: {column} in line {line} is {text!r}, not a finite number; "
            "find out why before running its stage again"
        )
    return value


def read_scores(path: Path) -> Columns:
    """Return the evaluation in `path`: `seed` and `score`, each of shape (episodes,).

    Raises:
        WorldModelsError: as `read_columns`; or a row was altered, an episode is missing, or there
            are fewer than two.
    """
    found = read_columns(path, EPISODE_NUMBERS)
    verify(path, path.read_text(encoding="utf-8"))
    episodes = found["episode"]
    if not np.array_equal(episodes, np.arange(len(episodes))):
        raise WorldModelsError(
            f"{path}: episodes are not numbered 0, 1, 2 …; delete it and run its stage again"
        )
    if len(episodes) < 2:
        raise WorldModelsError(f"{path}: one episode only; raise evaluation.episodes to 2 or more")
    return {"seed": found["seed"], "score": found["score"]}


def read_fitness(path: Path) -> Columns:
    """Return an evolution's curve, the columns `FITNESS`; a missing validation is NaN."""
    return read_columns(path, FITNESS, blank=("validation",))


def read_parameters(path: Path, kind: str, task: str) -> int:
    """Return the number of parameters that a checkpoint's JSON states.

    Raises:
        WorldModelsError: as `read_json`, or the file has no such number.
    """
    count = read_json(path, kind, task).get("parameters")
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise WorldModelsError(f"{path}: no number of parameters in it; run its stage again")
    return count
