"""Settings of the collection of rollouts."""

from typing import Literal

from pydantic import Field

from world_models.section import Section


class RolloutSettings(Section):
    """How much experience is recorded, and who acts meanwhile (paper, A.1 and A.2)."""

    episodes: int = Field(10_000, ge=1)
    """Episodes played for training V and M."""
    held_out_episodes: int = Field(100, ge=1)
    """Further episodes, in a shard of their own, that measure V and M and train nothing."""
    episodes_per_shard: int = Field(100, ge=1)
    """Episodes of one job and one Zarr store."""
    min_length: int = Field(0, ge=0)
    """Episodes of at most this many frames are dropped (100 in the paper's Take Cover)."""
    behaviour: Literal["brownian", "uniform", "held", "roaming"] = "brownian"
    """Who acts. CarRacing: a random walk (brownian), or a new uniform draw each step (uniform).
    Take Cover: uniform too, or a draw held for 1 to 10 steps (held), or for 1 to a number that
    each episode draws from 10 to 100 (roaming)."""

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
