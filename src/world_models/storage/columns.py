"""The columns of every CSV file of results, stated once for writers and readers.

Every file starts with a line of column names. The code that writes a column describes it.
"""

from collections.abc import Iterable

# vision/curve.csv and memory/curve.csv: one row per recorded step; blank for a head that M lacks.
VISION_CURVE = ("step", "epoch", "loss", "reconstruction", "kl")
MEMORY_CURVE = ("step", "epoch", "loss", "nll", "death", "reward")

# controllers/NAME/fitness.csv: one row per generation; validation is blank if there was none.
FITNESS = ("generation", "best", "mean", "worst", "validation")

# evaluation/NAME.csv, NAME.dream.csv, random.csv: one row per episode (evaluation/rows.py).
EPISODES = ("episode", "seed", "steps", "score", "end", "check")
EPISODE_NUMBERS = EPISODES[:4]  # the numeric columns

# evaluation/NAME.transfer.csv: one row per candidate.
TRANSFER = ("generation", "evolved", "real")

# evaluation/NAME.death_prediction.csv: one row; blank if there is nothing to divide by.
DEATH_COUNTS = ("episodes", "steps", "foretold", "deaths")
DEATH_RATES = ("death_precision", "death_recall", "death_auc")
DEATH_PREDICTION = (*DEATH_COUNTS, *DEATH_RATES)


def open_loop(policies: Iterable[str]) -> tuple[str, ...]:
    """Return the columns of evaluation/open_loop.csv.

    There is one row per environment: first the reference, with τ blank, then each dream.

    Args:
        policies: the names of the task's open-loop policies; their columns hold mean scores.
    """
    return ("temperature", *policies)
