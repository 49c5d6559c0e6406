"""Recurrent cells: from h, z and an action to the next h."""

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from world_models.successors.rssm.networks import BlockLinear, Dense, norm_of
from world_models.successors.rssm.settings import RssmSettings


class Cell(nn.Module):
    """A recurrent cell. Its layer for the actions is computed for all steps at once."""

    def actions(self, actions: Tensor) -> Tensor:
        """Return what `forward` takes in place of actions, (..., action_size)."""
        raise NotImplementedError

    def forward(self, h: Tensor, z: Tensor, actions: Tensor) -> Tensor:
        """Return the next h, float32.

        Args:
            h: (n, recurrent_size). z: (n, width). actions: from `actions`, n rows.
        """
        raise NotImplementedError


class GruCell(Cell):
    """A dense layer on [z, action], then a GRU: plain, or layer norm and bias -1 (Dreamer 2)."""

    def __init__(self, settings: RssmSettings, width: int, action_size: int) -> None:
        super().__init__()
        units, size = settings.hidden_size, settings.recurrent_size
        self.enter = Dense(width + action_size, units, settings.activation, settings.norm)
        self.width = width
        self.inputs = nn.Linear(units, 3 * size)
        self.state = nn.Linear(size, 3 * size, bias=settings.cell == "gru")
        self.norm = nn.LayerNorm(3 * size, eps=1e-3) if settings.cell == "norm_gru" else None

    def actions(self, actions: Tensor) -> Tensor:
        """Return the actions' contribution to the first layer, before its activation."""
        return linear(actions, self.enter.linear.weight[:, self.width :], self.enter.linear.bias)

    def forward(self, h: Tensor, z: Tensor, actions: Tensor) -> Tensor:
        """Return the next h."""
        x = self.enter.finish(linear(z, self.enter.linear.weight[:, : self.width]) + actions)
        if self.norm is None:
            ours, others = self.inputs(x).chunk(3, -1), self.state(h).chunk(3, -1)
            reset, keep = ((a + b).sigmoid() for a, b in zip(ours[:2], others[:2], strict=True))
            candidate = (ours[2] + reset * others[2]).tanh()
            return keep.float() * h + (1 - keep.float()) * candidate.float()
        reset, candidate, update = self.norm(self.inputs(x) + self.state(h)).chunk(3, -1)
        return _step(h, reset, candidate, update)


class BlockGruCell(Cell):
    """Dreamer 3's cell: a dense layer each for h, z and action, then a block-diagonal GRU."""

    def __init__(self, settings: RssmSettings, width: int, action_size: int) -> None:
        super().__init__()
        units, size = settings.hidden_size, settings.recurrent_size
        kind = settings.activation, settings.norm
        self.blocks = settings.blocks
        self.from_h = Dense(size, units, *kind)
        self.from_z = Dense(width, units, *kind)
        self.from_action = Dense(action_size, units, *kind)
        inputs = size + 3 * units * self.blocks
        self.hidden = BlockLinear(inputs, size, self.blocks)
        self.hidden_norm = norm_of(settings.norm, size)
        self.activation = self.from_h.activation
        self.gates = BlockLinear(size, 3 * size, self.blocks)

    def actions(self, actions: Tensor) -> Tensor:
        """Return the output of the actions' layer."""
        found: Tensor = self.from_action(actions / actions.abs().clamp(min=1).detach())
        return found

    def forward(self, h: Tensor, z: Tensor, actions: Tensor) -> Tensor:
        """Return the next h."""
        seen = torch.cat([self.from_h(h), self.from_z(z), actions], -1)
        own = h.unflatten(-1, (self.blocks, -1)).to(seen.dtype)
        shared = seen[:, None].expand(-1, self.blocks, -1)
        x = self.hidden(torch.cat([own, shared], -1).flatten(1))
        x = self.gates(self.activation(self.hidden_norm(x)))
        reset, candidate, update = (
            each.flatten(1) for each in x.unflatten(-1, (self.blocks, -1)).chunk(3, -1)
        )
        return _step(h, reset, candidate, update)


def _step(h: Tensor, reset: Tensor, candidate: Tensor, update: Tensor) -> Tensor:
    candidate = (reset.sigmoid() * candidate).tanh().float()
    share = (update.float() - 1).sigmoid()
    return share * candidate + (1 - share) * h


def cell_of(settings: RssmSettings, width: int, action_size: int) -> Cell:
    """Return the cell that the settings name."""
    kind = BlockGruCell if settings.cell == "block_gru" else GruCell
    return kind(settings, width, action_size)
