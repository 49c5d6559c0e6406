"""Settings of PPO."""

from pydantic import Field

from world_models.successors.settings import PlayingSettings


class PpoSettings(PlayingSettings):
    """Proximal policy optimisation (Schulman et al., 2017), by Stable-Baselines3.

    Defaults are those of the paper for Atari (table 5).
    """

    steps: int = Field(40_000_000, ge=1)
    """Total environment steps. The last round is played to its end: there may be slightly more."""
    slots: int = Field(8, ge=1)
    """Episodes played side by side, each to its end."""
    round_rows: int = Field(1024, ge=2)
    """The policy learns once it has played at least this many actions."""
    batch_size: int = Field(256, ge=2)
    """Actions in a batch."""
    epochs: int = Field(3, ge=1)
    """Passes over the played actions, each time the policy learns."""
    history: int = Field(4, ge=1)
    """Frames that the policy sees, including the newest; black before the episode's start."""
    feature_size: int = Field(512, ge=1)
    """Units of the dense layer after the convolutions (Mnih et al., 2015)."""
    reward_scale: float = Field(1.0, gt=0)
    """Factor that rewards are multiplied by for learning. With returns far above 1, the value's
    gradient drowns out the policy's."""
    discount: float = Field(0.99, gt=0, le=1)
    """γ per action, which is held for action_repeat environment steps."""
    gae_lambda: float = Field(0.95, ge=0, le=1)
    """λ of generalised advantage estimation."""
    clip_range: float = Field(0.1, gt=0)
    """The ratio of new to old probability is clipped at this distance from 1."""
    value_scale: float = Field(1.0, ge=0)
    """Weight of the value loss."""
    entropy_scale: float = Field(0.01, ge=0)
    """Weight of the policy's entropy."""
    learning_rate: float = Field(2.5e-4, gt=0)
    """Step size of Adam."""
    decays: bool = True
    """Learning rate and clip range decay linearly to 0 over the training."""
    gradient_clip: float = Field(0.5, gt=0)
    """Maximum norm of the gradient."""
    evaluates_mode: bool = True
    """At evaluation, take the likeliest action instead of a sample."""
