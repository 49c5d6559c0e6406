"""What all stages share on the command line: settings, log, one-line errors.

A stage is a module run as `python -m world_models.<folder>.<module>`. It takes its own section of
config.yaml as JSON and nothing else from the configuration.
"""

import argparse
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

from tqdm.contrib.logging import logging_redirect_tqdm

from world_models.errors import WorldModelsError
from world_models.execution.heartbeat import HUNG_AFTER
from world_models.execution.processes import end_on_signals


def make_parser(doc: str | None, *, task: bool = True) -> argparse.ArgumentParser:
    """Return an argument parser with the options that every stage takes."""
    parser = argparse.ArgumentParser(description=(doc or "").strip().splitlines()[0])
    parser.add_argument("--log", type=Path, help="file for log lines; without it they go to stderr")
    if task:
        parser.add_argument("--task", required=True, help="the task, as in config.yaml")
        parser.add_argument("--seed", type=int, default=1, help="the run's seed (default 1)")
    return parser


def add_hung_after(parser: argparse.ArgumentParser) -> None:
    """Add the option that says how long to wait for a step. No result depends on it."""
    parser.add_argument(
        "--hung-after", type=float, default=HUNG_AFTER,
        help="seconds without a step after which all is taken to hang (default %(default)g)",
    )  # fmt: skip


def add_save_every(parser: argparse.ArgumentParser) -> None:
    """Add the option that says how often a training saves its progress."""
    parser.add_argument(
        "--save-every", type=float, default=60.0,
        help="seconds between two snapshots: an interruption loses no more (default %(default)g)",
    )  # fmt: skip


def run(main: Callable[[list[str] | None], None], argv: list[str] | None = None) -> None:
    """Run a stage's `main`; print what the user can mend as one line and exit with status 2."""
    end_on_signals()
    try:
        with logging_redirect_tqdm():
            main(argv)
    except WorldModelsError as error:
        _say(str(error))
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(1)
    except KeyboardInterrupt:
        _say("interrupted; the same command goes on from here")
        sys.exit(130)
    except OSError as error:
        where = error.filename or "the system"
        _say(f"{where}: {error.strerror or error}; mend that and give the same command again", True)
        sys.exit(2)
    except Exception:
        logging.getLogger("world_models").exception("the stage failed")
        raise


def _say(fault: str, trace: bool = False) -> None:
    """Print one line; the log file gets it too, with the traceback where it may be needed."""
    log = logging.getLogger("world_models")
    if any(isinstance(handler, logging.FileHandler) for handler in log.handlers):
        log.error("error: %s", fault, exc_info=trace)
    print(f"error: {fault}", file=sys.stderr)


def start_log(path: Path | None) -> None:
    """Send log lines to `path`, or to stderr; keep the libraries headless and quiet."""
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    logging.raiseExceptions = False  # a full disk must not bury the one line that says so
    log = logging.getLogger("world_models")
    log.setLevel(logging.INFO)
    log.propagate = False
    log.handlers.clear()
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = logging.FileHandler(path, mode="a", encoding="utf-8")
    else:
        handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    log.addHandler(handler)
