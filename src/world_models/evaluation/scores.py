"""Score a controller on fresh episodes: in the reference environment, or in the dream."""

from pathlib import Path

import numpy as np

from world_models.controller.model import check_models, check_size, load
from world_models.controller.workers import ArenaRecipe, add_options, play_all, start_asked
from world_models.episodes import Assignment, units_of
from world_models.errors import WorldModelsError
from world_models.evaluation.rows import rows_csv
from world_models.evaluation.settings import EvaluationSettings
from world_models.files import write_text
from world_models.progress import LOG, Progress
from world_models.seeds import Purpose, derive
from world_models.stage import parser, run, settings_of, start_log
from world_models.tasks import get_task


def main(argv: list[str] | None = None) -> None:
    """Play the evaluation episodes of one controller; write one row an episode."""
    made = parser(__doc__)
    made.add_argument("--environment", required=True, help="JSON of the section environment")
    made.add_argument("--settings", required=True, help="JSON of the section evaluation")
    made.add_argument("--controller", type=Path, required=True, help="…/model.safetensors")
    made.add_argument("--vision", type=Path, help="V's model.safetensors")
    made.add_argument("--memory", type=Path, help="M's model.safetensors")
    made.add_argument("--dream", action="store_true", help="score it where it was evolved")
    made.add_argument("--output", type=Path, required=True, help="CSV, one row an episode")
    add_options(made)
    asked = made.parse_args(argv)
    start_log(asked.log)
    task = get_task(asked.task)
    settings = settings_of(EvaluationSettings, asked.settings, f"{task.name}.evaluation")
    environment = settings_of(
        task.environment_settings, asked.environment, f"{task.name}.environment"
    )
    parameters, about = load(asked.controller, task.name)
    check_models(asked.controller, about, {"vision": asked.vision, "memory": asked.memory})
    temperature = about["temperature"] if asked.dream else None
    if asked.dream and temperature is None:
        raise WorldModelsError(f"{asked.controller}: was not evolved in the dream; drop --dream")

    recipe = ArenaRecipe(
        task.name, environment, about["variant"], asked.vision, asked.memory, settings.slots,
        temperature, reference=True,
    )  # fmt: skip
    check_size(asked.controller, parameters, recipe.policy().parameters)
    count = settings.dream_episodes if asked.dream else settings.episodes
    where = "dream" if asked.dream else "real"
    assignments = [
        Assignment(0, derive(asked.seed, Purpose.EVALUATION, task.name, where, episode))
        for episode in range(count)
    ]
    with (
        start_asked(recipe, asked) as executor,
        Progress(f"{task.name} {asked.output.stem}", count, "episode") as progress,
    ):
        units = units_of(assignments, settings.slots)
        episodes = play_all(executor, parameters[None], units, progress.advance)
    write_text(asked.output, rows_csv(episodes))
    scores = np.array([episode.score for episode in episodes])
    LOG.info("%s: %.1f ± %.1f", asked.output, scores.mean(), scores.std(ddof=1))


if __name__ == "__main__":
    run(main)
