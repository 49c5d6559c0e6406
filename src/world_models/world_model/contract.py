"""The interface of world models, for agents that see through them and for dreams.

The paper's V + M is one (`vision_memory`). In a recurrent state-space model (RSSM; Hafner et al.,
2019) the state is the GRU's state plus a stochastic latent. `observe` draws the latent from the
posterior, `imagine` from the prior.

A step in the real environment is `observe`, then an action, then `advance`. A step in a dream is an
action, then `imagine`.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import torch
from numpy.typing import NDArray
from torch import Tensor

from world_models.errors import WorldModelsError
from world_models.tasks.contract import Task

State = Any
"""A NamedTuple of tensors, float32 on the model's device, each with one row per episode."""


class Imagined(NamedTuple):
    """A step that a world model imagined, for n episodes.

    Attributes:
        state: the state after the step.
        reward: (n,), of the step's action; None if the model predicts no rewards.
        death_logit: (n,), above 0 where the action causes death; None if the model predicts no
            deaths.
    """

    state: State
    reward: Tensor | None
    death_logit: Tensor | None


class WorldModel(Protocol):
    """A model of an environment, for a batch of episodes side by side.

    Methods take any subset of the episodes: states, observations, actions and noise have a row for
    each. Apart from `begin`, all randomness is in noise that the caller draws: standard normal
    numbers that belong to the episodes. No gradients flow.

    Attributes:
        slots: the maximum number of rows in a batch; arithmetic may be optimised for it.
        device: where the states are.
        action_size: numbers in an action.
        predicts_reward, predicts_death: whether `imagine` returns these.
        observe_noise, imagine_noise: how many noise values `observe` and `imagine` take per row.
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

        Each is the state after a recorded first observation. Which one, and with what noise,
        depends on the seed alone.
        """
        ...

    def observe(self, state: State, observations: NDArray[Any], noise: Tensor) -> State:
        """Return the state after observing the environment's frames.

        Args:
            state: n episodes after `initial` or `advance`.
            observations: frames, uint8 (n, 64, 64, 3).
            noise: (n, observe_noise).
        """
        ...

    def advance(self, state: State, actions: Tensor) -> State:
        """Return the state after an action whose outcome will be observed.

        This part of a step is the same in the real environment and in a dream. It is separate
        from `imagine` for two reasons. In the real environment nothing has to be drawn. And the two
        may differ in precision: scores in the real environment are computed in float32, whatever
        dreams use.

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
        """Concatenate parts of the state, (n, …), into what a controller sees.

        Raises:
            WorldModelsError: the state has no part of that name.
        """
        ...


def check_actions(world_model: WorldModel, task: Task) -> None:
    """Reject a world model whose action size is not the task's.

    Raises:
        WorldModelsError: the sizes differ.
    """
    if world_model.action_size != task.action_size:
        raise WorldModelsError(
            f"world model: takes actions of {world_model.action_size} numbers, but {task.name}'s "
            f"have {task.action_size}; load this task's world model"
        )
