"""What each scale costs, from its settings and measured rates: `python -m benchmarks.costs`.

Rates are read from benchmarks/rates.json, which names the machine that they were measured on. Steps
are upper bounds where episodes may end early (CarRacing), and means where most of them do: an
episode of Take Cover has the mean recorded length, a dream the length of the paper's virtual score.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from world_models.paper.published import TABLES
from world_models.settings import Settings, resolve
from world_models.tasks import get_task

HERE = Path(__file__).resolve().parent


class Stage(NamedTuple):
    """A stage's work: the number of units, the keys of its rate and of its bytes per unit."""

    name: str
    units: float
    rate: str
    parallel: bool  # over cores; a training keeps the threads that its rate was measured with
    stored: str | None = None


def virtual_length(temperature: float, limit: int) -> float:
    """Return the paper's virtual score at a τ, or `limit` if it has none."""
    virtual = TABLES["take_cover", "dream"].virtual.get(f"{temperature:.2f}")
    return limit if virtual is None else min(limit, virtual.mean)


def stages(settings: Settings, rates: dict[str, float]) -> list[Stage]:
    """Return all stages of both tasks."""
    found = []
    for name in ("car_racing", "take_cover"):
        task = settings.tasks[name]
        played = task.shards.episodes + task.shards.held_out_episodes
        limit = get_task(name, task.environment).max_steps
        length = limit if name == "car_racing" else min(limit, rates["take_cover recorded length"])
        rows, search = played * length, task.controller
        arithmetic = "mixed" if task.vision.mixed_precision else "float32"
        drawn = min(task.shards.episodes * length, task.vision.frames_per_epoch or 1e12)
        found += [
            Stage(f"{name} rollouts", rows, f"{name} collect", True, f"{name} frame"),
            Stage(f"{name} V", drawn * task.vision.epochs, f"vision {arithmetic}", False),
            Stage(f"{name} latents", rows, "encode", True, f"{name} latent"),
            Stage(f"{name} M", rows * task.memory.epochs, f"{name} memory", False),
        ]
        validations = -(-search.generations // search.validation_every) * search.validation_episodes
        ranked = sum(search.episodes_in(1 + number) for number in range(search.generations))
        episodes = search.population * ranked + validations
        compared = task.transfer.controllers * task.transfer.episodes
        if task.controllers.evolved_in == "reality":
            controllers = task.controllers.variants
            found.append(
                Stage(f"{name} C", episodes * limit * len(controllers), f"{name} fitness", True)
            )
            scored = (task.evaluation.episodes + compared) * limit * len(controllers)
        else:
            temperatures = task.controllers.temperatures
            dreamt = sum(episodes * virtual_length(t, limit) for t in temperatures)
            found.append(Stage(f"{name} C", dreamt, "dream", True))
            scored = (task.evaluation.episodes + compared) * 1000 * len(temperatures)
        found.append(Stage(f"{name} scores", scored, f"{name} score", True))
    return found


def table(scale: str, settings: Settings, rates: dict[str, float], cores: tuple[int, ...]) -> str:
    """Return a Markdown table of a scale's stages."""
    head = "".join(f" hours, {count} cores |" for count in cores)
    lines = [f"### {scale}", "", f"| stage | units | per second and core | GB |{head}"]
    lines.append("|---|---|---|---|" + "---|" * len(cores))
    totals, stored = [0.0] * len(cores), 0.0
    for stage in stages(settings, rates):
        rate = rates[stage.rate]
        size = stage.units * rates[stage.stored] / 1e9 if stage.stored else 0.0
        hours = [stage.units / rate / 3600 / (count if stage.parallel else 1) for count in cores]
        totals, stored = [t + h for t, h in zip(totals, hours, strict=True)], stored + size
        shown = "".join(f" {value:.3g} |" for value in hours)
        space = f"{size:.3g}" if size else ""
        lines.append(f"| {stage.name} | {stage.units:.3g} | {rate:.4g} | {space} |{shown}")
    whole = "".join(f" **{value:.3g}** |" for value in totals)
    return "\n".join([*lines, f"| all, one stage after the other | | | {stored:.3g} |{whole}", ""])


def main() -> None:
    """Print the tables of all scales."""
    config: dict[str, Any] = yaml.safe_load((HERE.parent / "config.yaml").read_text())
    measured = json.loads((HERE / "rates.json").read_text())
    print(f"Rates: {measured['where']}\n")
    for scale, cores in (("smoke", (2,)), ("lab", (2, 16)), ("paper", (16, 64))):
        print(table(scale, resolve(config, scale), measured["rates"], cores))


if __name__ == "__main__":
    main()
