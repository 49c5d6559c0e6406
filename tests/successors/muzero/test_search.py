"""The search against DeepMind's mctx, whose results are stored in mctx.npz."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from world_models.successors.muzero.search import Predicted, considered_visits, grow, search

with np.load(Path(__file__).with_name("mctx.npz")) as file:
    KEPT: dict[str, Any] = dict(file)
CASES = range(len(KEPT["cases"]))


class Tables:
    """A case's random model; its latents are indices of states."""

    def __init__(self, case: int) -> None:
        self.kept = {
            name.split(".")[1]: torch.from_numpy(array)
            for name, array in KEPT.items()
            if name.startswith(f"{case}.")
        }
        self.actions, self.simulations, self.considered = map(int, KEPT["cases"][case])

    def predicted(self, states: Tensor, rewards: Tensor) -> Predicted:
        """Return the tables' predictions in place of the networks'."""
        return Predicted(states, rewards, self.kept["values"][states], self.kept["logits"][states])

    def dynamics(self, states: Tensor, actions: Tensor) -> Predicted:
        """Return the next states by the tables."""
        after = self.kept["following"][states, actions].long()
        return self.predicted(after, self.kept["rewards"][states, actions])

    def arguments(self) -> tuple[Any, ...]:
        """Return the arguments of `search`."""
        roots = self.kept["roots"].long()
        root = self.predicted(roots, torch.zeros(len(roots)))
        discount = float(KEPT["discount"])
        return (root, self.dynamics, self.kept["gumbel"], self.simulations, self.considered,
                discount)  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_as_mctx(case: int) -> None:
    """Actions, visits, values, improved policies and every node of the trees match mctx's."""
    tables = Tables(case)
    kept, found, tree = tables.kept, search(*tables.arguments()), grow(*tables.arguments())
    np.testing.assert_array_equal(found.visits, kept["visits"])
    np.testing.assert_array_equal(found.action, kept["action"])
    np.testing.assert_allclose(found.value, kept["value"], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(found.policy, kept["policy"], rtol=1e-3, atol=1e-5)
    np.testing.assert_array_equal(tree.visits, kept["node_visits"])
    np.testing.assert_allclose(tree.values, kept["node_values"], rtol=1e-4, atol=1e-4)
    top = torch.zeros_like(tree.rows)
    seen = kept["visits"] > 0
    np.testing.assert_allclose(tree.q(top)[seen], kept["q"][seen], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(tree.completed(top), kept["completed"], rtol=1e-3, atol=1e-4)


def test_roots_are_independent() -> None:
    """A root's tree is the same beside other roots."""
    tables = Tables(4)
    root, dynamics, gumbel, *rest = tables.arguments()
    whole = search(root, dynamics, gumbel, *rest)
    some = torch.tensor([3, 11])
    alone = search(Predicted(*(part[some] for part in root)), dynamics, gumbel[some], *rest)
    for ours, theirs in zip(alone, whole, strict=True):
        torch.testing.assert_close(ours, theirs[some])


def test_sequential_halving() -> None:
    """Each round gives all remaining actions equal visits; then half of them remain."""
    assert considered_visits(4, 8) == (0, 0, 0, 0, 1, 1, 2, 2)
    assert considered_visits(1, 3) == (0, 1, 2)
    assert considered_visits(2, 1) == (0,)
    assert len(considered_visits(16, 50)) == 50


def test_the_noise_draws_from_the_policy() -> None:
    """With one considered action, Gumbel noise samples from the policy (Gumbel-max)."""
    logits = torch.tensor([[0.0, 1.0, 2.0, -1.0]]).expand(20_000, 4)
    uniform = torch.rand(20_000, 4, generator=torch.Generator().manual_seed(0))
    nothing = torch.zeros(20_000)
    root = Predicted(torch.zeros(20_000, 1), nothing, nothing, logits)
    found = search(
        root, lambda latent, _: Predicted(latent, nothing, nothing, logits),
        -(-uniform.log()).log(), 1, 1, 1.0,
    )  # fmt: skip
    drawn = torch.bincount(found.action, minlength=4) / 20_000
    torch.testing.assert_close(drawn, logits[0].softmax(-1), atol=0.015, rtol=0)
