"""What M learns by: the terms of its loss, and their gradient over a window."""

from torch import Tensor, stack
from torch.nn.functional import binary_cross_entropy_with_logits

from world_models.memory.mixture import negative_log_likelihood
from world_models.memory.model import Memory, State
from world_models.memory.streams import Window


def losses(memory: Memory, hs: Tensor, window: Window, death_weight: float) -> dict[str, Tensor]:
    """Return the sums over some steps of each term of the loss, only those M has a head for.

    nll: of z_{t+1}, a latent dimension's mean in nats, where the step has a next latent.
    death: cross-entropy in nats, a death counting `death_weight` times.
    reward: squared error; its head alone learns from it.

    Args:
        memory: M.
        hs: (N, T, hidden_size), h after each step.
        window: the same steps.
        death_weight: of a death against any other step.
    """
    prediction = memory.heads(hs)
    nll = negative_log_likelihood(prediction, window.z[:, 1:])
    sums = {"nll": (nll * window.follows).sum()}
    if prediction.death_logit is not None:
        weight = window.rows * (1 + (death_weight - 1) * window.deaths)
        sums["death"] = binary_cross_entropy_with_logits(
            prediction.death_logit, window.deaths, weight, reduction="sum"
        )
    if prediction.reward is not None:
        error = (prediction.reward - window.rewards).square()
        sums["reward"] = (error * window.rows).sum()
    return sums


def learn(
    memory: Memory, window: Window, state: State, death_weight: float
) -> tuple[dict[str, float], State]:
    """Add a window's gradient to the weights' `grad`.

    Each term is averaged over the rows it applies to. The heads go back to h a few steps at a
    time, so that their intermediate results are never all in memory; the LSTM then goes back
    through the whole window.

    Returns:
        the terms' means by name, and the state after the window, without its history.
    """
    hs, after = memory(window.z[:, :-1], window.actions, window.restarts, state)
    leaf = hs.detach().requires_grad_()
    rows = {"nll": window.follows, "death": window.rows, "reward": window.rows}
    counts = {name: part.sum().clamp(min=1) for name, part in rows.items()}
    means: dict[str, Tensor] = {}
    for steps, part in window.parts():
        sums = losses(memory, leaf[:, steps], part, death_weight)
        terms = {name: value / counts[name] for name, value in sums.items()}
        stack(list(terms.values())).sum().backward()
        for name, value in terms.items():
            means[name] = means.get(name, 0) + value.detach()
    hs.backward(leaf.grad)
    after = State(*(part.detach() for part in after))
    return {name: value.item() for name, value in means.items()}, after
