"""CarRacing: steer, accelerate and brake around a random track (paper, section 3)."""

from world_models.section import Section
from world_models.tasks.behaviours import STANDARD, between, standard
from world_models.tasks.capabilities import Look, Regions
from world_models.tasks.car_racing.actions import brownian, squash
from world_models.tasks.car_racing.coverage import PLACES
from world_models.tasks.car_racing.settings import CarRacingEnvironment
from world_models.tasks.contract import (
    End,
    Environment,
    Kind,
    LabelledEnvironment,
    Task,
    VectorEnvironment,
)

OFF_THE_FIELD = -100.0  # Gymnasium's reward
LOW, HIGH = (-1, 0, 0), (1, 1, 1)  # of steering, gas and brake


def make_environment(settings: CarRacingEnvironment) -> Environment:
    """Return Gymnasium's own environment, on which scores are measured."""
    from world_models.tasks.car_racing.reference import ReferenceCarRacing

    return ReferenceCarRacing(settings)


def make_training(settings: CarRacingEnvironment, slots: int) -> VectorEnvironment:
    """Return `slots` games with the same tracks and rewards, drawn about thirty times as fast."""
    from world_models.tasks.car_racing.vector import VectorCarRacing

    return VectorCarRacing(slots, settings.max_steps, domain_randomize=settings.domain_randomize)


def make_labelled(settings: CarRacingEnvironment) -> LabelledEnvironment:
    """Return the environment on which scores are measured, with labels for its frames' regions."""
    from world_models.tasks.car_racing.regions import LabelledCarRacing

    return LabelledCarRacing(settings)


def end_in_words(end: End, last_reward: float) -> str:
    """Return how an episode ended; a car that leaves the field gets -100 on its last step."""
    if end == End.TRUNCATED:
        return "time limit"
    return "off the field" if last_reward < OFF_THE_FIELD / 2 else "lap"


def changed(task: Task) -> Task:
    """Return the task with another look."""
    from world_models.tasks.car_racing import looks

    return looks.changed(task)


def make_task(name: str, settings: Section) -> Task:
    """Return the task that these settings describe."""
    assert isinstance(settings, CarRacingEnvironment)
    return Task(
        name=name,
        kind=settings.kind,
        environment=settings,
        title="CarRacing",
        score="score",
        steps_per_second=50,
        action_size=3,
        max_steps=settings.max_steps,
        squash=squash,
        behaviours={"brownian": brownian, **standard(between(LOW, HIGH))},
        random_behaviour="uniform",
        open_loop={
            "straight": lambda t: (0.0, 0.1, 0.0),
            "left": lambda t: (-0.3, 0.1, 0.0),
            "right": lambda t: (0.3, 0.1, 0.0),
            "weaving": lambda t: (0.3 if t // 20 % 2 else -0.3, 0.1, 0.0),
        },
        open_loop_labels={
            "straight": "straight on",
            "left": "always left",
            "right": "always right",
            "weaving": "20 steps left, 20 right",
        },
        example_actions={
            "steers left": (-1.0, 0.3, 0.0),
            "straight on": (0.0, 0.3, 0.0),
            "steers right": (1.0, 0.3, 0.0),
        },
        ends=end_in_words,
        make_environment=lambda: make_environment(settings),
        make_training=lambda slots: make_training(settings, slots),
        idle_reward=-0.1,
        look=Look("other colours", changed),
        places=PLACES,
        regions=Regions(
            "by the colours that the game paints with", lambda: make_labelled(settings)
        ),
    )


KIND = Kind(
    environment=CarRacingEnvironment,
    make_task=make_task,
    behaviours=("brownian", *STANDARD),
    defaults={
        "rollouts": {"behaviour": "brownian"},
        "vision": {"latent_size": 32},
        "memory": {"hidden_size": 256, "sequence_length": 1000, "predicts_reward": True},
        "controllers": {"evolved_in": "reality"},
    },
)
