"""Actor and critic, which learn in imagination; Dreamer 3's critic also from the replay."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from world_models.successors.actions import ActionSpace
from world_models.successors.rssm.model import Batch, Model
from world_models.successors.rssm.networks import Mlp
from world_models.successors.rssm.policies import Policy, noise_of, outputs_of, policy_of
from world_models.successors.rssm.returns import Spread, lambda_returns
from world_models.successors.rssm.settings import RssmSettings

ACTOR_SCALE = 0.01  # of the actor's initial last layer: it starts near uniform


class Imagination(NamedTuple):
    """n imagined episodes of H steps.

    Attributes:
        features: (H + 1, n, features): [h, z] of the states; the first was observed.
        raw: (H, n, size): the raw action in each state but the last.
    """

    features: Tensor
    raw: Tensor


class Losses(NamedTuple):
    """What is learnt from imagined episodes.

    Attributes:
        actor, critic: losses. terms: what the curve shows.
        returns: (H, n), λ-returns, without gradients.
    """

    actor: Tensor
    critic: Tensor
    terms: dict[str, Tensor]
    returns: Tensor


class ActorCritic(nn.Module):
    """The actor, and the critic that values its states.

    A value is the return after a state, without the reward that came with it. The authors' first
    two versions include that reward, which adds the same to returns and values.

    Args:
        settings: the preset's. features: length of [h, z]. space: the action space.
    """

    def __init__(self, settings: RssmSettings, features: int, space: ActionSpace) -> None:
        super().__init__()
        self.settings, self.space = settings, space
        head = settings.head_units, settings.activation, settings.norm
        self.actor = Mlp(features, outputs_of(space), settings.actor_layers, *head, ACTOR_SCALE)
        self.pathwise = settings.actor_gradient == "pathwise" or (
            settings.actor_gradient == "auto" and not space.discrete
        )
        scale = 0.0 if settings.scalar_output == "two_hot" else 1.0
        size = 255 if settings.scalar_output == "two_hot" else 1
        self.critic = Mlp(features, size, settings.critic_layers, *head, scale)
        self.slow_critic = Mlp(features, size, settings.critic_layers, *head, scale)
        self.slow_critic.requires_grad_(False)
        self.spread = Spread()

    def policy(self, features: Tensor) -> Policy:
        """Return the actor's distributions for states, (..., features)."""
        return policy_of(self.actor(features), self.space, self.settings)

    def imagine(
        self, model: Model, h: Tensor, z: Tensor, generator: torch.Generator
    ) -> Imagination:
        """Imagine episodes from observed states: h, (n, recurrent_size), and z, (n, width)."""
        steps, device = self.settings.horizon, h.device
        shape = steps, len(h)
        acting = torch.randn(*shape, noise_of(self.space), generator=generator).to(device)
        noise = torch.randn(*shape, model.dynamics.latent.noise, generator=generator).to(device)
        features, drawn = [torch.cat([h, z], -1)], []
        for step in range(steps):
            raw = self.policy(features[-1].detach()).sample(acting[step])
            h, z = model.dynamics.imagine(h, z, self.space.to_task(raw), noise[step])
            features.append(torch.cat([h, z], -1))
            drawn.append(raw)
        return Imagination(torch.stack(features), torch.stack(drawn))

    def losses(
        self, model: Model, h: Tensor, z: Tensor, goes_on: Tensor, generator: torch.Generator
    ) -> Losses:
        """Imagine episodes and return the losses.

        Args:
            h, z: observed states without gradients, as for `imagine`.
            goes_on: (n,), 0 where the game has ended, else 1.
        """
        settings, scalar = self.settings, model.scalar
        with torch.set_grad_enabled(self.pathwise):
            features, raw = self.imagine(model, h, z, generator)
            rewards = model.reward(features[1:])
            discounts = settings.discount * model.continues(features[1:])
            judge = self.slow_critic if settings.slow_critic == "target" else self.critic
            values = scalar.mean(judge(features[1:]))
            returns = lambda_returns(rewards, discounts, values, settings.return_lambda)
        weights = torch.cat([goes_on[None], discounts[:-1]]).detach().cumprod(0)
        states, target = features[:-1].detach(), returns.detach()
        outputs = self.critic(states)
        scale = self.spread.update(target) if settings.normalise_returns else torch.ones(())
        policy = self.policy(states)
        if self.pathwise:
            gain = returns / scale
        else:
            advantages = (target - scalar.mean(outputs).detach()) / scale
            gain = policy.log_probability(raw) * advantages
        entropy = policy.entropy()
        actor = -(weights * (gain + settings.entropy_scale * entropy)).mean()
        critic = (weights * self._critic_loss(model, outputs, target, states)).mean()
        terms = {"actor": actor, "critic": critic, "entropy": entropy.mean(),
                 "imagined_return": target[0].mean()}  # fmt: skip
        return Losses(actor, critic, terms, target)

    def replay_loss(self, model: Model, h: Tensor, z: Tensor, batch: Batch, boot: Tensor) -> Tensor:
        """Return the critic's loss on replayed steps (Dreamer 3); the model gets gradients, too.

        Args:
            h, z: (T, n, ...), the states of the batch. boot: (T, n), their imagined returns.
        """
        features, settings = torch.cat([h, z], -1), self.settings
        going = (~batch.terminated[1:]).float() * settings.discount
        shares = (~batch.last[1:]).float() * settings.return_lambda
        returns = lambda_returns(batch.rewards[1:], going, boot[1:], shares)
        outputs = self.critic(features[:-1])
        loss = self._critic_loss(model, outputs, returns.detach(), features[:-1].detach())
        return ((~batch.last[:-1]).float() * loss).mean()

    def _critic_loss(self, model: Model, outputs: Tensor, target: Tensor, states: Tensor) -> Tensor:
        loss = model.scalar.loss(outputs, target)
        if self.settings.slow_critic == "regulariser":
            with torch.no_grad():
                slow = model.scalar.mean(self.slow_critic(states))
            loss = loss + model.scalar.loss(outputs, slow)
        return loss

    @torch.no_grad()
    def move_slow_critic(self, update: int) -> None:
        """Move the slow critic towards the critic, if due; `update` is counted from 0."""
        if update % self.settings.slow_critic_every == 0:
            pairs = zip(self.slow_critic.parameters(), self.critic.parameters(), strict=True)
            for slow, fast in pairs:
                slow.lerp_(fast, self.settings.slow_critic_rate)
