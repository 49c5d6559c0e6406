"""V's encoder in 8-bit integers, for ranking candidates."""

import torch
from torch import Tensor
from torch.nn import Conv2d
from torch.nn.functional import linear

from world_models.vision.model import Vision

SAMPLES = 64  # frames that V decodes itself, to find how large its activations get
MARGIN = 1.25  # headroom for larger activations on real frames; beyond it they are clipped
INPUT = 1 / 255  # the scale of a frame's bytes, which are used as they are


def is_fast() -> bool:
    """Return whether this processor multiplies bytes natively and PyTorch has the kernels."""
    has = torch.cpu.get_capabilities()
    able = any(has.get(name) for name in ("avx512_vnni", "avx_vnni", "amx_int8"))
    return able and torch.backends.mkldnn.is_available()


class FastEncoder:
    """Encodes as `Vision.encode` does, in int8: several times as fast on a CPU that supports it.

    Weights have a scale for each channel. Activations, which are never negative, have one for each
    layer: it follows from V's largest activation on frames that V decodes from latents drawn from
    the prior. So the encoder needs nothing but V, and the same V gives the same encoder. The error
    is small compared with the noise in z. `python -m benchmarks.agreement` measures its effect on
    scores.

    Args:
        vision: V, on the CPU; its weights are copied.
        batch: the usual batch size, for which the weights are laid out.
    """

    def __init__(self, vision: Vision, batch: int) -> None:
        self.scales = [INPUT, *largest_activations(vision)]
        self.layers = []
        shape = [batch, 3, 64, 64]
        for layer, scale in zip(vision.convolutions, self.scales, strict=False):
            assert isinstance(layer, Conv2d) and layer.bias is not None
            weight = layer.weight.detach()
            scales = weight.abs().amax(dim=(1, 2, 3)).clamp(min=1e-12) / 127
            whole = (weight / scales[:, None, None, None]).round().to(torch.int8)
            packed = torch.ops.onednn.qconv_prepack(
                whole, scales, scale, 0, [2, 2], [0, 0], [1, 1], 1, shape
            )
            zeros = torch.zeros(len(scales), dtype=torch.int64)
            self.layers.append((packed, scales, zeros, layer.bias.detach().clone()))
            side = (shape[2] - weight.shape[2]) // 2 + 1
            shape = [batch, len(scales), side, side]
        heads = (vision.to_mu, vision.to_log_sigma2)
        self.head = torch.cat([head.weight.detach() for head in heads]) * self.scales[-1]
        self.bias = torch.cat([head.bias.detach() for head in heads])

    def __call__(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return μ and log σ², each float32 (n, latent_size), of images uint8 (n, 3, 64, 64)."""
        x = images
        for number, (weight, scales, zeros, bias) in enumerate(self.layers):
            x = torch.ops.onednn.qconv_pointwise(
                x, self.scales[number], 0, weight, scales, zeros, bias, [2, 2], [0, 0], [1, 1], 1,
                self.scales[number + 1], 0, torch.uint8, "relu", [], "",
            )  # fmt: skip
        mu, log_sigma2 = linear(x.flatten(1).float(), self.head, self.bias).chunk(2, dim=1)
        return mu, log_sigma2


@torch.no_grad()
def largest_activations(vision: Vision) -> list[float]:
    """Return each layer's scale: the size of one 8-bit step of its activations."""
    generator = torch.Generator().manual_seed(0)
    x = vision.decode(torch.randn(SAMPLES, vision.latent_size, generator=generator))
    scales = []
    for layer in vision.convolutions:
        x = layer(x).relu()
        scales.append(max(float(x.max()), 1e-12) * MARGIN / 255)
    return scales
