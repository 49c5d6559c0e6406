"""An RSSM's update: the world model learns from the replay, the behaviour in imagination."""

import itertools

import numpy as np
import torch
from torch import Tensor

from world_models.play.actors import Actor
from world_models.successors.driver import columns
from world_models.successors.replay import Replay
from world_models.successors.rssm.agent import Agent, RssmActor
from world_models.successors.rssm.behaviour import ActorCritic
from world_models.successors.rssm.model import Batch, Learnt, to_batch
from world_models.successors.rssm.optimiser import optimiser_of

MODEL_TERMS = ("image", "reward", "continue", "kl")
BEHAVIOUR_TERMS = ("actor", "critic", "entropy", "imagined_return")


class RssmLearner:
    """The `Learner` that `successors.training.Training` trains.

    Args:
        agent: still untrained, on its device.
    """

    def __init__(self, agent: Agent) -> None:
        self.module, self.settings = agent, agent.settings
        self.device = next(agent.parameters()).device
        self.columns = columns(agent.space.action_size)
        self.terms = (*MODEL_TERMS, *BEHAVIOUR_TERMS)
        self.updates = torch.zeros((), dtype=torch.int64)
        agent.register_buffer("updates", self.updates)
        settings, self.parts = agent.settings, {"model": list(agent.model.parameters())}
        rates = {"model": settings.model_learning_rate}
        if agent.behaviour is not None:
            self.parts["actor"] = list(agent.behaviour.actor.parameters())
            self.parts["critic"] = list(agent.behaviour.critic.parameters())
            rates["actor"] = settings.actor_learning_rate
            rates["critic"] = settings.critic_learning_rate
        self.optimiser = optimiser_of(settings, [(self.parts[n], rates[n]) for n in self.parts])

    def actor(self, slots: int) -> Actor:
        """Return an actor that explores."""
        return RssmActor(self.module, slots, explores=True)

    def update(self, replay: Replay, seed: int) -> dict[str, float]:
        """Learn from one batch; return the loss terms."""
        settings = self.settings
        rng, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
        rows = replay.draw(rng, settings.batch_size, settings.batch_length)
        batch = to_batch(rows, settings, self.device)
        self.optimiser.zero_grad(set_to_none=True)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=settings.mixed_precision):
            learnt = self.module.model.learn(batch, generator)
            terms = learnt.terms
            if self.module.behaviour is None:
                learnt.loss.backward(inputs=self.parts["model"])
            else:
                terms |= self._behave(self.module.behaviour, batch, learnt, generator)
        self.optimiser.step()
        if self.module.behaviour is not None:
            self.module.behaviour.move_slow_critic(int(self.updates))
        self.updates += 1
        names = list(terms)
        values = torch.stack([terms[name].detach().float() for name in names]).tolist()
        return dict(zip(names, values, strict=True))

    def _behave(
        self, behaviour: ActorCritic, batch: Batch, learnt: Learnt, generator: torch.Generator
    ) -> dict[str, Tensor]:
        """Backpropagate each part's loss into its own weights; return the behaviour's terms."""
        settings, model = self.settings, self.module.model
        h, z = (part.detach().flatten(0, 1) for part in (learnt.h, learnt.z))
        goes_on = (~batch.terminated).float().flatten()
        losses = behaviour.losses(model, h, z, goes_on, generator)
        loss, inputs = learnt.loss, [self.parts["model"]]
        if settings.replay_value_scale:
            boot = losses.returns[0].unflatten(0, batch.first.shape)
            replayed = behaviour.replay_loss(model, learnt.h, learnt.z, batch, boot)
            loss = loss + settings.replay_value_scale * replayed
            inputs.append(self.parts["critic"])
        loss.backward(inputs=list(itertools.chain(*inputs)))
        losses.critic.backward(inputs=self.parts["critic"])
        losses.actor.backward(inputs=self.parts["actor"])
        return losses.terms
