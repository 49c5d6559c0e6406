"""The classes of the sections of config.yaml."""

from typing import Any, Literal

from pydantic import Field, SerializeAsAny

from world_models.collection.settings import RolloutSettings, ShardSettings
from world_models.controller.settings import Controllers, ControllerSettings
from world_models.evaluation.settings import (
    DeathPredictionSettings,
    DreamEvaluationSettings,
    EvaluationSettings,
    OpenLoopSettings,
    TransferSettings,
)
from world_models.evaluation.studied_settings import (
    HorizonSettings,
    RegionSettings,
    SeenSettings,
)
from world_models.memory.settings import MemorySettings
from world_models.section import Section
from world_models.successors.model_free.settings import PpoSettings
from world_models.successors.muzero.settings import MuzeroSettings
from world_models.successors.rssm.presets import (
    Dreamer1Settings,
    Dreamer2Settings,
    Dreamer3Settings,
    PlanetSettings,
)
from world_models.successors.settings import Successors
from world_models.vision.settings import VisionSettings


class Runtime(Section):
    """How stages run. No result depends on it, and changing it reruns nothing."""

    controller_workers: int = Field(16, ge=1)
    """Processes that play one controller's fitness episodes, at most one per core."""
    evaluation_workers: int = Field(4, ge=1)
    """Processes that play one controller's evaluation episodes, at most one per core."""
    hung_after_seconds: float = Field(300.0, gt=0)
    """A worker that makes no step for this long is replaced, and its work is done again."""
    attempts: int = Field(3, ge=1)
    """Failures of the same work, from any cause, after which the stage stops and says why."""
    save_every_seconds: float = Field(60.0, gt=0)
    """Time between two snapshots of a training: the most that an interruption loses."""


class Experiment(Section):
    """All settings of one task."""

    environment: SerializeAsAny[Section]
    """The environment that is played; its keys depend on its `kind`."""
    rollouts: RolloutSettings = RolloutSettings()
    shards: ShardSettings = ShardSettings()
    vision: VisionSettings = VisionSettings()
    memory: MemorySettings = MemorySettings()
    controller: ControllerSettings = ControllerSettings()
    controllers: Controllers = Controllers()
    evaluation: EvaluationSettings = EvaluationSettings()
    dream_evaluation: DreamEvaluationSettings = DreamEvaluationSettings()
    transfer: TransferSettings = TransferSettings()
    death_prediction: DeathPredictionSettings = DeathPredictionSettings()
    open_loop: OpenLoopSettings = OpenLoopSettings()
    seen: SeenSettings = SeenSettings()
    horizon: HorizonSettings = HorizonSettings()
    regions: RegionSettings = RegionSettings()
    successors: Successors = Successors()
    planet: PlanetSettings = PlanetSettings()
    dreamer_1: Dreamer1Settings = Dreamer1Settings()
    dreamer_2: Dreamer2Settings = Dreamer2Settings()
    dreamer_3: Dreamer3Settings = Dreamer3Settings()
    muzero: MuzeroSettings = MuzeroSettings()
    ppo: PpoSettings = PpoSettings()

    @property
    def kind(self) -> str:
        """The kind of environment."""
        return str(self.environment.kind)  # type: ignore[attr-defined]


class ControllerRollouts(Section):
    """Rollouts played by a controller."""

    controller: str
    """The controller's name, e.g. z_h or tau_1.15."""
    episodes: int = Field(ge=1)
    """Episodes that it plays."""
    noise: float = Field(0.0, ge=0)
    """Standard deviation of the Gaussian noise added to C's raw outputs for exploration."""


class After(Section):
    """A round of iterative training: rollouts by another study's controllers are added."""

    study: str | None = None
    """The study whose rollouts and controllers are used; null: the scale itself."""
    rollouts: dict[str, ControllerRollouts] = Field(min_length=1)
    """What is added to each task's rollouts."""


class Study(Section):
    """Settings that differ from the scale's. Results that they do not change are shared."""

    title: str
    """The question that the study asks, in one line."""
    group: str | None = None
    """Studies of the same group appear together in tables and figures; null: it appears alone."""
    measures: list[Literal["seen", "horizon", "regions", "generations"]] = Field(
        default_factory=list
    )
    """What the tables of all studies show beside the scores: V's and M's errors where C plays
    (seen), for how many steps dreams stay accurate (horizon), where V loses important detail
    (regions), scores in dream and game during evolution (generations)."""
    after: After | None = None
    """Makes the study a further round of iterative training."""
    vision_from: str | None = None
    """The study whose V is used, or `scale` for the scale's; null: V learns from the study's own
    rollouts. Other results of that study that would be the same are shared, too."""
    settings: dict[str, Any] = Field(default_factory=dict)
    """What the study changes: an overlay of the scale's settings, by task and section."""

    @property
    def before(self) -> dict[str, str]:
        """The studies whose results this one is made from, each with the key that names it."""
        named = {
            "after.study": self.after.study if self.after else None,
            "vision_from": None if self.vision_from == SCALE else self.vision_from,
        }
        return {key: study for key, study in named.items() if study is not None}

    @property
    def tasks(self) -> list[str]:
        """The tasks that the study names, sorted."""
        named = {*self.settings, *(self.after.rollouts if self.after else ())}
        return sorted(named - {"seed", "runtime"})


SCALE = "scale"  # in vision_from: the scale's V
OWN = {"seed", "runtime", "studies"}  # sections that are not tasks
