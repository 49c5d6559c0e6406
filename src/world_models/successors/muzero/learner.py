"""MuZero's update: the model, unrolled from replayed states, learns search results and rewards.

Policy and value targets are always fresh (Reanalyse): the target network, an older copy, runs a
search at every row of the batch, and gives the values that n-step targets bootstrap from.
"""

import numpy as np
import torch
from torch import Tensor, nn

from world_models.play.actors import Actor
from world_models.successors.actions import gumbel_of
from world_models.successors.driver import columns
from world_models.successors.muzero.agent import Agent, MuzeroActor
from world_models.successors.muzero.networks import Network
from world_models.successors.muzero.sample import Rows, Seen
from world_models.successors.muzero.search import search
from world_models.successors.muzero.support import cross_entropy
from world_models.successors.replay import Replay

TERMS = ("policy", "value", "reward", "root_value", "target_value", "entropy")


class HalfGradient(torch.autograd.Function):
    """The identity, but it halves the gradient; applied before each dynamics step (appendix G)."""

    @staticmethod
    def forward(ctx: object, x: Tensor) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def backward(ctx: object, grad: Tensor) -> Tensor:  # type: ignore[override]
        return grad / 2


class MuzeroLearner:
    """The `Learner` that `successors.training.Training` trains.

    Args:
        agent: still untrained, on its device.
    """

    terms = TERMS

    def __init__(self, agent: Agent) -> None:
        self.module, self.settings = agent, agent.settings
        self.device = next(agent.parameters()).device
        self.columns = columns(agent.space.action_size)
        self.updates = torch.zeros((), dtype=torch.int64)
        agent.register_buffer("updates", self.updates)
        assert agent.space.choices is not None
        self.choices = agent.space.choices.cpu().numpy()
        settings = agent.settings
        self.optimiser = torch.optim.AdamW(
            agent.network.parameters(), settings.learning_rate, weight_decay=settings.weight_decay
        )

    def actor(self, slots: int) -> Actor:
        """Return an actor that explores."""
        return MuzeroActor(self.module, slots, explores=True)

    def update(self, replay: Replay, seed: int) -> dict[str, float]:
        """Learn from one batch; return the loss terms."""
        settings = self.settings
        rng, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
        rows = Rows(replay, self.choices, settings.history)
        states, unroll = rows.states(rng, settings.batch_size), settings.batch_length - 1
        actions, targets = rows.targets(states, settings.td_steps, unroll, settings.discount)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=settings.mixed_precision):
            boot, policy = self._fresh(rows, states, targets.boot, generator)
            value = self._on(targets.values) + self._on(targets.boot_discount) * boot
            seen = rows.seen(states)
            terms = self._learn(
                seen, self._on(actions), self._on(targets.rewards), value, policy,
                self._on(targets.counts), self._on(targets.alive),
            )  # fmt: skip
        self.updates += 1
        if int(self.updates) % settings.target_every == 0:
            self.module.copy()
        values = torch.stack([terms[name].detach().float() for name in TERMS]).tolist()
        return dict(zip(TERMS, values, strict=True))

    def _on(self, array: np.ndarray) -> Tensor:  # type: ignore[type-arg]
        return torch.from_numpy(array).to(self.device)

    def _represent(self, network: Network, seen: Seen) -> Tensor:
        return network.represent(self._on(seen.frames), self._on(seen.actions))

    @torch.no_grad()
    def _fresh(
        self,
        rows: Rows,
        states: np.ndarray,
        boot: np.ndarray,
        generator: torch.Generator,  # type: ignore[type-arg]
    ) -> tuple[Tensor, Tensor]:
        """Return the values to bootstrap from, and the improved policies, (n, unroll + 1, ...).

        The values are those at the rows where n-step sums end; the policies, at the unrolled rows.
        """
        settings, network = self.settings, self.module.target
        unrolled = states[:, None] + np.arange(boot.shape[1])
        # The two sets of rows overlap; each row is encoded once.
        row_numbers = np.concatenate([unrolled, states[:, None] + boot])
        unique, index = np.unique(row_numbers.clip(max=rows.kept - 1), return_inverse=True)
        known = network.predict(self._represent(network, rows.seen(unique)))
        places = torch.from_numpy(index.reshape(row_numbers.shape)).to(self.device)
        at, ends = places[: len(states)], places[len(states) :]
        searched, back = at.unique(return_inverse=True)
        normal = torch.randn(len(searched), network.actions, generator=generator).to(self.device)
        root = type(known)(*(part[searched] for part in known))
        found = search(
            root, network.dynamics, gumbel_of(normal),
            settings.simulations, settings.considered, settings.discount, settings.least_spread,
        )  # fmt: skip
        return known.value[ends], found.policy[back]

    def _learn(
        self, seen: Seen, actions: Tensor, reward: Tensor, value: Tensor, policy: Tensor,
        counts: Tensor, alive: Tensor,
    ) -> dict[str, Tensor]:  # fmt: skip
        """Unroll the model and take an optimiser step; return the terms, means of the batch."""
        settings, network = self.settings, self.module.network
        network.train()
        latent = self._represent(network, seen)
        network.eval()
        latents = [latent]
        for step in range(actions.shape[1]):
            latent = network.advance(HalfGradient.apply(latent), actions[:, step])
            latents.append(latent)
        stacked = torch.stack(latents, 1)
        support, unroll = network.support, actions.shape[1]
        # The first state has weight 1, and each of the K unrolled ones 1 / K.
        weight = torch.full((unroll + 1,), 1 / unroll, device=self.device)
        weight[0] = 1
        value_logits, policy_logits = network.value(stacked), network.policy(stacked)
        losses = {
            "policy": cross_entropy(policy_logits, policy) * alive,
            "value": support.loss(value_logits, value) * counts,
        }
        paid = support.loss(network.reward(stacked[:, 1:]), reward[:, 1:]) * counts[:, 1:]
        means = {name: (each * weight).sum(1).mean() for name, each in losses.items()}
        means["reward"] = (paid * weight[1:]).sum(1).mean()
        loss = means["policy"] + settings.value_scale * means["value"] + means["reward"]
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), settings.gradient_clip)
        self.optimiser.step()
        first = policy[:, 0].clamp(min=1e-9)
        return means | {
            "root_value": support.mean(value_logits[:, 0]).mean(),
            "target_value": value[:, 0].mean(),
            "entropy": -(first * first.log()).sum(-1).mean(),
        }
