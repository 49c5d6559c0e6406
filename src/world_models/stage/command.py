"""What all stages share on the command line: options, settings, one-line errors.

A stage is a module run as `python -m world_models.<folder>.<module>`. It takes its own section of
config.yaml as JSON and nothing else from the configuration.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from tqdm.contrib.logging import logging_redirect_tqdm

from world_models.errors import WorldModelsError
from world_models.execution.processes import end_on_signals
from world_models.stage.log import LOG, has_file
from world_models.stage.surroundings import prepare

S = TypeVar("S", bound=BaseModel)


def make_parser(doc: str | None, *, task: bool = True) -> argparse.ArgumentParser:
    """Return an argument parser with the options that every stage takes.

    Args:
        doc: the stage's docstring, whose first line describes it; None under `python -OO`.
        task: whether the stage belongs to one task.
    """
    # Under `python -OO` there are no docstrings; the options still describe themselves.
    summary, _, _ = (doc or "").strip().partition("\n")
    parser = argparse.ArgumentParser(description=summary or "One stage of World Models.")
    parser.add_argument("--log", type=Path, help="file for log lines; without it they go to stderr")
    if task:
        parser.add_argument("--task", required=True, help="car_racing or take_cover")
        parser.add_argument("--seed", type=int, default=1, help="the run's seed (default 1)")
    return parser


def parse_settings(kind: type[S], text: str, key: str) -> S:
    """Parse one section of the configuration; `key` names it in the error.

    Raises:
        WorldModelsError: not JSON, an unknown key, a wrong type or a value out of range.
    """
    try:
        return kind.model_validate(json.loads(text))
    except json.JSONDecodeError as error:
        raise WorldModelsError(f"{key}: not valid JSON ({error}); pass a JSON object") from error
    except ValidationError as error:
        raise WorldModelsError(describe(error, key)) from error


def describe(error: ValidationError, key: str) -> str:
    """Say in one line which settings are wrong, how, and what to do."""
    faults = []
    for fault in error.errors():
        name = ".".join([key, *(str(part) for part in fault["loc"])]).strip(".")
        if fault["type"] == "extra_forbidden":
            faults.append(f"{name}: unknown setting; remove it or correct its name")
        else:
            faults.append(f"{name}: {fault['msg']} (found {fault['input']!r})")
    return "; ".join(faults)


def run(main: Callable[[list[str] | None], None], argv: list[str] | None = None) -> None:
    """Run a stage's `main`; print what the user can fix as one line and exit with status 2."""
    prepare()
    end_on_signals()
    try:
        with logging_redirect_tqdm():
            main(argv)
    except WorldModelsError as error:
        _report(str(error))
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(1)
    except KeyboardInterrupt:
        _report("interrupted; the same command continues from here")
        sys.exit(130)
    except OSError as error:
        where = error.filename or "the system"
        fault = f"{where}: {error.strerror or error}; fix that and give the same command again"
        _report(fault, trace=True)
        sys.exit(2)
    except Exception:
        LOG.exception("the stage failed")
        raise


def _report(fault: str, trace: bool = False) -> None:
    """Print one line; the log's file gets it too, with the traceback if `trace`."""
    if has_file():
        LOG.error("error: %s", fault, exc_info=trace)
    print(f"error: {fault}", file=sys.stderr)
