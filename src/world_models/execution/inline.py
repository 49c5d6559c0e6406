"""One worker that is this process itself: an Executor without processes."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from world_models.errors import WorldModelsError
from world_models.execution.heartbeat import Watchdog
from world_models.execution.pool import RetryPolicy
from world_models.execution.progress import LOG
from world_models.execution.worker import Answer, attempt


class InlineExecutor(Executor):
    """Makes each call at once, in this process.

    What raises is set up anew and called again. A hang or a kill ends the stage, which then goes on
    where it was.

    Args:
        set_up: called with `argument` first, and after each failure.
        tear_down: undoes it.
        patience: see there.
    """

    def __init__(
        self,
        set_up: Callable[[Any], None],
        argument: Any,
        tear_down: Callable[[], None],
        patience: RetryPolicy,
    ) -> None:
        self.set_up, self.argument, self.tear_down = set_up, argument, tear_down
        self.patience = patience
        self.watchdog = Watchdog("this stage's only worker", patience.hung_after)
        set_up(argument)
        self.number = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Call `fn` now and return its finished future."""
        future: Future[Any] = Future()
        self.number += 1
        most = self.patience.attempts
        for failures in range(1, most + 1):
            answer, content = attempt(lambda: fn(*args, **kwargs))
            if answer is Answer.DONE:
                future.set_result(content)
                return future
            if answer is Answer.MISTAKE:
                break
            LOG.warning(
                f"the worker {content} in unit {self.number} (failure {failures} of {most} of this "
                "unit); set up anew, the unit is done again with the same seeds"
            )
            content = WorldModelsError(
                f"unit {self.number}: failed {failures} times, the last time it {content}; mend "
                "that and give the same command again"
            )
            self.tear_down()
            self.set_up(self.argument)
        future.set_exception(content)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Undo the setting up."""
        self.watchdog.close()
        self.tear_down()
