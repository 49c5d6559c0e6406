"""Settings of the collection of rollouts."""

from typing import Literal

from pydantic import Field

from world_models.section import Section, later


class RolloutSettings(Section):
    """Who acts in recorded episodes, and which are kept (paper, A.1 and A.2)."""

    behaviour: str = "uniform"
    """Who acts. Every task: a new uniform draw each step (uniform), a draw held for 1 to 10 steps
    (held), or for 1 to a number that each episode draws from 10 to 100 (roaming). CarRacing also: a
    random walk (brownian)."""
    min_length: int = Field(0, ge=0)
    """Episodes of at most this many frames are dropped (100 in the paper's Take Cover)."""
    looks: Literal["usual", "both"] = later("usual")
    """How the task looks: as it is, or in every second episode changed (other walls in Take Cover,
    other colours in CarRacing; `Task.look`)."""


class ShardSettings(Section):
    """How much experience is recorded, and how it is divided into stores."""

    episodes: int = Field(10_000, ge=1)
    """Episodes played for training V and M."""
    held_out_episodes: int = Field(100, ge=1)
    """Further episodes, in a shard of their own, that measure V and M and train nothing."""
    episodes_per_shard: int = Field(100, ge=1)
    """Episodes of one job and one Zarr store. There can be 9,999 shards at most."""

    @property
    def training_shards(self) -> int:
        """How many shards hold the training episodes; the held-out shard is numbered after them."""
        return -(-self.episodes // self.episodes_per_shard)

    def episodes_of(self, shard: int) -> range:
        """Return the numbers of the episodes that `shard` plays."""
        if shard == self.training_shards:
            return range(self.episodes, self.episodes + self.held_out_episodes)
        first = shard * self.episodes_per_shard
        return range(first, min(first + self.episodes_per_shard, self.episodes))
