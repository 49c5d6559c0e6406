"""Gumbel MuZero's search (Danihelka et al., 2022), for many roots at once.

At the root, Gumbel-top-k samples the actions to consider. Sequential halving visits them equally in
each round, and keeps the better half (section 3). Below the root, the search takes the action whose
visits lag furthest behind the improved policy (section 5). Values, visits and policies match
DeepMind's `mctx`.
"""

import math
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

MAX_VISIT_INIT = 50.0  # c_visit of the paper
VALUE_SCALE = 0.1  # c_scale; the paper's 1 is for values from -1 to 1
LOWEST = -1e9  # the smallest score of a considered action
LEAST_SPREAD = 1e-8  # as in mctx


class Predicted(NamedTuple):
    """What the networks predict for n states.

    Attributes:
        latent: (n, ...). reward: (n,), of the step that led there.
        value: (n,). logits: (n, actions), the policy's.
    """

    latent: Tensor
    reward: Tensor
    value: Tensor
    logits: Tensor


Dynamics = Callable[[Tensor, Tensor], Predicted]
"""Maps latents, (n, ...), and actions, int64 (n,), to predictions for the next states."""


class Found(NamedTuple):
    """What a search found, for n roots.

    Attributes:
        action: (n,), int64, the one to take.
        policy: (n, actions), the improved policy, the target of the prior.
        value: (n,), the root's value after the search. visits: (n, actions), at the root.
    """

    action: Tensor
    policy: Tensor
    value: Tensor
    visits: Tensor


@cache
def considered_visits(considered: int, simulations: int) -> tuple[int, ...]:
    """Return, for each simulation, the visit count that marks the actions to choose from."""
    if considered <= 1:
        return tuple(range(simulations))
    rounds = math.ceil(math.log2(considered))
    sequence: list[int] = []
    visits, left = [0] * considered, considered
    while len(sequence) < simulations:
        for _ in range(max(1, simulations // (rounds * left))):
            sequence += visits[:left]
            visits[:left] = [each + 1 for each in visits[:left]]
        left = max(2, left // 2)
    return tuple(sequence[:simulations])


def completed_q(
    q: Tensor, visits: Tensor, logits: Tensor, value: Tensor, spread: float = LEAST_SPREAD
) -> Tensor:
    """Return σ(completed Q), (n, actions), to be added to the logits (equations 7, 8 and 33).

    An unvisited action gets the mixed value: a mean of the network's and the visited actions'.

    Args:
        q, visits, logits: (n, actions). value: (n,), the network's.
        spread: values whose range is below this are not stretched to the full range 0 to 1.
    """
    prior = logits.softmax(-1).clamp(min=torch.finfo(logits.dtype).tiny)
    seen = visits > 0
    total = visits.sum(-1)
    share = (prior * seen).sum(-1, keepdim=True)
    weighted = torch.where(seen, prior * q / torch.where(seen, share, 1), 0).sum(-1)
    mixed = (value + total * weighted) / (total + 1)
    whole = torch.where(seen, q, mixed[:, None])
    low, high = whole.amin(-1, keepdim=True), whole.amax(-1, keepdim=True)
    scaled = (whole - low) / (high - low).clamp(min=spread)
    return (MAX_VISIT_INIT + visits.amax(-1, keepdim=True)) * VALUE_SCALE * scaled


class Tree:
    """Search trees of n roots in fixed arrays: a node for the root and one per simulation."""

    def __init__(
        self, root: Predicted, simulations: int, discount: float, spread: float = LEAST_SPREAD
    ) -> None:
        count, actions = root.logits.shape
        nodes, device = simulations + 1, root.logits.device
        self.rows, self.discount, self.spread = torch.arange(count, device=device), discount, spread

        def zeros(*shape: int, dtype: torch.dtype = root.logits.dtype) -> Tensor:
            return torch.zeros(count, nodes, *shape, dtype=dtype, device=device)

        self.latents = zeros(*root.latent.shape[1:], dtype=root.latent.dtype)
        self.logits = zeros(actions)
        self.raw, self.values, self.visits = zeros(), zeros(), zeros()
        self.parents = zeros(dtype=torch.int64)
        self.children = zeros(actions, dtype=torch.int64)  # 0: none, as the root is no child
        self.taken = zeros(dtype=torch.int64)  # the action that led to the node
        self.rewards, self.child_values = zeros(actions), zeros(actions)
        self.child_visits = zeros(actions)
        self.add(0, root)

    def add(self, node: int, new: Predicted) -> None:
        """Fill in a node of each tree, with one visit."""
        self.latents[:, node], self.logits[:, node] = new.latent, new.logits
        self.raw[:, node] = self.values[:, node] = new.value
        self.visits[:, node] = 1

    def q(self, nodes: Tensor) -> Tensor:
        """Return the actions' values at one node of each tree, (n, actions)."""
        at = self.rows, nodes
        return self.rewards[at] + self.discount * self.child_values[at]

    def completed(self, nodes: Tensor) -> Tensor:
        """Return `completed_q` at one node of each tree."""
        at = self.rows, nodes
        q, visits = self.q(nodes), self.child_visits[at]
        return completed_q(q, visits, self.logits[at], self.raw[at], self.spread)

    def descend(self, root_action: Tensor) -> tuple[Tensor, Tensor]:
        """Descend from the root to actions not expanded yet; return the last nodes and actions."""
        node, action = torch.zeros_like(root_action), root_action
        while True:
            below = self.children[self.rows, node, action]
            there = below > 0
            if not there.any():
                return node, action
            improved = (self.logits[self.rows, below] + self.completed(below)).softmax(-1)
            visits = self.child_visits[self.rows, below]
            lags = improved - visits / (1 + visits.sum(-1, keepdim=True))
            node = torch.where(there, below, node)
            action = torch.where(there, lags.argmax(-1), action)

    def expand(self, number: int, node: Tensor, action: Tensor, new: Predicted) -> None:
        """Add node `number` below one node of each tree, and back up its value to the root."""
        rows = self.rows
        self.add(number, new)
        self.parents[:, number], self.taken[:, number] = node, action
        self.children[rows, node, action] = number
        self.rewards[rows, node, action] = new.reward
        below, value = torch.full_like(node, number), new.value
        going = torch.ones_like(node, dtype=torch.bool)
        while going.any():
            kept = rows[going]
            at, by, child = node[going], self.taken[rows, below][going], below[going]
            value = value.clone()
            value[going] = self.rewards[kept, at, by] + self.discount * value[going]
            count = self.visits[kept, at]
            self.values[kept, at] = (self.values[kept, at] * count + value[going]) / (count + 1)
            self.visits[kept, at] = count + 1
            self.child_values[kept, at, by] = self.values[kept, child]
            self.child_visits[kept, at, by] += 1
            going = going & (node > 0)
            below, node = node, self.parents[rows, node]


def score(
    considered_visit: Tensor, gumbel: Tensor, logits: Tensor, q: Tensor, visits: Tensor
) -> Tensor:
    """Return the root's scores, (n, actions); -inf where `visits` is not `considered_visit`."""
    logits = logits - logits.amax(-1, keepdim=True)
    known = (gumbel + logits + q).clamp(min=LOWEST)
    return torch.where(visits == considered_visit, known, -torch.inf)


@torch.no_grad()
def search(
    root: Predicted,
    dynamics: Dynamics,
    gumbel: Tensor,
    simulations: int,
    considered: int,
    discount: float,
    spread: float = LEAST_SPREAD,
) -> Found:
    """Search from many roots at once.

    Args:
        root: its rewards are not used. gumbel: (n, actions), Gumbel(0, 1) noise; if 0, nothing is
            sampled: the likeliest actions are considered, and the best of them is taken.
        simulations: dynamics steps per root. considered: the most actions to consider at a root.
        discount: γ per action. spread: see `completed_q`.
    """
    tree = grow(root, dynamics, gumbel, simulations, considered, discount, spread)
    top = torch.zeros_like(tree.rows)
    q, visits = tree.completed(top), tree.child_visits[:, 0]
    scores = score(visits.amax(-1, keepdim=True), gumbel, root.logits, q, visits)
    policy = (root.logits + q).softmax(-1)
    return Found(scores.argmax(-1), policy, tree.values[:, 0], visits)


def grow(
    root: Predicted,
    dynamics: Dynamics,
    gumbel: Tensor,
    simulations: int,
    considered: int,
    discount: float,
    spread: float = LEAST_SPREAD,
) -> Tree:
    """Return the trees after all simulations."""
    tree = Tree(root, simulations, discount, spread)
    top = torch.zeros_like(tree.rows)
    for number, considered_visit in enumerate(
        considered_visits(min(considered, root.logits.shape[1]), simulations)
    ):
        visits = tree.child_visits[:, 0]
        scores = score(
            visits.new_tensor(considered_visit), gumbel, root.logits, tree.completed(top), visits
        )
        node, action = tree.descend(scores.argmax(-1))
        tree.expand(number + 1, node, action, dynamics(tree.latents[tree.rows, node], action))
    return tree
