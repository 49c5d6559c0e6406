"""Settings for collecting rollouts."""

from typing import Literal

from pydantic import Field

from world_models.section import Section, later


class RolloutSettings(Section):
    """Who acts in recorded episodes, and which episodes are kept (paper, A.1 and A.2)."""

    behaviour: str = "uniform"
    """Who acts. Every task has: a new uniform draw each step (uniform); each draw held for 1 to 10
    steps (held), or for 1 to n steps, where each episode draws n from 10 to 100 (roaming).
    CarRacing also has a random walk (brownian)."""
    min_length: int = Field(0, ge=0)
    """Episodes of at most this many frames are dropped (100 in the paper's Take Cover)."""
    looks: Literal["usual", "both"] = later("usual")
    """The task's look: the usual one, or both, which gives odd seeds the changed look (other walls
    in Take Cover, other colours in CarRacing; `Task.look`)."""


class ShardSettings(Section):
    """How many episodes are recorded, and how they are divided into stores."""

    episodes: int = Field(10_000, ge=1)
    """Episodes played for training V and M."""
    held_out_episodes: int = Field(100, ge=1)
    """Further episodes, in their own shard, for measuring V and M; nothing is trained on them."""
    episodes_per_shard: int = Field(100, ge=1)
    """Episodes per job and Zarr store. There can be at most 9,999 shards."""

    @property
    def training_shards(self) -> int:
        """The number of training shards, which is also the held-out shard's number."""
        return -(-self.episodes // self.episodes_per_shard)

    def episodes_of(self, shard: int) -> range:
        """Return the numbers of the episodes that `shard` plays."""
        if shard == self.training_shards:
            return range(self.episodes, self.episodes + self.held_out_episodes)
        first = shard * self.episodes_per_shard
        return range(first, min(first + self.episodes_per_shard, self.episodes))
