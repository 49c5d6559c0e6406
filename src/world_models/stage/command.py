"""What all stages share on the command line: options, one-line errors.

A stage is a module run as `python -m world_models.<folder>.<module>`. It takes its own section of
config.yaml as JSON and nothing else from the configuration.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from tqdm.contrib.logging import logging_redirect_tqdm

from world_models.errors import WorldModelsError
from world_models.execution.processes import end_on_signals
from world_models.stage.advice import with_command
from world_models.stage.log import LOG, has_file
from world_models.stage.surroundings import prepare


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
        parser.add_argument("--task", required=True, help="the task, as in config.yaml")
        parser.add_argument("--seed", type=int, default=1, help="the run's seed (default 1)")
    return parser


def add_save_every(parser: argparse.ArgumentParser) -> None:
    """Add the option that says how often a training saves its progress."""
    parser.add_argument(
        "--save-every", type=float, default=60.0,
        help="seconds between two snapshots: an interruption loses no more (default %(default)g)",
    )  # fmt: skip


def run(main: Callable[[list[str] | None], None], argv: list[str] | None = None) -> None:
    """Run a stage's `main`; print an error the user can fix as one line, exit with status 2."""
    prepare()
    end_on_signals()
    try:
        with logging_redirect_tqdm():
            main(argv)
    except WorldModelsError as error:
        _report(with_command(str(error)))
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(1)
    except KeyboardInterrupt:
        _report("interrupted; the same command continues from here")
        sys.exit(130)
    except OSError as error:
        where = error.filename or "the system"
        fault = f"{where}: {error.strerror or error}; fix that and run the same command again"
        _report(fault, trace=True)
        sys.exit(2)
    except Exception:
        LOG.exception("the stage failed")
        raise


def _report(fault: str, trace: bool = False) -> None:
    """Print one line; write it to the log file too, with the traceback if `trace`."""
    if has_file():
        LOG.error("error: %s", fault, exc_info=trace)
    print(f"error: {fault}", file=sys.stderr)
