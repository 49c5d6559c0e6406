"""Settings of M and its training."""

from pydantic import Field, model_validator

from world_models.section import Section


class MemorySettings(Section):
    """The MDN-RNN (paper, A.2; rnn/rnn.py and doomrnn/doomrnn.py of the original)."""

    hidden_size: int = Field(256, ge=1)
    """Units of the LSTM: 256 for CarRacing, 512 for Take Cover."""
    mixtures: int = Field(5, ge=1)
    """Normal components of each latent dimension's mixture."""
    predicts_death: bool = False
    """M has a head for the death that ends the episode, as in the paper's Take Cover."""
    predicts_reward: bool = True
    """M has a head for the reward; it is trained apart, so the other weights don't depend on it."""
    sees_restart: bool = False
    """M's input has a flag that is 1 at an episode's first step, as in the paper's Take Cover."""
    epochs: int = Field(20, ge=1)
    """Passes over the training episodes."""
    batch_size: int = Field(100, ge=1)
    """Streams of episodes that are learned from side by side."""
    sequence_length: int = Field(1000, ge=1)
    """Steps that gradients flow back through: 1000 for CarRacing, 500 for Take Cover."""
    learning_rate: float = Field(1e-3, gt=0)
    """Adam's step size."""
    decay_epochs: int = Field(0, ge=0)
    """In so many last epochs it falls geometrically to min_learning_rate: the error of a constant
    one shows in dreams (docs/results.md). At most `epochs`."""
    min_learning_rate: float = Field(1e-5, gt=0)
    """What it falls to."""
    gradient_clip: float = Field(1.0, gt=0)
    """Every gradient value is clipped to [-this, this]."""
    death_weight: float = Field(10.0, gt=0)
    """Weight of a step that ends in death against one that does not."""
    threads: int = Field(4, ge=1)
    """Threads of the arithmetic on a CPU. Fixed here, since it changes the rounding."""
    save_every_seconds: float = Field(60.0, gt=0)
    """An interrupted training loses at most this much."""

    @model_validator(mode="after")
    def _decays_within_the_training(self) -> "MemorySettings":
        if self.decay_epochs > self.epochs:
            raise ValueError(f"decay_epochs {self.decay_epochs} exceeds epochs {self.epochs}")
        return self
