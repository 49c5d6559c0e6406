"""Settings of MuZero."""

from pydantic import Field, model_validator

from world_models.successors.settings import ReplaySettings


class MuzeroSettings(ReplaySettings):
    """MuZero with Gumbel search, its targets always fresh (Reanalyse).

    Defaults are those of the paper for Atari (2020, appendices F to H); networks are convolutions
    and dense layers instead of ResNets, and the optimiser is AdamW.
    """

    batch_size: int = Field(1024, ge=1)
    """States that an update unrolls the model from."""
    batch_length: int = Field(6, ge=2)
    """Rows that the model is unrolled over: the first one, and five steps of the dynamics."""
    train_ratio: float = Field(12.0, gt=0)
    """Rows that are learnt from for each action played: two samples, of six rows each."""
    history: int = Field(32, ge=1)
    """Frames that the agent sees, the newest among them, and the actions between them."""
    depth: int = Field(32, ge=1)
    """Channels of the first convolution; each of the next three has twice as many."""
    latent_size: int = Field(512, ge=1)
    """Numbers in a latent state, each from 0 to 1."""
    hidden_size: int = Field(512, ge=1)
    """Units of the dense layers."""
    support_size: int = Field(300, ge=1)
    """Rewards and values are classes: whole numbers from -support_size to support_size, after the
    transform."""
    simulations: int = Field(50, ge=1)
    """Of a search: steps of the dynamics before each action."""
    considered: int = Field(16, ge=1)
    """Actions that a search considers at its root."""
    least_spread: float = Field(0.01, gt=0)
    """Actions' values are brought to 0 to 1 by their lowest and highest. Where these lie closer
    together than this, they are noise, and stay so close (EfficientZero, 2021)."""
    discount: float = Field(0.997, gt=0, le=1)
    """γ of a step, which is one action, held for action_repeat environment steps."""
    td_steps: int = Field(5, ge=1)
    """Steps of real rewards in a value's target, before the value that the target network says."""
    value_scale: float = Field(0.25, ge=0)
    """Weight of the value's loss."""
    target_every: int = Field(200, ge=1)
    """Updates between two copies of the network to the one that targets come from."""
    learning_rate: float = Field(1e-4, gt=0)
    """Step size of AdamW."""
    weight_decay: float = Field(1e-4, ge=0)
    """Share of each weight that a step of size 1 removes."""
    gradient_clip: float = Field(5.0, gt=0)
    """The largest norm of the gradient."""

    @model_validator(mode="after")
    def _plays_itself(self) -> "MuzeroSettings":
        if self.prefill_steps:
            raise ValueError("prefill_steps must be 0: an untrained MuZero's play is random")
        return self
