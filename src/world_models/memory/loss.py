"""M's loss, and its gradient over a window of steps."""

from torch import Tensor, stack
from torch.nn.functional import binary_cross_entropy_with_logits

from world_models.memory.mixture import negative_log_likelihood
from world_models.memory.model import Memory, State
from world_models.memory.streams import Window


def loss_terms(
    memory: Memory, hs: Tensor, window: Window, death_weight: float
) -> dict[str, Tensor]:
    """Return the loss's terms, each summed over steps; only the terms that M has a head for.

    nll: negative log likelihood of z_{t+1}, in nats, averaged over the latent dimensions; summed
        only over steps that have a next latent.
    death: cross-entropy in nats; a death counts `death_weight` times.
    reward: squared error. Only the reward head learns from it, unless M's `reward_weight` is
        above 0.

    Args:
        memory: M.
        hs: (N, T, hidden_size), h after each step.
        window: the same steps.
        death_weight: weight of a step that ends in death, relative to one that does not.
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


def backward(
    memory: Memory, window: Window, state: State, death_weight: float
) -> tuple[dict[str, float], State]:
    """Add the gradient of a window's loss to the weights' `grad`.

    The loss is the sum of the terms, each averaged over the steps that it applies to. To save
    memory, backpropagation runs in two stages. The first goes through the heads to h, a few steps
    at a time, so the heads' large intermediate results never exist for all steps at once. The
    second goes from h through the LSTM, over the whole window.

    Returns:
        the terms' means by name, and the state after the window, detached: gradients do not flow
        from one window into the previous one.
    """
    hs, after = memory(window.z[:, :-1], window.actions, window.restarts, state)
    leaf = hs.detach().requires_grad_()
    rows = {"nll": window.follows, "death": window.rows, "reward": window.rows}
    counts = {name: part.sum().clamp(min=1) for name, part in rows.items()}
    means: dict[str, Tensor] = {}
    for steps, part in window.parts():
        sums = loss_terms(memory, leaf[:, steps], part, death_weight)
        terms = {name: value / counts[name] for name, value in sums.items()}
        stack(list(terms.values())).sum().backward()
        for name, value in terms.items():
            means[name] = means.get(name, 0) + value.detach()
    hs.backward(leaf.grad)
    after = State(*(part.detach() for part in after))
    return {name: value.item() for name, value in means.items()}, after
