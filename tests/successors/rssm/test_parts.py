"""Latents, scalars, policies, returns, optimisers and CEM against closed forms and brute force."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.successors.toys import settings_of
from world_models.successors.actions import ActionSpace
from world_models.successors.rssm.cem import search
from world_models.successors.rssm.latents import CategoricalLatent, NormalLatent, draw
from world_models.successors.rssm.model import Model
from world_models.successors.rssm.networks import BlockLinear
from world_models.successors.rssm.optimiser import LaProp
from world_models.successors.rssm.policies import (
    BoundedNormal,
    Choice,
    TanhNormal,
    TruncatedNormal,
    policy_of,
)
from world_models.successors.rssm.returns import Spread, lambda_returns
from world_models.successors.rssm.scalars import BINS, TwoHotScalar, symexp, symlog


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def test_symlog_and_back() -> None:
    """symlog is inverted by symexp and odd, with a known value."""
    x = torch.tensor([-1e4, -3.0, -1e-3, 0.0, 1e-3, 0.5, 7.0, 1e6], dtype=torch.float64)
    torch.testing.assert_close(symexp(symlog(x)), x)
    torch.testing.assert_close(symlog(symexp(x.clamp(-20, 20))), x.clamp(-20, 20))
    torch.testing.assert_close(symlog(-x), -symlog(x))
    assert symlog(torch.tensor(math.e - 1)).item() == pytest.approx(1)


def test_two_hot_begins_at_zero() -> None:
    """Uniform outputs have a mean of exactly 0, in any shape."""
    assert (TwoHotScalar().mean(torch.zeros(5, 7, BINS)) == 0).all()


def test_two_hot_means_what_it_learnt() -> None:
    """The optimal outputs for a target have it as their mean: on, between and beyond the bins."""
    scalar = TwoHotScalar()
    targets = torch.tensor([-1e3, -2.5, -0.1, 0.0, 0.1, 1.0, 17.3, 5e5, 1e9])
    for target in targets:
        # The loss is the cross-entropy with the two-hot target: read the target off its gradient.
        raw = torch.zeros(BINS, requires_grad=True)
        scalar.loss(raw, target).backward()
        assert raw.grad is not None
        two_hot = raw.softmax(0).detach() - raw.grad
        assert (two_hot > 1e-5).sum() <= 2
        mean = float((two_hot.double() * scalar.bins.double()).sum())
        assert mean == pytest.approx(float(target.clamp(max=scalar.bins[-1])), rel=2e-2, abs=0.1)


@pytest.mark.parametrize("latent", [NormalLatent(3), CategoricalLatent(3, 4, 0.01)])
def test_divergence(latent: NormalLatent | CategoricalLatent) -> None:
    """The KL divergence is PyTorch's, and 0 between equal distributions."""
    left, right = torch.randn(2, 5, latent.statistics)
    if isinstance(latent, NormalLatent):
        sides = [
            torch.distributions.Normal(m, torch.nn.functional.softplus(s) + 0.1)
            for m, s in (left.chunk(2, -1), right.chunk(2, -1))
        ]
        expected = torch.distributions.kl_divergence(*sides).sum(-1)
    else:
        sides = [
            torch.distributions.Categorical(0.99 * x.unflatten(-1, (3, 4)).softmax(-1) + 0.0025)
            for x in (left, right)
        ]
        expected = torch.distributions.kl_divergence(*sides).sum(-1)
    torch.testing.assert_close(latent.divergence(left, right), expected)
    torch.testing.assert_close(latent.divergence(left, left), torch.zeros(5))


def test_samples_follow_the_distribution() -> None:
    """Samples have the right frequencies; low temperature sharpens; samples include unimix."""
    probabilities = torch.tensor([0.5, 0.0, 0.2, 0.3]).expand(20000, 4)
    shares = draw(probabilities, torch.randn(20000)).mean(0)
    torch.testing.assert_close(shares, probabilities[0], atol=0.015, rtol=0)
    assert draw(probabilities[:2], torch.tensor([40.0, -40.0])).argmax(-1).tolist() == [3, 0]
    sure = torch.tensor([50.0, 0, 0, 0]).expand(20000, 4)
    mixed = CategoricalLatent(1, 4, 0.4).sample(sure, torch.randn(20000, 1)).mean(0)
    torch.testing.assert_close(mixed, torch.tensor([0.7, 0.1, 0.1, 0.1]), atol=0.015, rtol=0)
    logits = torch.tensor([1.0, 0, 0, 0]).expand(20000, 4)
    cold = CategoricalLatent(1, 4, 0).sample(logits, torch.randn(20000, 1), 0.5).mean(0)
    torch.testing.assert_close(cold, (logits[0] * 2).softmax(0), atol=0.015, rtol=0)


def test_straight_through() -> None:
    """A sample is one-hot, and has the gradient of the probabilities."""
    logits = torch.randn(6, 3 * 4, requires_grad=True)
    weights = torch.randn(6, 12)
    sample = CategoricalLatent(3, 4, 0.01).sample(logits, torch.randn(6, 3))
    hard = sample.detach().unflatten(-1, (3, 4)).round()
    torch.testing.assert_close(sample.detach(), hard.flatten(-2))
    assert (hard.sum(-1) == 1).all()
    (ours,) = torch.autograd.grad((sample * weights).sum(), logits)
    soft = 0.99 * logits.unflatten(-1, (3, 4)).softmax(-1) + 0.0025
    (expected,) = torch.autograd.grad((soft.flatten(-2) * weights).sum(), logits)
    torch.testing.assert_close(ours, expected)


def test_lambda_returns_by_brute_force() -> None:
    """Returns are λ-weighted means of all n-step returns, with ends inside, for λ = 0 and 1 too."""
    rng = np.random.default_rng(0)
    rewards, values = rng.standard_normal((2, 6, 4))
    discounts = 0.9 * (rng.random((6, 4)) > 0.2)
    for share in (0.0, 0.6, 1.0):
        ours = lambda_returns(*map(torch.from_numpy, (rewards, discounts, values)), share)
        for start in range(6):
            whole, weight = np.zeros(4), 1.0
            for last in range(start, 6):  # the n-step return that bootstraps after step `last`
                n_step, product = np.zeros(4), np.ones(4)
                for step in range(start, last + 1):
                    n_step += product * rewards[step]
                    product = product * discounts[step]
                n_step += product * values[last]
                whole += (weight * (1 - share) if last < 5 else weight) * n_step
                weight *= share
            np.testing.assert_allclose(ours[start].numpy(), whole, atol=1e-12)


def test_shares_may_differ() -> None:
    """A λ of 0 at a step cuts off what follows, as after an episode's last row."""
    rewards, discounts, values = torch.randn(3, 5, 2)
    shares = torch.full((5, 2), 0.95)
    shares[2] = 0
    ours = lambda_returns(rewards, discounts, values, shares)
    torch.testing.assert_close(ours[2], rewards[2] + discounts[2] * values[2])
    torch.testing.assert_close(
        ours[3:], lambda_returns(rewards[3:], discounts[3:], values[3:], 0.95)
    )


def test_spread_follows_the_percentiles() -> None:
    """The scale starts at 1, approaches P95 - P5, and is never below 1."""
    spread, returns = Spread(), torch.linspace(0, 100, 1001)
    assert spread.update(returns) == 1
    for _ in range(1000):
        scale = spread.update(returns)
    assert scale == pytest.approx(90, rel=1e-3)
    assert Spread().update(returns / 1000) == 1


def model(**changes: object) -> Model:
    """Return a small model of Dreamer 3."""
    return Model(settings_of("dreamer_3", **changes), 3)


def test_each_kl_reaches_one_side() -> None:
    """The dynamics loss trains the prior, the representation loss the posterior, by weight."""
    posterior, prior = torch.randn(2, 7, 64, requires_grad=True)
    for weights, reached in (((1.0, 0.0), (False, True)), ((0.0, 1.0), (True, False))):
        dynamics, representation = weights
        changed = model(kl_dynamics=dynamics, kl_representation=representation, free_nats=0.0)
        loss, _ = changed.divergence(posterior, prior)
        slopes = torch.autograd.grad(loss, (posterior, prior), allow_unused=True)
        found = tuple(slope is not None and bool(slope.abs().sum() > 0) for slope in slopes)
        assert found == reached
    balanced, _ = model(kl_dynamics=0.8, kl_representation=0.2, free_nats=0.0).divergence(
        posterior, prior
    )
    equal, kl = model(kl_dynamics=1.0, kl_representation=1.0, free_nats=0.0).divergence(
        posterior, prior
    )
    assert balanced.item() == pytest.approx(kl.item()) == pytest.approx(equal.item() / 2)
    ours = torch.autograd.grad(balanced, (posterior, prior), retain_graph=True)
    whole = torch.autograd.grad(equal, (posterior, prior))
    torch.testing.assert_close(ours[0], 0.2 * whole[0])
    torch.testing.assert_close(ours[1], 0.8 * whole[1])


def test_free_nats() -> None:
    """A KL below the floor gives no gradient; the floor applies to each step or to the mean."""
    latent = CategoricalLatent(8, 8, 0.01)
    posterior = torch.randn(2, 64) * torch.tensor([[0.1], [3.0]])
    posterior.requires_grad_()
    prior = torch.zeros(2, 64)
    low, high = latent.divergence(posterior, prior).tolist()
    assert low < 1 < high
    for of, reached in (("step", [False, True]), ("mean", [True, True])):
        loss, _ = model(free_nats_of=of, free_nats=1.0).divergence(posterior, prior)
        (slope,) = torch.autograd.grad(loss, posterior)
        assert (slope.abs().sum(1) > 0).tolist() == reached
    loss, _ = model(free_nats_of="mean", free_nats=high).divergence(posterior, prior)
    assert torch.autograd.grad(loss, posterior)[0].abs().sum() == 0
    assert loss.item() == pytest.approx(1.1 * high)


OUTPUTS = torch.tensor([[0.3, -0.8, 0.1, -1.0]], dtype=torch.float32)


@pytest.mark.parametrize("kind", [BoundedNormal, TanhNormal, TruncatedNormal])
def test_number_policies(kind: type[BoundedNormal] | type[TanhNormal]) -> None:
    """Densities integrate to 1, and entropies are the samples' mean negative log-likelihood."""
    outputs = OUTPUTS if kind is not TanhNormal else OUTPUTS - torch.tensor([0, 0, 4.5, 4.5])
    policy = kind(outputs)
    edge = 1 if kind is not BoundedNormal else 8
    line = torch.linspace(-edge, edge, 200001)
    one = kind(outputs[:, [0, 2]])
    density = one.log_probability(line[:, None]).exp()
    inner = density[1:-1].sum() * (line[1] - line[0])
    assert inner.item() == pytest.approx(1, abs=5e-3)
    sample = policy.sample(torch.randn(40000, 2))
    surprise = -policy.log_probability(sample).mean()
    assert policy.entropy().item() == pytest.approx(surprise.item(), abs=0.03)
    if kind is not BoundedNormal:
        assert sample.abs().max() <= 1


def test_choices() -> None:
    """A choice has the right entropy, probabilities and mode; unimix keeps all choices possible."""
    policy = Choice(torch.tensor([[100.0, 0.0, 0.0]]), 0.03)
    chances = policy.log_probability(torch.eye(3)).exp()
    torch.testing.assert_close(chances, torch.tensor([0.98, 0.01, 0.01]))
    assert policy.mode().tolist() == [[1, 0, 0]]
    expected = torch.distributions.Categorical(torch.tensor([0.98, 0.01, 0.01])).entropy()
    assert policy.entropy().item() == pytest.approx(expected.item(), abs=1e-5)


def test_reinforce_follows_the_true_gradient() -> None:
    """The mean of ∇ log π(a) Q(a) over samples matches finite differences of the expected Q."""
    gains = torch.tensor([1.0, -2.0, 0.5, 3.0])
    logits = torch.tensor([0.2, -0.5, 0.1, 0.4], dtype=torch.float64)

    def expected(at: Tensor) -> float:
        return float((at.softmax(0) * gains).sum())

    nudges = torch.eye(4, dtype=torch.float64) * 1e-4
    gradient = [(expected(logits + n) - expected(logits - n)) / 2e-4 for n in nudges]
    at = logits.float().requires_grad_()
    space = ActionSpace(torch.zeros(4), torch.ones(4), torch.eye(4))
    policy = policy_of(at.expand(200000, 4), space, settings_of("dreamer_2"))
    sample = policy.sample(torch.randn(200000, 1)).detach()
    loss = (policy.log_probability(sample) * (sample @ gains)).mean()
    (ours,) = torch.autograd.grad(loss, at)
    np.testing.assert_allclose(ours.numpy(), gradient, atol=0.02)


def test_block_linear_is_a_block_diagonal_matrix() -> None:
    """Each block of outputs depends only on its own block of inputs."""
    layer = BlockLinear(6, 9, 3)
    nn.init.normal_(layer.weight)
    nn.init.normal_(layer.bias)
    x = torch.randn(4, 6)
    whole = torch.block_diag(*layer.weight)
    torch.testing.assert_close(layer(x), x @ whole + layer.bias)


def test_laprop() -> None:
    """Three steps match float64 by hand: clipped relative to the weight's norm, then normalised."""
    weight = nn.Parameter(torch.tensor([3.0, -4.0], dtype=torch.float64))
    optimiser = LaProp([{"params": [weight], "lr": 0.1}], 1e-20, 0.3, warmup=2)
    value, square, momentum = weight.detach().numpy().copy(), np.zeros(2), np.zeros(2)
    for step, slope in enumerate(([1.0, 2.0], [-10.0, 0.5], [0.1, 0.1]), start=1):
        weight.grad = torch.tensor(slope, dtype=torch.float64)
        optimiser.step()
        slope = np.array(slope) * min(1, 0.3 * np.linalg.norm(value) / np.linalg.norm(slope))
        square = 0.999 * square + 0.001 * slope**2
        momentum = 0.9 * momentum + 0.1 * slope / np.sqrt(square / (1 - 0.999**step))
        value = value - 0.1 * min(1, step / 2) * momentum / (1 - 0.9**step)
        np.testing.assert_allclose(weight.detach().numpy(), value, rtol=1e-9)


def test_cem_finds_a_known_optimum() -> None:
    """CEM finds the optimum of a smooth score, inside the bounds or clipped to them."""
    target = torch.tensor([[0.5, -0.3], [0.1, 0.9], [-0.7, 0.0]])
    for best, tolerance in ((target, 0.03), (torch.full((3, 2), 2.0), 0.01)):
        found = search(
            lambda drawn, best=best: -(drawn - best).square().sum((1, 2)),
            3, 2, 1000, 100, 10, torch.Generator().manual_seed(1), torch.device("cpu"),
        )  # fmt: skip
        torch.testing.assert_close(found, best.clamp(-1, 1), atol=tolerance, rtol=0)
