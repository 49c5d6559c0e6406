"""What a world model is to everything that is played in or with it.

V + M of the paper is one (`vision_memory`). In a recurrent state-space model (RSSM; Hafner et al.,
2019) the state is the GRU's and a stochastic latent, `observe` draws the latent from the posterior
and `imagine` from the prior.

A step of reality is `observe`, then an action, then `advance`. A step of a dream is an action, then
`imagine`.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import torch
from numpy.typing import NDArray
from torch import Tensor

from world_models.errors import WorldModelsError
from world_models.tasks.contract import Task

State = Any
"""A NamedTuple of tensors, float32 on the model's device, each with a row for each episode."""


class Imagined(NamedTuple):
    """A step that a world model imagined, for n episodes.

    Attributes:
        state: the state after the step.
        reward: (n,), of the step's action; None if the model predicts none.
        death_logit: (n,), above 0 where the action ended the episode; None if the model predicts
            no deaths.
    """

    state: State
    reward: Tensor | None
    death_logit: Tensor | None


class WorldModel(Protocol):
    """A model of an environment, for a batch of episodes side by side.

    Methods take any subset of the episodes: states, observations, actions and noise with a row for
    each. All randomness is in the noise that the caller draws, standard normal numbers that belong
    to the episodes. No gradient flows.

    Attributes:
        slots: how many rows a batch has at most; arithmetic may be laid out for so many.
        device: where the states are.
        action_size: numbers in an action.
        predicts_reward, predicts_death: `imagine` returns these.
        observe_noise, imagine_noise: numbers of noise that a row of `observe` or `imagine` takes.
    """

    slots: int
    device: torch.device
    action_size: int
    predicts_reward: bool
    predicts_death: bool
    observe_noise: int
    imagine_noise: int

    def initial(self, rows: int) -> State:
        """Return the state of `rows` episodes before anything was observed or done."""
        ...

    def begin(self, seeds: Sequence[int]) -> State:
        """Return the states in which the dreams that belong to `seeds` begin, a row for each.

        It is as if a recorded first observation had been seen. Which one, and what noise it was
        seen with, depends on the seed alone.
        """
        ...

    def observe(self, state: State, observations: NDArray[Any], noise: Tensor) -> State:
        """Return the state after seeing what the environment shows.

        Args:
            state: n episodes after `initial` or `advance`.
            observations: frames, uint8 (n, 64, 64, 3).
            noise: (n, observe_noise).
        """
        ...

    def advance(self, state: State, actions: Tensor) -> State:
        """Return the state after an action whose outcome will be observed.

        It is the part of a step that is the same in reality and in a dream. It stands apart from
        `imagine` because in reality nothing has to be drawn, and because the two may compute
        differently: scores in the real environment are float32, whatever dreams are laid out for.

        Args:
            state: n episodes. actions: (n, action_size), taken on seeing the state.
        """
        ...

    def imagine(self, state: State, actions: Tensor, temperature: float, noise: Tensor) -> Imagined:
        """Imagine a step.

        Args:
            state: n episodes. actions: (n, action_size), taken on seeing the state.
            temperature: τ > 0, how uncertain the outcome is; 1 is as the model learnt it.
            noise: (n, imagine_noise).
        """
        ...

    def features(self, state: State, parts: Sequence[str]) -> Tensor:
        """Lay parts of the state side by side, (n, …): what a controller sees.

        Raises:
            WorldModelsError: the state has no part of that name.
        """
        ...


def check_actions(world_model: WorldModel, task: Task) -> None:
    """Refuse a world model whose actions have another size than the task's.

    Raises:
        WorldModelsError: they have.
    """
    if world_model.action_size != task.action_size:
        raise WorldModelsError(
            f"world model: takes actions of {world_model.action_size} numbers, but {task.name}'s "
            f"have {task.action_size}; load the one of this task"
        )
