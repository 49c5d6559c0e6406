"""V: sizes, loss, reading order, learning, resuming."""

import itertools
import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.distributions import Normal, kl_divergence

from tests.finished import ROOT, run
from tests.kills import run_killed
from world_models.errors import WorldModelsError
from world_models.rollouts.store import Shard, write_store
from world_models.seeds import Purpose, derive
from world_models.storage.files import digest
from world_models.vision.fast_encoder import FastEncoder, is_fast
from world_models.vision.frames import FrameReader
from world_models.vision.loss import loss_terms
from world_models.vision.measure import moved
from world_models.vision.model import Vision, load, sample, to_frames, to_images
from world_models.vision.settings import VisionSettings
from world_models.vision.train import main


@pytest.mark.parametrize(("latent_size", "count"), [(32, 4_348_547), (64, 4_446_915)])
def test_parameter_counts(latent_size: int, count: int) -> None:
    """V has exactly the paper's number of parameters."""
    model = Vision(latent_size)
    assert sum(parameter.numel() for parameter in model.parameters()) == count


def test_the_decoder_is_four_transposed_convolutions() -> None:
    """Values and gradients match the paper's layers, applied one by one in float64."""
    torch.manual_seed(0)
    model, z = Vision(8).double(), torch.randn(3, 8).double()
    *inner, last = model.deconvolutions
    x = model.from_z(z)[:, :, None, None]
    for layer in inner:
        x = torch.relu(layer(x))
    expected, found = torch.sigmoid(last(x)), model.decode(z)
    assert torch.allclose(found, expected, rtol=1e-12)
    weights = list(model.deconvolutions.parameters())
    pairs = zip(
        torch.autograd.grad(found.square().sum(), weights),
        torch.autograd.grad(expected.square().sum(), weights),
        strict=True,
    )
    assert all(torch.allclose(*pair, rtol=1e-9, atol=1e-12) for pair in pairs)


def test_images_are_frames() -> None:
    """Channels move to the front and back; bytes survive the round trip."""
    frames = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3), dtype=np.uint8)
    images = to_images(frames)
    assert images[1, 2, 5, 7] == pytest.approx(frames[1, 5, 7, 2] / 255)
    assert np.array_equal(to_frames(images), frames)


def test_loss_against_distributions() -> None:
    """Terms: the squared error summed over pixels, and the KL of torch.distributions, floored."""
    torch.manual_seed(0)
    model, images, noise = Vision(8).double(), torch.rand(5, 3, 64, 64).double(), torch.randn(5, 8)
    mu, log_sigma2 = model.encode(images)
    sigma = torch.exp(log_sigma2 / 2)
    kl = kl_divergence(Normal(mu, sigma), Normal(0.0, 1.0)).sum(dim=1)
    decoded = model.decode(mu + sigma * noise)
    error = sum(float(((decoded[i] - images[i]) ** 2).sum()) for i in range(5)) / 5
    reconstruction, free = loss_terms(model, images, noise, VisionSettings(kl_tolerance=0.0))
    assert reconstruction.item() == pytest.approx(error, rel=1e-9)
    assert free.item() == pytest.approx(kl.mean().item(), rel=1e-6)
    _, floored = loss_terms(model, images, noise, VisionSettings(kl_tolerance=0.5))
    expected = torch.maximum(kl, torch.tensor(4.0)).mean().item()
    assert floored.item() == pytest.approx(expected, rel=1e-6)


def test_pixels_that_moved() -> None:
    """A square that jumps gives moved pixels at both its places; a new scene gives none."""
    images = torch.full((3, 3, 64, 64), 0.2)
    images[0, :, 10:14, 10:14] = images[1, :, 20:24, 10:14] = 0.9
    images[2] = 0.7
    change = moved(images)
    assert change.shape == (2, 1, 64, 64)
    assert change[0].sum() == 32 and change[0, 0, 10:14, 10:14].all()
    assert change[1].sum() == 0


def test_sample() -> None:
    """z has the mean μ and the variance σ²."""
    noise = torch.randn(200_000, 2, generator=torch.Generator().manual_seed(0))
    z = sample(torch.tensor([1.0, -2.0]), torch.tensor([0.0, -1.0]), noise)
    assert z.mean(dim=0).tolist() == pytest.approx([1, -2], abs=0.02)
    assert z.var(dim=0).tolist() == pytest.approx([1, np.exp(-1)], rel=0.02)


needs_fast_bytes = pytest.mark.skipif(not is_fast(), reason="needs a CPU that multiplies bytes")


@needs_fast_bytes
@pytest.mark.parametrize("count", [1, 8])
def test_fast_encoder(count: int) -> None:
    """The fast encoder matches V up to an 8-bit error that is small compared with scene changes.

    A frame gives the same result in batches of any size.
    """
    torch.manual_seed(0)
    model, rng = Vision(8).requires_grad_(False), np.random.default_rng(0)
    frames = np.stack([scene(rng) for _ in range(8)])
    encode = FastEncoder(model, 8)
    found = encode(torch.from_numpy(frames[:count]).permute(0, 3, 1, 2))
    for fast, right in zip(found, model.encode(to_images(frames)), strict=True):
        lost = (fast - right[:count]).square().mean().sqrt()
        assert lost < 0.1 * right.std(dim=0).norm()
    for one, all_ in zip(found, encode(torch.from_numpy(frames).permute(0, 3, 1, 2)), strict=True):
        torch.testing.assert_close(one, all_[:count])


@needs_fast_bytes
def test_fast_encoder_by_hand() -> None:
    """The first layer in integers matches the float64 sums that it represents."""
    torch.manual_seed(0)
    model = Vision(8).requires_grad_(False)
    fast, layer = FastEncoder(model, 8), model.convolutions[0]
    frames = torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8)
    weight, scales, zeros, bias = fast.layers[0]
    found = torch.ops.onednn.qconv_pointwise(
        frames, fast.scales[0], 0, weight, scales, zeros, bias, [2, 2], [0, 0], [1, 1], 1,
        fast.scales[1], 0, torch.uint8, "relu", [], "",
    )  # fmt: skip
    whole = (layer.weight / scales[:, None, None, None]).round().double()
    sums = torch.nn.functional.conv2d(frames.double(), whole, stride=2)
    exact = sums * scales[:, None, None].double() / 255 + layer.bias[:, None, None].double()
    steps = (exact.relu() / fast.scales[1]).round().clamp(0, 255)
    assert (found.double() - steps).abs().max() <= 1


def scene(rng: np.random.Generator) -> np.ndarray:
    """Return a frame with a bright square at a random place on a dark background."""
    frame = np.full((64, 64, 3), 40, dtype=np.uint8)
    row, column = rng.integers(0, 44, size=2)
    frame[row : row + 20, column : column + 20] = (250, 200, 60)
    return frame


def scenes(manifest: Path, lengths: list[int], seed: int) -> Shard:
    """Write a store of such frames, numbered by their first pixel."""
    rng, steps = np.random.default_rng(seed), sum(lengths)
    frames = np.stack([scene(rng) for _ in range(steps)])
    frames[:, 0, 0, 0] = np.arange(steps) % 251
    frames[:, 0, 0, 1] = np.arange(steps) // 251
    part = {
        "frames": frames,
        "actions": np.zeros((steps, 1), dtype=np.float32),
        "rewards": np.ones(steps, dtype=np.float32),
        "lengths": np.array(lengths),
        "ends": np.ones(len(lengths), dtype=np.uint8),
        "seeds": np.arange(len(lengths)),
    }
    write_store(manifest, "rollouts", "take_cover", [part])
    return Shard(manifest, "rollouts", "take_cover")


def numbers(batches: list[np.ndarray]) -> list[list[int]]:
    """Return the frames' numbers, batch by batch."""
    return [(b[:, 0, 0, 0].astype(int) + 251 * b[:, 0, 0, 1].astype(int)).tolist() for b in batches]


def test_reading_order(tmp_path: Path) -> None:
    """Each frame comes once per epoch, shuffled by the seed; reading can start at any batch."""
    shard = scenes(tmp_path / "0000.json", [700, 300], seed=0)
    reader = FrameReader([shard], 32, None)
    whole = numbers(list(reader.epoch(7)))
    assert len(whole) == reader.batches == 32
    assert sorted(itertools.chain(*whole)) == list(range(1000))
    assert list(itertools.chain(*whole)) != list(range(1000))
    assert whole[0] != numbers(list(reader.epoch(8)))[0]
    for first in (1, 15, 31):
        assert numbers(list(reader.epoch(7, first))) == whole[first:]
    some = FrameReader([shard], 32, 100)
    drawn = numbers(list(some.epoch(7)))
    assert [len(batch) for batch in drawn] == [32, 32, 32, 4]


def test_reading_order_across_pools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches that span pools, and resuming within them, lose and repeat no frame."""
    monkeypatch.setattr("world_models.vision.frames.CHUNKS_PER_POOL", 3)
    shard = scenes(tmp_path / "0000.json", [700, 300], seed=0)
    reader = FrameReader([shard], 50, None)
    whole = numbers(list(reader.epoch(3)))
    assert sorted(itertools.chain(*whole)) == list(range(1000))
    for first in range(reader.batches):
        assert numbers(list(reader.epoch(3, first))) == whole[first:]


SETTINGS = {
    "latent_size": 8, "epochs": 6, "batch_size": 10, "learning_rate": 1e-3, "threads": 1,
}  # fmt: skip


def arguments(tmp_path: Path, out: str, **changes: object) -> list[str]:
    """Return the training's options."""
    return [
        "--task", "take_cover", "--settings", json.dumps({**SETTINGS, **changes}),
        "--rollouts", str(tmp_path / "0000.json"), "--held-out", str(tmp_path / "0001.json"),
        "--output", str(tmp_path / out / "model.safetensors"),
        "--curve", str(tmp_path / out / "curve.csv"),
        "--metrics", str(tmp_path / out / "metrics.json"),
        "--progress", str(tmp_path / out / "progress"), "--save-every", "2", "--device", "cpu",
    ]  # fmt: skip


def trained(*argv: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run the stage."""
    return run("python", "-m", "world_models.vision.train", *argv, cwd=ROOT, check=check)


def test_learning_rate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The learning rate is constant, then decays by a constant factor, nearly to its minimum."""
    for name in ("0000.json", "0001.json"):
        scenes(tmp_path / name, [40], seed=0)
    step, rates = torch.optim.Adam.step, []

    def noting(self: torch.optim.Adam) -> None:
        rates.append(self.param_groups[0]["lr"])
        step(self)

    monkeypatch.setattr(torch.optim.Adam, "step", noting)
    changes = {"epochs": 3, "decay_epochs": 2, "learning_rate": 1e-2, "min_learning_rate": 1e-4}
    main([*arguments(tmp_path, "out", **changes), "--log", str(tmp_path / "log")])
    expected = [1e-2] * 4 + [1e-2 * 100 ** (-step / 8) for step in range(8)]
    np.testing.assert_allclose(rates, expected, rtol=1e-9)
    with pytest.raises(WorldModelsError, match="decay_epochs 4 exceeds epochs 3"):
        main(arguments(tmp_path, "out", epochs=3, decay_epochs=4))


@pytest.mark.slow
def test_learns_and_resumes(tmp_path: Path) -> None:
    """The loss falls, reconstructions beat the mean image, and kills change no byte."""
    scenes(tmp_path / "0000.json", [150, 50], seed=0)
    scenes(tmp_path / "0001.json", [50], seed=1)
    trained(*arguments(tmp_path, "whole"))
    curve = np.genfromtxt(tmp_path / "whole/curve.csv", delimiter=",", names=True)
    assert curve["loss"][-5:].mean() < curve["loss"][:5].mean() / 3
    metrics = json.loads((tmp_path / "whole/metrics.json").read_text())
    assert metrics["reconstruction_error"] < metrics["mean_image_error"] / 2

    argv = arguments(tmp_path, "killed")
    script = f"from world_models.vision.train import main\nmain({argv!r})\n"
    (tmp_path / "killed").mkdir()
    run_killed(script, tmp_path / "killed", np.random.default_rng(0).uniform(0, 1, 3))
    for name in ("model.safetensors", "model.json", "curve.csv", "metrics.json"):
        assert digest(tmp_path / "killed" / name) == digest(tmp_path / "whole" / name)
    assert (tmp_path / "killed/progress/snapshot.safetensors").exists()  # kept for a rerun


def test_wrong_input(tmp_path: Path) -> None:
    """A loss that isn't finite stops the training; other tasks and damage are refused.

    The V used here has `sampled=False`, so this also tests that its z are means, at no extra cost.
    """
    scenes(tmp_path / "0000.json", [60], seed=0)
    scenes(tmp_path / "0001.json", [60], seed=1)
    blown = trained(*arguments(tmp_path, "out", learning_rate=1e30), check=False)
    assert blown.returncode == 2
    assert "take_cover.vision: the loss is" in blown.stderr
    assert not (tmp_path / "out/model.safetensors").exists()

    trained(*arguments(tmp_path, "out", epochs=1, sampled=False))
    model = tmp_path / "out/model.safetensors"
    with torch.no_grad():
        mu, log_sigma2 = load(model, "take_cover")[0].encode(torch.rand(2, 3, 64, 64))
    assert torch.equal(sample(mu, log_sigma2, torch.randn_like(mu)), mu)
    with pytest.raises(WorldModelsError, match=r"model.json: belongs to task take_cover"):
        load(model, "car_racing")
    content = bytearray(model.read_bytes())
    content[-5] ^= 1
    model.write_bytes(content)
    with pytest.raises(WorldModelsError, match=r"model.safetensors: content differs"):
        load(model, "take_cover")
    assert derive(1, Purpose.TRAINING, "a") != derive(1, Purpose.TRAINING, "b")
