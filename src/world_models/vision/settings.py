"""Settings of V and its training."""

from typing import Literal

from pydantic import Field

from world_models.section import Section, later


class VisionSettings(Section):
    """The VAE (paper, A.1; vae/vae.py and vae_train.py of the original)."""

    latent_size: int = Field(32, ge=1)
    """Numbers in z: 32 for CarRacing, 64 for Take Cover."""
    epochs: int = Field(1, ge=1)
    """Passes over the training frames: 1 in the paper (its published code does 10)."""
    frames_per_epoch: int | None = Field(None, ge=1)
    """Frames of one pass, drawn at random; null is all of them."""
    batch_size: int = Field(100, ge=1)
    """Frames in a batch."""
    learning_rate: float = Field(1e-4, gt=0)
    """Adam's step size."""
    kl_tolerance: float = Field(0.5, ge=0)
    """Floor of a frame's KL term, in nats per latent dimension: below it the term is constant and
    has no gradient."""
    kl_weight: float = later(1.0, gt=0)
    """What the KL's term is multiplied by, after its floor: the β of Higgins et al. (2017)."""
    reconstruction: Literal["squared_error", "cross_entropy"] = later("squared_error")
    """The reconstruction's term: squared error as in the paper, or binary cross-entropy of each
    value in 0..1, as in Kingma & Welling (2014); either is summed over a frame's values."""
    sampled: bool = later(True)
    """z is drawn from N(μ, σ²), as in the paper. false: once V is trained its σ is made 0, so that
    M and C are taught and fed μ."""
    mixed_precision: bool = False
    """Compute the layers in bfloat16. On a CPU that supports it, training is half as fast again,
    and V is as good."""
    threads: int = Field(4, ge=1)
    """Threads of the arithmetic on a CPU. A setting, since results are rounded differently with
    another number."""
