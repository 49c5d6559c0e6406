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
    """The KL term of a frame costs nothing below this many nats a latent dimension."""
    mixed_precision: bool = False
    """Layers in bfloat16: half as fast again on a CPU that has it, and as good a V."""
    threads: int = Field(4, ge=1)
    """Threads of the arithmetic on a CPU. Fixed here, since it changes the rounding."""
