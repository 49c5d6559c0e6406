"""Settings that successors share: how they play, and how they learn from a replay."""

from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from world_models.section import Section

Method = Literal["planet", "dreamer_1", "dreamer_2", "dreamer_3", "muzero", "ppo"]
Number = Annotated[float, Field(allow_inf_nan=False)]


class Successors(Section):
    """Which successors are trained. No method's result depends on the others."""

    methods: list[Method] = Field(list(get_args(Method)), min_length=1)
    """The names of the methods, which are also the names of their sections."""
    beside: list[str] = Field([])
    """World Models controllers that the tables show for comparison: the scale's own, e.g. z_h, and
    those of studies, e.g. racing_round_3/z_h."""

    @model_validator(mode="after")
    def _differ(self) -> "Successors":
        if len(set(self.methods)) < len(self.methods):
            raise ValueError("methods lists a method twice; remove one")
        return self


class PlayingSettings(Section):
    """How an agent plays while it learns."""

    steps: int = Field(200_000_000, ge=1)
    """Total environment steps, including those of the first random episodes. The last round is
    played to its end, so there may be slightly more."""
    action_repeat: int = Field(4, ge=1)
    """Environment steps that each action is held for, in training and at evaluation."""
    choices: list[list[Number]] | None = Field(None, min_length=2)
    """The actions that the agent chooses from, in the task's format, e.g. [[-1.0], [1.0]]. null:
    the task's own action space, discrete or continuous."""
    slots: int = Field(1, ge=1)
    """Episodes played side by side in a round. The agent learns between rounds."""
    threads: int = Field(4, ge=1)
    """CPU threads for computation. This is a setting because the number of threads affects
    rounding."""


class ReplaySettings(PlayingSettings):
    """How an agent plays, and learns from a replay of its episodes."""

    prefill_steps: int = Field(0, ge=0)
    """Environment steps played with random actions before the first update."""
    replay_rows: int = Field(5_000_000, ge=1)
    """Rows that the replay keeps on disk, 12 kB each: one per action, and one per episode's end.
    New rows replace the oldest."""
    batch_size: int = Field(16, ge=1)
    """Windows in a batch."""
    batch_length: int = Field(64, ge=2)
    """Rows in a window. A window may run from one episode into the next."""
    train_ratio: float = Field(32.0, gt=0)
    """Rows trained on per action played after the prefill."""
    pretrain_updates: int = Field(0, ge=0)
    """Extra updates right after the prefill, on top of those due by train_ratio."""
    mixed_precision: bool = False
    """Compute layers in bfloat16; states and losses stay in float32."""

    @model_validator(mode="after")
    def _holds_a_batch(self) -> "ReplaySettings":
        if self.replay_rows < 2 * self.batch_length:
            raise ValueError(
                f"replay_rows {self.replay_rows} is too small for two windows of batch_length "
                f"{self.batch_length}"
            )
        return self
