"""Settings of an environment registered with Gymnasium."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, JsonValue, field_validator

from world_models.section import Section


class GymnasiumEnvironment(Section):
    """Any environment registered with Gymnasium that has a picture to show."""

    only_shown: ClassVar[frozenset[str]] = frozenset({"title", "score", "steps_per_second"})

    kind: Literal["gymnasium"]
    """What is played."""
    id: str = Field(min_length=1)
    """The registered name with its version, e.g. LunarLander-v3. If importing a package registers
    it: package:Name-v0."""
    options: dict[str, JsonValue] = Field(default_factory=dict)
    """Passed to gymnasium.make, e.g. {continuous: true}."""
    max_steps: int = Field(1000, ge=1)
    """An episode's time limit in steps. If the environment's own limit is shorter, that applies."""
    frame: Literal["render", "observation"] = "render"
    """What V sees, reduced to 64x64: the picture that the environment draws, or its observation
    if that is an image of bytes."""
    crop: list[Annotated[int, Field(ge=0)]] | None = Field(None, min_length=4, max_length=4)
    """The part of the picture to keep, in pixels: [top, bottom, left, right]; row `bottom` and
    column `right` are excluded. null: all of it."""
    idle_reward: float | None = None
    """The reward of a step in which nothing happens; for controller.idle_steps. null: the task has
    no idling."""
    title: str | None = None
    """The display name. null: the id."""
    score: str = "score"
    """What a score counts, e.g. steps survived."""
    steps_per_second: float | None = Field(None, gt=0)
    """Game steps per second, as people play it. null: what the environment says, or else 30."""

    @field_validator("crop")
    @classmethod
    def _keeps_something(cls, crop: list[int] | None) -> list[int] | None:
        if crop is not None and (crop[1] <= crop[0] or crop[3] <= crop[2]):
            raise ValueError("keeps nothing; give [top, bottom, left, right]")
        return crop

    @field_validator("options")
    @classmethod
    def _leaves_the_picture_alone(cls, options: dict[str, JsonValue]) -> dict[str, JsonValue]:
        if "render_mode" in options:
            raise ValueError("render_mode follows from `frame`; remove it")
        return options
