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
    """M predicts whether the action ends the episode by death; a predicted death ends a dream. True
    for Take Cover."""
    predicts_reward: bool = False
    """M predicts the reward, which dreams pay; without it they pay 1 per step. True for CarRacing.
    M's other weights learn from the reward only if `reward_weight` is above 0."""
    reward_weight: float = later(0.0, ge=0)
    """Weight of the reward's squared error in training M's LSTM, relative to 1 for the next latent.
    0: only the reward head learns from it. Evolving C on predicted rewards needs more than 0."""
    sees_restart: bool = False
    """M's input includes a flag that is 1 at an episode's first step. True for Take Cover. M's
    state is zeroed at that step in either case."""
    epochs: int = Field(20, ge=1)
    """Passes over the training episodes."""
    batch_size: int = Field(100, ge=1)
    """Streams of episodes that are trained on in parallel."""
    sequence_length: int = Field(1000, ge=1)
    """Steps that gradients are propagated back through: 1000 for CarRacing, 500 for Take Cover."""
    learning_rate: float = Field(1e-3, gt=0)
    """Adam's step size."""
    decay_epochs: int = Field(0, ge=0)
    """In this many final epochs the learning rate decays geometrically to min_learning_rate. With a
    constant rate M keeps errors that C exploits in dreams (docs/results.md). At most `epochs`."""
    min_learning_rate: float = Field(1e-5, gt=0)
    """The learning rate at the end of the decay."""
    gradient_clip: float = Field(1.0, gt=0)
    """Each element of the gradient is clipped to plus or minus this value."""
    death_weight: float = Field(10.0, gt=0)
    """Weight of a step that ends in death, relative to one that does not."""
    threads: int = Field(4, ge=1)
    """CPU threads for the arithmetic. It is a setting because another number of threads rounds
    results differently."""

    @model_validator(mode="after")
    def _decays_within_the_training(self) -> "MemorySettings":
        if self.decay_epochs > self.epochs:
            raise ValueError(f"decay_epochs {self.decay_epochs} exceeds epochs {self.epochs}")
        return self
