"""Any environment registered with Gymnasium; see docs/your-environment.md."""

from world_models.section import Section
from world_models.tasks.behaviours import STANDARD, standard
from world_models.tasks.contract import End, Environment, Kind, SyncVectorEnvironment, Task
from world_models.tasks.gymnasium.settings import GymnasiumEnvironment


def check(name: str, settings: Section) -> None:
    """Check that the id is registered.

    Raises:
        WorldModelsError: it isn't, or its package cannot be imported.
    """
    from world_models.tasks.gymnasium.registry import find

    assert isinstance(settings, GymnasiumEnvironment)
    find(name, settings.id)


def make_task(name: str, settings: Section) -> Task:
    """Return the task that these settings and the environment's action space describe.

    Raises:
        WorldModelsError: the environment cannot be made, has no usable picture, or has an
            unsupported action space.
    """
    from world_models.tasks.gymnasium.actions import actions_of
    from world_models.tasks.gymnasium.environment import GymnasiumGame
    from world_models.tasks.gymnasium.registry import facts_of

    assert isinstance(settings, GymnasiumEnvironment)
    facts = facts_of(name, settings)
    actions = actions_of(facts.action_space, f"{name}.environment.id")

    def make_environment() -> Environment:
        return GymnasiumGame(name, settings, actions.to_space)

    return Task(
        name=name,
        kind=settings.kind,
        environment=settings,
        title=settings.title or settings.id.rpartition(":")[2],
        score=settings.score,
        steps_per_second=settings.steps_per_second or facts.steps_per_second,
        action_size=actions.size,
        max_steps=min(settings.max_steps, facts.max_steps or settings.max_steps),
        squash=actions.squash,
        behaviours=standard(actions.draw),
        random_behaviour="uniform",
        open_loop=actions.open_loop,
        open_loop_labels={name: f"always {words}" for name, words in actions.labels.items()},
        example_actions=actions.examples,
        ends=lambda end, _: "terminated" if end == End.TERMINATED else "time limit",
        make_environment=make_environment,
        make_training=lambda slots: SyncVectorEnvironment(
            [make_environment() for _ in range(slots)]
        ),
        idle_reward=settings.idle_reward,
    )


KIND = Kind(
    environment=GymnasiumEnvironment,
    make_task=make_task,
    behaviours=STANDARD,
    check=check,
    defaults={
        "rollouts": {"behaviour": "held"},
        "memory": {"predicts_death": True, "predicts_reward": True, "sees_restart": True},
        "controllers": {"evolved_in": "reality"},
    },
)
