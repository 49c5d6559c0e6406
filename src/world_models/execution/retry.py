"""When a worker counts as failed, and how often its work is tried again."""

from dataclasses import dataclass

from world_models.execution.heartbeat import HUNG_AFTER


@dataclass(frozen=True)
class RetryPolicy:
    """How an executor treats failing workers. No result depends on it.

    Attributes:
        hung_after: seconds without a step after which a worker is replaced.
        attempts: failures of the same work, of whatever kind, after which the stage stops.
    """

    hung_after: float = HUNG_AFTER
    attempts: int = 3
