"""Scores against the real steps that they took, on a logarithmic axis."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from world_models.evaluation.statistics import summarise
from world_models.paper.published import TABLES
from world_models.paper.style import DREAM, GREY, PALE, REAL
from world_models.studies.results import RANDOM, Results

CAPTION = (
    "Mean score in fresh episodes of the real environment, with its 95 % confidence interval, "
    "against all real steps that went into a controller: of the rollouts that V and M learnt from, "
    "and of the episodes that ranked candidates in reality (open marks: upper bounds). Dotted "
    "lines are the paper's best score and the scores it quotes for other methods."
)


def draw(results: Sequence[Results]) -> Figure:
    """Draw one point per controller, for all studies of one task."""
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    drawn = set()
    for each in results:
        for name in each.source.controllers:
            path = each.at(f"evaluation/{name}.csv")
            if path in drawn:  # shared with another study
                continue
            drawn.add(path)
            summary, steps = summarise(each.scores(name)), each.steps(name)
            dreamt = each.source.evolved_in == "dream"
            colour = DREAM if dreamt else REAL
            below, above = summary.mean - summary.ci_low, summary.ci_high - summary.mean
            axes.errorbar(
                steps.all, summary.mean, [[below], [above]], color=colour, elinewidth=1, capsize=2,
                marker="s" if dreamt else "o", ms=5, mfc=colour if steps.exact else "white",
                label="evolved in the dream" if dreamt else "evolved in reality",
            )  # fmt: skip
            label = f"{each.study.name or 'scale'} {name}"
            axes.annotate(
                label, (steps.all, summary.mean), xytext=(4, 2), textcoords="offset points",
                fontsize=5, color=GREY,
            )  # fmt: skip
    axes.set_xscale("log")
    random = summarise(results[0].scores(RANDOM)).mean
    axes.axhline(random, color=GREY, ls="--", lw=1, label="random policy")
    _quote(axes, results[0])
    handles, labels = axes.get_legend_handles_labels()
    once = dict(zip(labels, handles, strict=True))
    figure.legend(once.values(), once.keys(), loc="outside upper center", ncols=len(once))
    axes.set_xlabel("real steps")
    axes.set_ylabel(results[0].task.score)
    return figure


def _quote(axes, scale: Results) -> None:  # type: ignore[no-untyped-def]
    """Draw lines at the paper's own best score and at the scores that it quotes."""
    table = TABLES.get((scale.task.kind, scale.source.evolved_in))
    if table is None:
        return
    best = max(score.mean for score in table.actual.values())
    quoted = [(table.labels[name], score.mean) for name, score in table.quoted.items()]
    for label, score in [*quoted, ("the paper's best", best)]:
        axes.axhline(score, color=PALE, ls=":", lw=1)
        axes.annotate(
            label, (1, score), xycoords=("axes fraction", "data"), ha="right", va="bottom",
            fontsize=6, color=GREY,
        )  # fmt: skip
