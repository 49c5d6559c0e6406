"""One task of a test job: the client submits some calls and prints their results."""

import json
import sys
from pathlib import Path

from tests.cluster import calls
from tests.cluster.calls import CALLS
from world_models.execution.retry import RetryPolicy
from world_models.stage.command import run
from world_models.stage.log import start_log


def main(argv: list[str] | None = None) -> None:
    """Run one task of the job."""
    from world_models.execution.cluster import start_cluster  # slow; the pools import this module

    what, meeting, marks, hung_after = argv or sys.argv[1:]
    start_log(None)
    retry_policy = RetryPolicy(hung_after=float(hung_after), attempts=2)
    with start_cluster(Path(meeting), None, 1, calls.ready, "call", retry_policy) as executor:
        futures = [executor.submit(getattr(calls, what), each, marks) for each in range(CALLS)]
        print(json.dumps([future.result() for future in futures]))


if __name__ == "__main__":
    run(main)
