"""Further settings of V: what ablations change of its loss and of its latents."""

from typing import Literal

from pydantic import Field

from world_models.extended import Extended
from world_models.vision.settings import VisionSettings


class ExtendedVisionSettings(VisionSettings, Extended):
    """The VAE (paper, A.1; vae/vae.py and vae_train.py of the original)."""

    reconstruction: Literal["squared_error", "cross_entropy"] = "squared_error"
    """The reconstruction's term: squared error as in the paper, or binary cross-entropy of each
    value in 0..1, as in Kingma & Welling (2014); either is summed over a frame's values."""
    kl_weight: float = Field(1.0, gt=0)
    """What the KL's term is multiplied by, after its floor: the β of Higgins et al. (2017)."""
    sampled: bool = True
    """z is drawn from N(μ, σ²), as in the paper. false: once V is trained its σ is made 0, so that
    M and C are taught and fed μ."""
