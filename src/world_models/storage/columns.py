"""The columns of every CSV file of results, stated once for those that write and read them.

Every file has a first line of column names. What a column holds is described where it is written.
"""

from collections.abc import Iterable

# vision/curve.csv and memory/curve.csv: a row a step of the training; a head that M lacks is blank.
VISION_CURVE = ("step", "epoch", "loss", "reconstruction", "kl")
MEMORY_CURVE = ("step", "epoch", "loss", "nll", "death", "reward")

# controllers/NAME/fitness.csv: a row a generation; validation is blank where there was none.
FITNESS = ("generation", "best", "mean", "worst", "validation")

# evaluation/NAME.csv, NAME.dream.csv, random.csv: a row an episode (evaluation/rows.py).
EPISODES = ("episode", "seed", "steps", "score", "end", "check")
EPISODE_NUMBERS = EPISODES[:4]  # those that hold numbers

# evaluation/NAME.transfer.csv: a row a candidate.
TRANSFER = ("generation", "evolved", "real")

# evaluation/NAME.death_prediction.csv: one row; blank where there is nothing to divide by.
DEATH_COUNTS = ("episodes", "steps", "foretold", "deaths")
DEATH_RATES = ("death_precision", "death_recall", "death_auc")
DEATH_PREDICTION = (*DEATH_COUNTS, *DEATH_RATES)


def open_loop(policies: Iterable[str]) -> tuple[str, ...]:
    """Return the columns of evaluation/open_loop.csv: a row a place, blank τ for the real one.

    Args:
        policies: the names of the task's open-loop policies; their columns hold mean scores.
    """
    return ("temperature", *policies)
