"""Settings of V and its training."""

from pydantic import Field

from world_models.section import Section


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
    mixed_precision: bool = False
    """Compute the layers in bfloat16. On a CPU that supports it, training is half as fast again,
    and V is as good."""
    threads: int = Field(4, ge=1)
    """Threads of the arithmetic on a CPU. A setting, since results are rounded differently with
    another number."""
