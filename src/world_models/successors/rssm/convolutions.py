"""The encoder, from frames to embeddings, and the decoder, from h and z to images."""

import itertools

import torch
from torch import Tensor, nn

from world_models.successors.rssm.networks import ACTIVATIONS, BlockLinear, Dense, norm_of
from world_models.successors.rssm.settings import RssmSettings

VALID_KERNELS = (5, 5, 6, 6)  # of the decoder, from 1x1 to 64x64


def to_images(frames: Tensor, bits: int, noise: Tensor | None = None) -> Tensor:
    """Return images, float (n, 3, 64, 64) in 0..1, for frames, uint8 (n, 64, 64, 3).

    Args:
        bits: how many to keep of each colour. noise: uniform in 0..1, shaped like the frames: it
            replaces the dropped bits (PlaNet); None replaces them with its mean.
    """
    if bits == 8:
        images = frames.float() / 255
    else:
        images = (frames >> (8 - bits)).float() / 2**bits
        images = images + (0.5 if noise is None else noise) / 2**bits
    return images.permute(0, 3, 1, 2)


class Normed(nn.Module):
    """A convolution, a norm over the channels, an activation."""

    def __init__(self, layer: nn.Module, channels: int, settings: RssmSettings) -> None:
        super().__init__()
        self.layer = layer
        self.norm = norm_of(settings.norm, channels)
        self.activation = ACTIVATIONS[settings.convolution_activation]

    def forward(self, x: Tensor) -> Tensor:
        """Apply all three to (n, channels, height, width)."""
        return self.finish(self.layer(x))

    def finish(self, x: Tensor) -> Tensor:
        """Apply the norm and the activation, which follow the convolution."""
        # Channels are last in memory, so the permutations copy nothing.
        return self.activation(self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2))


def spread(pixel: Tensor, layer: nn.ConvTranspose2d) -> Tensor:
    """Apply a transposed convolution to one-pixel images, (n, channels); return (n, ..., k, k)."""
    channels, *_ = layer.weight.shape[1:]
    kernel = layer.weight.permute(0, 2, 3, 1)
    size, bias = kernel.shape[1:3], layer.bias
    assert bias is not None
    grown = torch.addmm(bias.repeat(size.numel()), pixel, kernel.flatten(1))
    return grown.unflatten(1, (*size, channels)).permute(0, 3, 1, 2)


class Encoder(nn.Module):
    """Four convolutions.

    Attributes:
        outputs: length of an image's embedding.
    """

    def __init__(self, settings: RssmSettings) -> None:
        super().__init__()
        channels = [3, *(settings.depth * each for each in settings.multiples)]
        layers: list[nn.Module] = []
        for before, after in itertools.pairwise(channels):
            if settings.convolution == "valid":
                layer: nn.Module = nn.Conv2d(before, after, 4, stride=2)
            elif settings.convolution == "strided":
                layer = nn.Conv2d(before, after, 5, stride=2, padding=2)
            else:
                layer = nn.Sequential(nn.Conv2d(before, after, 5, padding=2), nn.MaxPool2d(2))
            layers.append(Normed(layer, after, settings))
        self.layers = nn.Sequential(*layers)
        self.outputs = channels[-1] * (4 if settings.convolution == "valid" else 16)

    def forward(self, images: Tensor) -> Tensor:
        """(n, 3, 64, 64) in 0..1 → (n, outputs)."""
        x = self.layers((images - 0.5).contiguous(memory_format=torch.channels_last))
        return x.permute(0, 2, 3, 1).flatten(1)


class Decoder(nn.Module):
    """Decodes h and z to images.

    With padded convolutions its first layer is Dreamer 3's: a block-diagonal layer on h, plus a
    layer on z behind a hidden one.
    """

    def __init__(self, settings: RssmSettings, width: int) -> None:
        super().__init__()
        self.settings = settings
        inner = [settings.depth * each for each in settings.multiples]
        self.inner = inner[-1]
        channels = [*reversed(inner[:-1]), 3]
        if settings.convolution == "valid":
            self.first = nn.Linear(settings.recurrent_size + width, 4 * self.inner)
            before = [4 * self.inner, *channels[:-1]]
        else:
            numbers, units = 16 * self.inner, 2 * settings.head_units
            self.from_h = BlockLinear(settings.recurrent_size, numbers, settings.blocks)
            self.from_z = nn.Sequential(
                Dense(width, units, settings.activation, settings.norm), nn.Linear(units, numbers)
            )
            self.finish = Normed(nn.Identity(), self.inner, settings)
            before = [self.inner, *channels[:-1]]
        layers: list[nn.Module] = []
        for place, (a, b) in enumerate(zip(before, channels, strict=True)):
            if settings.convolution == "valid":
                layer: nn.Module = nn.ConvTranspose2d(a, b, VALID_KERNELS[place], stride=2)
            elif settings.convolution == "strided":
                layer = nn.ConvTranspose2d(a, b, 5, stride=2, padding=2, output_padding=1)
            else:
                layer = nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(a, b, 5, padding=2))
            layers.append(layer if b == 3 and place == 3 else Normed(layer, b, settings))
        self.layers = nn.Sequential(*layers)

    def forward(self, h: Tensor, z: Tensor) -> Tensor:
        """Return images in 0..1, (n, 3, 64, 64); a normal output may lie outside that range.

        Args:
            h: (n, recurrent_size). z: (n, width).
        """
        layers = self.layers
        if self.settings.convolution == "valid":
            # A transposed convolution of one pixel is a matrix product, which is twice as fast.
            one = self.first(torch.cat([h, z], -1))
            head, *rest = layers
            assert isinstance(head, Normed) and isinstance(head.layer, nn.ConvTranspose2d)
            x = head.finish(spread(one, head.layer))
            layers = nn.Sequential(*rest)
        else:
            parts = self.from_h(h).unflatten(-1, (self.settings.blocks, 4, 4, -1))
            from_h = parts.permute(0, 2, 3, 1, 4).flatten(3)
            from_z = self.from_z(z).unflatten(-1, (4, 4, self.inner))
            x = self.finish((from_h + from_z).permute(0, 3, 1, 2))
        x = layers(x.contiguous(memory_format=torch.channels_last)).float()
        return x.sigmoid() if self.settings.image_output == "sigmoid" else x + 0.5

    def loss(self, decoded: Tensor, images: Tensor) -> Tensor:
        """Return each image's squared error, (n,), summed over its 12,288 values.

        For a normal output it is halved: the negative log-likelihood with σ = 1, up to a constant.
        """
        error = (decoded - images).square().sum((1, 2, 3))
        return error if self.settings.image_output == "sigmoid" else error / 2
