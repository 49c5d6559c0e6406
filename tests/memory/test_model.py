"""The MDN-RNN: the paper's parameter counts, windows and steps, restarts, checkpoints."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from world_models.errors import WorldModelsError
from world_models.memory.model import Initial, Memory, State, count_parameters, load, save
from world_models.storage.files import write_json


def small(sees_restart: bool = True) -> Memory:
    """Return a small M with all heads."""
    memory = Memory(3, 2, 8, 4, True, True, sees_restart).double()
    memory.initialise(torch.Generator().manual_seed(0))
    return memory


def sequence(streams: int = 5, steps: int = 7) -> tuple[Tensor, Tensor, Tensor]:
    """Return random latents, actions and restarts."""
    rng = torch.Generator().manual_seed(1)
    z, actions = (torch.randn(streams, steps, n, generator=rng).double() for n in (3, 2))
    return z, actions, (torch.rand(streams, steps, generator=rng) < 0.3).double()


@pytest.mark.parametrize(
    ("sizes", "heads", "paper"),
    [
        ((32, 3, 256, 5), (False, True, False), 422_368),
        ((64, 1, 512, 5), (True, False, True), 1_678_785),
    ],
)
def test_parameters_are_the_papers(
    sizes: tuple[int, int, int, int], heads: tuple[bool, bool, bool], paper: int
) -> None:
    """CarRacing's and Take Cover's M have exactly the paper's numbers of parameters."""
    assert count_parameters(Memory(*sizes, *heads)) == paper


@pytest.mark.parametrize("sees_restart", [False, True])
def test_a_window_is_its_steps(sees_restart: bool) -> None:
    """`forward` over a window gives the same as `step` by step, restarts included."""
    memory, (z, actions, restart) = small(sees_restart), sequence()
    state = State(torch.randn(5, 8).double(), torch.randn(5, 8).double())
    hs, last = memory(z, actions, restart, state)
    for t in range(7):
        state = memory.step(z[:, t], actions[:, t], restart[:, t], state)
        torch.testing.assert_close(hs[:, t], state.h)
    torch.testing.assert_close(tuple(last), tuple(state))


@pytest.mark.parametrize("sees_restart", [False, True])
def test_a_restart_forgets(sees_restart: bool) -> None:
    """After a restart nothing before it affects the output."""
    memory, (z, actions, _) = small(sees_restart), sequence()
    restart = torch.zeros(5, 7).double()
    restart[:, 4] = 1
    hs, _ = memory(z, actions, restart, State(torch.ones(5, 8).double(), torch.ones(5, 8).double()))
    alone, _ = memory(z[:, 4:], actions[:, 4:], restart[:, 4:], memory.zero_state(5))
    torch.testing.assert_close(hs[:, 4:], alone)


def test_it_is_an_lstm() -> None:
    """Without restarts M is PyTorch's LSTM with one bias; the forget gate's bias starts at 1."""
    memory, (z, actions, _) = small(False), sequence()
    reference = torch.nn.LSTM(5, 8, batch_first=True).double()
    order = torch.cat([torch.arange(0, 16), torch.arange(24, 32), torch.arange(16, 24)])
    with torch.no_grad():
        parts = (memory.weight_ih, memory.weight_hh, memory.bias, torch.zeros_like(memory.bias))
        for own, part in zip(reference.parameters(), parts, strict=True):
            own.copy_(part[order])
    hs, _ = memory(z, actions, torch.zeros(5, 7).double(), memory.zero_state(5))
    torch.testing.assert_close(hs, reference(torch.cat([z, actions], dim=-1))[0])
    assert memory.bias[8:16].eq(1).all() and memory.bias[:8].eq(0).all()


def test_gradients() -> None:
    """The hand-written backward pass agrees with numerical differences."""
    memory, (z, actions, restart) = small(), sequence(2, 4)
    names = ("weight_ih", "weight_hh", "bias")
    start = [torch.randn(2, 8).double().requires_grad_() for _ in range(2)]

    def run(*values: Tensor) -> tuple[Tensor, Tensor]:
        parts = dict(zip(names, values[:3], strict=True))
        call = torch.func.functional_call
        hs, state = call(memory, parts, (z, actions, restart, State(*values[3:])))
        return hs, state.c

    weights = [getattr(memory, name).detach().clone().requires_grad_() for name in names]
    assert torch.autograd.gradcheck(run, (*weights, *start))


def test_the_reward_teaches_its_head_alone() -> None:
    """The reward's loss sends no gradient to M's other weights."""
    memory = small()
    z, actions, restart = sequence()
    hs, _ = memory(z, actions, restart, memory.zero_state(5))
    prediction = memory.heads(hs)
    assert prediction.reward is not None and prediction.reward.shape == (5, 7)
    prediction.reward.square().sum().backward()
    taught = {name for name, value in memory.named_parameters() if value.grad is not None}
    assert taught == {"reward_head.weight", "reward_head.bias"}


def test_weights_are_normalised() -> None:
    """Each dimension's mixture weights sum to 1; |log σ| is at most 20, so float32 can square σ."""
    memory = small()
    with torch.no_grad():
        memory.output.bias.mul_(0).add_(1e4)
    prediction = memory.heads(torch.randn(6, 8).double() * 1e4)
    torch.testing.assert_close(prediction.log_weights.exp().sum(-1), torch.ones(6, 3).double())
    assert prediction.log_sigmas.abs().max() <= 20


def written(folder: Path) -> Path:
    """Write a checkpoint and return its path."""
    memory = Memory(3, 1, 8, 4, True, False, True)
    initial = Initial(torch.randn(6, 3), torch.randn(6, 3))
    save(folder / "model.safetensors", "take_cover", memory, initial, settings={})
    return folder / "model.safetensors"


def test_checkpoint_round_trip(tmp_path: Path) -> None:
    """A loaded checkpoint has the saved weights, and they are frozen."""
    torch.manual_seed(0)
    path = written(tmp_path)
    memory, initial, about = load(path, "take_cover")
    torch.manual_seed(0)
    saved = Memory(3, 1, 8, 4, True, False, True).state_dict()
    assert {name: each.tolist() for name, each in memory.state_dict().items()} == {
        name: each.tolist() for name, each in saved.items()
    }
    assert torch.equal(initial.mu, torch.randn(6, 3)) and about["latent_size"] == 3
    assert about["parameters"] == count_parameters(memory)
    assert not any(value.requires_grad for value in memory.parameters())


def test_wrong_checkpoints(tmp_path: Path) -> None:
    """Another task's, an altered and an inconsistent checkpoint are each refused by name."""
    path = written(tmp_path)
    with pytest.raises(WorldModelsError, match=r"model.json: belongs to task take_cover"):
        load(path, "car_racing")
    about = json.loads(path.with_suffix(".json").read_text())
    changes: dict[str, dict[str, Any]] = {
        "does not fit the model": {"architecture": {**about["architecture"], "hidden_size": 9}},
        "do not fit latent_size 4": {"latent_size": 4},
        "is incomplete": {"architecture": {}},
    }
    for message, change in changes.items():
        write_json(path.with_suffix(".json"), {**about, **change})
        with pytest.raises(WorldModelsError, match=f"model.safetensors: .*{message}"):
            load(path, "take_cover")
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(WorldModelsError, match="truncated or altered"):
        load(path, "take_cover")


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_agrees_with_cpu() -> None:
    """A window and its gradients are the same on CPU and CUDA, up to rounding."""
    results = []
    for device in ("cpu", "cuda"):
        memory = small().to(device)
        parts = [part.to(device) for part in sequence()]
        hs, _ = memory(*parts, memory.zero_state(5))
        hs.square().sum().backward()
        assert memory.weight_hh.grad is not None
        results.append((hs.detach().cpu(), memory.weight_hh.grad.cpu()))
    torch.testing.assert_close(*results)


def test_no_field_is_forgotten() -> None:
    """The recorded architecture has all the constructor's arguments."""
    assert list(small().architecture) == [
        "latent_size", "action_size", "hidden_size", "mixtures",
        "predicts_death", "predicts_reward", "sees_restart",
    ]  # fmt: skip
