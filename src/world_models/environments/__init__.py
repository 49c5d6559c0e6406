"""Our environments, which importing this module registers with Gymnasium.

    import gymnasium
    import world_models.environments
    gymnasium.make("world_models/CarRacing-v3")
    gymnasium.make("world_models/DreamTakeCover-v0", temperature=1.15)
    gymnasium.make_vec("world_models/DreamCarRacing-v0", num_envs=64)

`gymnasium.make("world_models.environments:world_models/CarRacing-v3")` imports the module itself.
docs/dream-environments.md describes them.
"""

import gymnasium

from world_models.tasks import PAPER_TASKS

CAR_RACING = "world_models/CarRacing-v3"


def id_of(what: str, task: str) -> str:
    """Return the id of a registered environment, e.g. "world_models/DreamTakeCover-v0".

    Args:
        what: "Dream", or "Seen": the real game, with observations as in the dream.
        task: one of the paper's tasks.
    """
    return f"world_models/{what}{''.join(word.title() for word in task.split('_'))}-v0"


def register() -> None:
    """Register the environments; repeated calls do nothing."""
    if CAR_RACING in gymnasium.registry:
        return
    gymnasium.register(
        CAR_RACING,
        entry_point="world_models.tasks.car_racing.environment:CarRacing",
        max_episode_steps=1000,
        reward_threshold=900,
    )
    trained = "world_models.environments.trained"
    for task in PAPER_TASKS:
        gymnasium.register(
            id_of("Dream", task),
            entry_point=f"{trained}:make_dream",
            vector_entry_point=f"{trained}:make_dreams",
            kwargs={"task": task},
        )
        gymnasium.register(
            id_of("Seen", task), entry_point=f"{trained}:make_seen", kwargs={"task": task}
        )


register()
