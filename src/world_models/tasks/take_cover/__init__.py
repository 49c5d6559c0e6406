"""Take Cover: dodge fireballs by stepping left and right (paper, section 4)."""

from world_models.section import Section
from world_models.tasks.behaviours import STANDARD, between, standard
from world_models.tasks.capabilities import Look, Regions
from world_models.tasks.contract import (
    End,
    Environment,
    Kind,
    LabelledEnvironment,
    Task,
    VectorEnvironment,
)
from world_models.tasks.take_cover.coverage import PLACES
from world_models.tasks.take_cover.settings import TakeCoverEnvironment


def make_environment(settings: TakeCoverEnvironment) -> Environment:
    """Return one game."""
    from world_models.tasks.take_cover.environment import TakeCover

    return TakeCover(settings)


def make_training(settings: TakeCoverEnvironment, slots: int) -> VectorEnvironment:
    """Return `slots` games, if /dev/shm has room for them."""
    from world_models.tasks.take_cover.engine import check_room
    from world_models.tasks.take_cover.environment import TakeCover, VectorTakeCover

    width, height = map(int, settings.resolution.split("x"))
    check_room(width, height, slots)
    return VectorTakeCover([TakeCover(settings) for _ in range(slots)])


def make_labelled(settings: TakeCoverEnvironment) -> LabelledEnvironment:
    """Return one game that labels the regions of its frames."""
    from world_models.tasks.take_cover.regions import LabelledTakeCover

    return LabelledTakeCover(settings)


def changed(task: Task) -> Task:
    """Return the task with another look."""
    from world_models.tasks.take_cover import looks

    return looks.changed(task)


def make_task(name: str, settings: Section) -> Task:
    """Return the task that these settings describe."""
    assert isinstance(settings, TakeCoverEnvironment)
    return Task(
        name=name,
        kind=settings.kind,
        environment=settings,
        title="Take Cover",
        score="steps survived",
        steps_per_second=35,
        action_size=1,
        max_steps=settings.max_steps,
        squash=lambda raw: raw.tanh(),
        behaviours=standard(between((-1,), (1,))),
        random_behaviour="uniform",
        open_loop={  # staying put is deadly, in the middle or at a wall
            "still": lambda t: (0.0,),
            "left": lambda t: (-1.0,),
            "right": lambda t: (1.0,),
            "swing_20": lambda t: (1.0 if t // 20 % 2 else -1.0,),
            "swing_60": lambda t: (1.0 if t // 60 % 2 else -1.0,),
        },
        open_loop_labels={
            "still": "standing still",
            "left": "always left",
            "right": "always right",
            "swing_20": "20 steps left, 20 right",
            "swing_60": "60 steps left, 60 right",
        },
        example_actions={"moves left": (-1.0,), "stays": (0.0,), "moves right": (1.0,)},
        ends=lambda end, _: "killed" if end == End.TERMINATED else "time limit",
        make_environment=lambda: make_environment(settings),
        make_training=lambda slots: make_training(settings, slots),
        look=Look("other walls", changed),
        places=PLACES,
        regions=Regions("by the engine's own object labels", lambda: make_labelled(settings)),
    )


KIND = Kind(
    environment=TakeCoverEnvironment,
    make_task=make_task,
    behaviours=STANDARD,
    score_is_steps=True,
    defaults={
        "rollouts": {"behaviour": "held", "min_length": 100},
        "vision": {"latent_size": 64},
        "memory": {
            "hidden_size": 512,
            "sequence_length": 500,
            "predicts_death": True,
            "sees_restart": True,
        },
        "controller": {"sees_cell": True, "bias": False},
        "controllers": {"evolved_in": "dream"},
    },
)
