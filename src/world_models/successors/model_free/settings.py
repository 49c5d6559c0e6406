"""Settings of PPO."""

from pydantic import Field

from world_models.successors.settings import PlayingSettings


class PpoSettings(PlayingSettings):
    """Proximal policy optimisation (Schulman et al., 2017), by Stable-Baselines3.

    Defaults are those of the paper for Atari (table 5).
    """

    steps: int = Field(40_000_000, ge=1)
    """Environment steps in all. The last round is played to its end, so it may be a little more."""
    slots: int = Field(8, ge=1)
    """Episodes that are played side by side. They are played to their ends."""
    round_rows: int = Field(1024, ge=2)
    """Actions, at least, that the policy is taught from before it plays on."""
    batch_size: int = Field(256, ge=2)
    """Actions in a batch."""
    epochs: int = Field(3, ge=1)
    """Times that each action is learnt from."""
    history: int = Field(4, ge=1)
    """Frames that the policy sees, the newest among them; black before an episode began."""
    feature_size: int = Field(512, ge=1)
    """Numbers that the convolutions' output is brought to (Mnih et al., 2015)."""
    reward_scale: float = Field(1.0, gt=0)
    """What rewards are multiplied by before they are learnt from. Returns far above 1 make the
    value's gradient drown the policy's."""
    discount: float = Field(0.99, gt=0, le=1)
    """γ of a step, which is one action, held for action_repeat environment steps."""
    gae_lambda: float = Field(0.95, ge=0, le=1)
    """λ of generalised advantage estimation."""
    clip_range: float = Field(0.1, gt=0)
    """How far from 1 the ratio of new and old probability counts."""
    value_scale: float = Field(1.0, ge=0)
    """Weight of the value's loss."""
    entropy_scale: float = Field(0.01, ge=0)
    """Weight of the policy's entropy."""
    learning_rate: float = Field(2.5e-4, gt=0)
    """Step size of Adam."""
    decays: bool = True
    """Learning rate and clip range fall to 0 over the training."""
    gradient_clip: float = Field(0.5, gt=0)
    """The largest norm of the gradient."""
    evaluates_mode: bool = True
    """At evaluation the likeliest action is taken instead of a sample."""
