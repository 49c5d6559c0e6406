"""Settings of V and its training."""

from typing import Literal

from pydantic import Field, model_validator

from world_models.section import Section, later


class VisionSettings(Section):
    """The VAE (paper, A.1; vae/vae.py and vae_train.py of the original)."""

    latent_size: int = Field(32, ge=1)
    """Dimensions of z: 32 for CarRacing, 64 for Take Cover."""
    epochs: int = Field(1, ge=1)
    """Passes over the training frames: 1 in the paper (its published code does 10)."""
    frames_per_epoch: int | None = Field(None, ge=1)
    """Frames per pass, drawn at random; null: all of them."""
    batch_size: int = Field(100, ge=1)
    """Frames in a batch."""
    learning_rate: float = Field(1e-4, gt=0)
    """Adam's step size."""
    decay_epochs: int = later(0, ge=0)
    """In this many final epochs the learning rate decays geometrically to min_learning_rate. At
    most `epochs`."""
    min_learning_rate: float = later(1e-5, gt=0)
    """The learning rate at the end of the decay."""
    kl_tolerance: float = Field(0.5, ge=0)
    """Floor of a frame's KL term, in nats per latent dimension. Below it the term is constant and
    has no gradient."""
    kl_weight: float = later(1.0, gt=0)
    """Factor of the KL term, applied after the floor: the β of Higgins et al. (2017)."""
    reconstruction: Literal["squared_error", "cross_entropy"] = later("squared_error")
    """The reconstruction term: squared error, as in the paper, or binary cross-entropy of each
    value in 0..1, as in Kingma & Welling (2014). Either is summed over a frame's values."""
    sampled: bool = later(True)
    """true: z is drawn from N(μ, σ²), as in the paper. false: once V is trained, its σ is set to
    0, so M and C are trained on μ and fed μ."""
    mixed_precision: bool = False
    """Compute the layers in bfloat16. On a CPU that supports it, training is 1.5 times as fast,
    and V is just as good."""
    threads: int = Field(4, ge=1)
    """CPU threads for the arithmetic. It is a setting because another number of threads rounds
    results differently."""

    @model_validator(mode="after")
    def _decays_within_the_training(self) -> "VisionSettings":
        if self.decay_epochs > self.epochs:
            raise ValueError(f"decay_epochs {self.decay_epochs} exceeds epochs {self.epochs}")
        return self
