"""Settings of MuZero."""

from pydantic import Field, model_validator

from world_models.successors.settings import ReplaySettings


class MuzeroSettings(ReplaySettings):
    """MuZero with Gumbel search and always fresh targets (Reanalyse).

    Defaults are those of the paper for Atari (2020, appendices F to H). But the networks are
    convolutions and dense layers instead of ResNets, and the optimiser is AdamW.
    """

    batch_size: int = Field(1024, ge=1)
    """States in a batch, each the start of an unroll."""
    batch_length: int = Field(6, ge=2)
    """Rows in an unroll: the sampled state, then one per dynamics step."""
    train_ratio: float = Field(12.0, gt=0)
    """Rows trained on per action played. By default, two samples of six rows each."""
    history: int = Field(32, ge=1)
    """Frames that the agent sees, including the newest, with the actions between them."""
    depth: int = Field(32, ge=1)
    """Channels of the first convolution; each of the next three has twice as many."""
    latent_size: int = Field(512, ge=1)
    """Numbers in a latent state, each from 0 to 1."""
    hidden_size: int = Field(512, ge=1)
    """Units of the dense layers."""
    support_size: int = Field(300, ge=1)
    """Rewards and values are predicted as classes: the integers from -support_size to support_size,
    after the transform."""
    simulations: int = Field(50, ge=1)
    """Simulations in a search, each one step of the dynamics. Each action takes a search."""
    considered: int = Field(16, ge=1)
    """The most actions that a search considers at its root."""
    least_spread: float = Field(0.01, gt=0)
    """A search scales action values to the range 0 to 1. If their own range is below this, their
    differences are noise, and are not stretched to the full range (EfficientZero, 2021)."""
    discount: float = Field(0.997, gt=0, le=1)
    """γ per action, which is held for action_repeat environment steps."""
    td_steps: int = Field(5, ge=1)
    """Real rewards in a value target, before it bootstraps from the target network."""
    value_scale: float = Field(0.25, ge=0)
    """Weight of the value loss."""
    target_every: int = Field(200, ge=1)
    """Updates between two copies of the network to the target network."""
    learning_rate: float = Field(1e-4, gt=0)
    """Step size of AdamW."""
    weight_decay: float = Field(1e-4, ge=0)
    """Fraction of each weight that a step of size 1 removes."""
    gradient_clip: float = Field(5.0, gt=0)
    """Maximum norm of the gradient."""

    @model_validator(mode="after")
    def _plays_itself(self) -> "MuzeroSettings":
        if self.prefill_steps:
            raise ValueError("prefill_steps must be 0: an untrained MuZero already plays at random")
        return self
