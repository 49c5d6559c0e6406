"""Settings of M and its training."""

from pydantic import Field, model_validator

from world_models.section import Section, later


class MemorySettings(Section):
    """The MDN-RNN (paper, A.2; rnn/rnn.py and doomrnn/doomrnn.py of the original)."""

    hidden_size: int = Field(256, ge=1)
    """Units of the LSTM: 256 for CarRacing, 512 for Take Cover."""
    mixtures: int = Field(5, ge=1)
    """Normal components of each latent dimension's mixture."""
    predicts_death: bool = False
    """M has an output for whether the action ends the episode by death, which ends dreams too:
    true for Take Cover."""
    predicts_reward: bool = False
    """M has a head for the reward, which dreams add up: true for CarRacing. M's other weights do
    not learn from it, unless `reward_weight` says so. Without it a dream pays 1 a step."""
    reward_weight: float = later(0.0, ge=0)
    """How much M's LSTM learns from the reward's squared error, against 1 for the next latent; 0:
    only the reward's own head does. A dream that C is evolved in for its rewards needs more."""
    sees_restart: bool = False
    """M's input has a flag that is 1 at an episode's first step: true for Take Cover. M's state is
    zeroed there in either case."""
    epochs: int = Field(20, ge=1)
    """Passes over the training episodes."""
    batch_size: int = Field(100, ge=1)
    """Streams of episodes that are learned from side by side."""
    sequence_length: int = Field(1000, ge=1)
    """Steps that gradients flow back through: 1000 for CarRacing, 500 for Take Cover."""
    learning_rate: float = Field(1e-3, gt=0)
    """Adam's step size."""
    decay_epochs: int = Field(0, ge=0)
    """The learning rate falls geometrically to min_learning_rate in this many last epochs. With a
    constant rate M keeps errors that C exploits in dreams (docs/results.md). At most `epochs`."""
    min_learning_rate: float = Field(1e-5, gt=0)
    """The learning rate at the end of the decay."""
    gradient_clip: float = Field(1.0, gt=0)
    """Every gradient value is clipped to [-this, this]."""
    death_weight: float = Field(10.0, gt=0)
    """Weight of a step that ends in death against one that does not."""
    threads: int = Field(4, ge=1)
    """Threads of the arithmetic on a CPU. A setting, since results are rounded differently with
    another number."""

    @model_validator(mode="after")
    def _decays_within_the_training(self) -> "MemorySettings":
        if self.decay_epochs > self.epochs:
            raise ValueError(f"decay_epochs {self.decay_epochs} exceeds epochs {self.epochs}")
        return self
