"""An episode to play, and an episode played, from which scores are computed."""

from dataclasses import dataclass

from world_models.tasks.contract import End


@dataclass(frozen=True)
class Assignment:
    """An episode to play: the candidate (a row number of the candidates) and the episode's seed."""

    candidate: int
    seed: int


@dataclass(frozen=True)
class Episode:
    """An episode played.

    Attributes:
        candidate, seed: its assignment's. steps: its length. score: the sum of its rewards.
        end: how it ended. last_reward: its last step's, which in some games shows how it ended.
    """

    candidate: int
    seed: int
    steps: int
    score: float
    end: End
    last_reward: float = 0.0


def units_of(assignments: list[Assignment], size: int) -> list[list[Assignment]]:
    """Cut a list of assignments into units of work of at most `size`."""
    return [assignments[i : i + size] for i in range(0, len(assignments), size)]
