"""How many real steps an episode took, where its score tells."""

SCORE_IS_STEPS = ("take_cover",)
"""Kinds whose score counts the steps survived."""


def steps_of(kind: str, score: float, max_steps: int) -> tuple[float, bool]:
    """Return an episode's steps by its score, and whether that is exact; else it is the most."""
    return (score, True) if kind in SCORE_IS_STEPS else (float(max_steps), False)
