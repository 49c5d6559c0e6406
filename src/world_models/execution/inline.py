"""An executor without other processes: this process is the only worker."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from world_models.errors import WorldModelsError
from world_models.execution.heartbeat import Watchdog
from world_models.execution.retry import RetryPolicy
from world_models.execution.worker import Reply, call_safely
from world_models.stage.log import LOG


class InlineExecutor(Executor):
    """Makes each call at once, in this process.

    After an exception the process is set up anew and the call is made again. A hang or a kill ends
    the stage; the same command then continues it.

    Args:
        set_up: called with `argument` at the start and after each failure.
        tear_down: undoes `set_up`.
        retry_policy: when the process counts as hung, and how often work is tried.
    """

    def __init__(
        self,
        set_up: Callable[[Any], None],
        argument: Any,
        tear_down: Callable[[], None],
        retry_policy: RetryPolicy,
    ) -> None:
        self.set_up, self.argument, self.tear_down = set_up, argument, tear_down
        self.retry_policy = retry_policy
        self.watchdog = Watchdog("this stage's only worker", retry_policy.hung_after)
        set_up(argument)
        self.submitted = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Call `fn` now and return its finished future."""
        future: Future[Any] = Future()
        self.submitted += 1
        most = self.retry_policy.attempts
        for failures in range(1, most + 1):
            reply, content = call_safely(lambda: fn(*args, **kwargs))
            if reply is Reply.RESULT:
                future.set_result(content)
                return future
            if reply is Reply.USER_ERROR:
                break
            LOG.warning(
                f"the worker {content} in unit {self.submitted} (failure {failures} of {most} of "
                "this unit); set up again; the unit is repeated with the same seeds"
            )
            content = WorldModelsError(
                f"unit {self.submitted}: failed {failures} times, the last time it {content}; fix "
                "that and run the same command again"
            )
            self.tear_down()
            self.set_up(self.argument)
        future.set_exception(content)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Undo the set-up."""
        self.watchdog.close()
        self.tear_down()
